package io.swinlake.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swinlake.swin.Window;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** The table {@code [0, 1, 4, ..., 64] / 8} of a window of 2x2 tokens, at other windows. */
class BiasTablesTest {
    private static final Tensor TABLE =
            Tensor.of(Shape.of(9, 1), 0f, 0.125f, 0.5f, 1.125f, 2f, 3.125f, 4.5f, 6.125f, 8f);

    /** {@code timm.layers.resize_rel_pos_bias_table(table, new_window_size=(3, 2), new_bias_shape=(15, 1))} of 1.0.31. */
    @Test
    void timmsTablesAreResizedAsTimmDoes() {
        Tensor resized = BiasTables.resizedAsTimm(TABLE, new Window(3, 2));

        assertThat(resized.shape()).isEqualTo(Shape.of(15, 1));
        assertThat(resized.toFloats())
                .containsExactly(
                        new float[] {
                            0, 0.125f, 0.5f, 0, 0.125f, 0.5f, 1.125f, 2, 3.125f, 4.5f, 6.125f, 8, 4.5f, 6.125f, 8
                        },
                        within(1e-6f));
    }

    /** {@code torch.nn.functional.interpolate(table.view(1, 1, 3, 3), (5, 5), mode='bicubic')} of 2.15. */
    @Test
    void microsoftsTablesAreResizedAsItsRepositoryDoes() {
        Tensor resized = BiasTables.resizedAsMicrosoft(TABLE, Window.square(3));

        assertThat(resized.toFloats())
                .containsExactly(
                        new float[] {
                            -0.113088f,
                            -0.109252f,
                            -0.055f,
                            0.134252f,
                            0.277088f,
                            0.158749f,
                            0.289893f,
                            0.555501f,
                            0.956110f,
                            1.226254f,
                            1.041f,
                            1.3835f,
                            2f,
                            2.7515f,
                            3.233f,
                            3.138252f,
                            3.692109f,
                            4.6595f,
                            5.761893f,
                            6.454749f,
                            4.661089f,
                            5.342254f,
                            6.521001f,
                            7.834750f,
                            8.654915f
                        },
                        within(5e-6f));
    }
}
