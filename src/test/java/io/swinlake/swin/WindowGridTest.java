package io.swinlake.swin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowGridTest {
    private static SwinConfig config(SwinVersion version, Convention convention, ImageSize image) {
        return new SwinConfig(
                version,
                image,
                4,
                8,
                List.of(2, 2, 2, 2),
                List.of(1, 2, 4, 8),
                Window.everywhere(Window.square(4), 4),
                List.of(0, 0, 0, 0),
                4.0,
                true,
                false,
                true,
                List.of(),
                true,
                10,
                ScoreFunction.SOFTMAX,
                1e-5,
                false,
                convention);
    }

    /**
     * Rolling by the shift brings the first rows beside the last ones. By arXiv:2103.14030, figure 4, a token then reads
     * another one of its window exactly if both lie in the same shifted window of the unrolled map.
     */
    @Test
    void shiftedWindowsNeverMixOppositeEdges() {
        int side = 12;
        int window = 4;
        int shift = 2;
        WindowGrid grid = new WindowGrid(side, side, ImageSize.square(window), shift, shift, false);
        float[] mask = grid.shiftMask();
        int tokens = window * window;
        assertThat(mask).hasSize(9 * tokens * tokens);
        for (int w = 0; w < 9; w++) {
            for (int q = 0; q < tokens; q++) {
                for (int k = 0; k < tokens; k++) {
                    boolean together = shiftedWindow(w, q) == shiftedWindow(w, k);
                    assertThat(mask[(w * tokens + q) * tokens + k]).isEqualTo(together ? 0 : -100);
                }
            }
        }
    }

    /** Number of the shifted window, in the unrolled map, of a token of a window of the rolled map. */
    private static int shiftedWindow(int window, int token) {
        int row = (window / 3 * 4 + token / 4 + 2) % 12;
        int column = (window % 3 * 4 + token % 4 + 2) % 12;
        return (row + 2) / 4 * 4 + (column + 2) / 4;
    }

    /** Rules of the fixtures' "Semantics": map, window and shift of a block that shifts, for a window of 4 and shift of 2. */
    @ParameterizedTest
    @CsvSource({
        "MICROSOFT,   V1, 8, 8, 128, 4, 4, 2, 2",
        "MICROSOFT,   V1, 4, 4, 128, 4, 4, 0, 0",
        "MICROSOFT,   V1, 2, 2, 64,  2, 2, 0, 0",
        "TIMM,        V1, 9, 9, 128, 4, 4, 2, 2",
        "TIMM,        V1, 5, 5, 32,  2, 2, 0, 0",
        "HUGGINGFACE, V1, 4, 6, 128, 4, 4, 0, 0",
        "HUGGINGFACE, V1, 5, 6, 128, 4, 4, 2, 2",
        "HUGGINGFACE, V2, 5, 6, 32,  2, 2, 0, 0",
        "TORCHVISION, V1, 3, 5, 128, 4, 4, 0, 2",
        "DETECTION,   V1, 3, 4, 128, 4, 4, 2, 2",
        "MMPRETRAIN,  V1, 4, 8, 128, 4, 4, 0, 0",
        "MMPRETRAIN,  V1, 5, 8, 128, 4, 4, 2, 2",
    })
    void everyConventionClampsAndShiftsAsItsCodeBaseDoes(
            Convention convention,
            SwinVersion version,
            int height,
            int width,
            int image,
            int windowHeight,
            int windowWidth,
            int shiftRows,
            int shiftColumns) {
        SwinConfig config = config(version, convention, ImageSize.square(image));
        WindowGrid grid = WindowGrid.of(config, 2, new ImageSize(height, width), true);
        assertThat(grid.window()).isEqualTo(new ImageSize(windowHeight, windowWidth));
        assertThat(List.of(grid.shiftRows(), grid.shiftColumns())).containsExactly(shiftRows, shiftColumns);
    }

    @Test
    void refusesAMapThatDoesNotDivideWhereTheCodeBaseDoes() {
        SwinConfig config = config(SwinVersion.V1, Convention.MICROSOFT, ImageSize.square(128));
        assertThatThrownBy(() -> WindowGrid.of(config, 1, new ImageSize(10, 12), false))
                .hasMessage("stage 1: a map of 10x12 tokens does not divide into windows of 4x4:"
                        + " use an image size that 128 divides");
    }

    @Test
    void refusesAMapSmallerThanAWindowThatCannotShrink() {
        SwinConfig config = config(SwinVersion.V1, Convention.HUGGINGFACE, ImageSize.square(128));
        assertThatThrownBy(() -> WindowGrid.of(config, 3, new ImageSize(3, 4), false))
                .hasMessage("stage 3: a map of 3x4 tokens is smaller than the window of 4, which HUGGINGFACE refuses:"
                        + " use a larger image");
    }
}
