package io.swinlake.model;

import io.swinlake.layout.NamedTensors;
import io.swinlake.layout.NamedTensors.Entry;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.Window;
import io.swinlake.tensor.Shape;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the buffers that a checkpoint stores beside its weights tell: they were computed from the values looked for. */
final class StoredBuffers {
    private final NamedTensors tensors;
    private final int stages;
    private final int patchSize;

    private StoredBuffers(NamedTensors tensors, int patchSize) {
        this.tensors = tensors;
        this.stages = tensors.stages();
        this.patchSize = patchSize;
    }

    static DeclaredValues declaredValues(NamedTensors tensors, int patchSize) {
        StoredBuffers buffers = new StoredBuffers(tensors, patchSize);
        return new DeclaredValues(
                buffers.imageByMask().or(buffers::imageByPositions),
                buffers.windows(),
                buffers.pretrainedWindows(),
                Optional.empty());
    }

    /**
     * The first shift mask {@code [windows, tokens, tokens]} shows how the map was cut: along the first row of windows, the
     * first one in which tokens are kept apart is the last of its row.
     */
    private Optional<DeclaredValues.Sourced<ImageSize>> imageByMask() {
        for (int stage = 0; stage < stages; stage++) {
            Optional<Entry> mask = tensors.findBuffer("stages." + stage + ".", ".attn_mask");
            if (mask.isPresent() && mask.get().shape().rank() == 3) {
                return imageByMask(mask.get(), stage);
            }
        }
        return Optional.empty();
    }

    private Optional<DeclaredValues.Sourced<ImageSize>> imageByMask(Entry mask, int stage) {
        long windows = mask.shape().dim(0);
        int side = (int) Math.sqrt((double) mask.shape().dim(1));
        int columns = firstMaskedWindow(mask) + 1;
        if (windows == 0 || windows % columns != 0) {
            return Optional.empty();
        }
        int windowPixels = (side * patchSize) << stage;
        ImageSize image = new ImageSize((int) (windows / columns) * windowPixels, columns * windowPixels);
        return Optional.of(new DeclaredValues.Sourced<>(image, mask.toString()));
    }

    private static int firstMaskedWindow(Entry mask) {
        ByteBuffer data = mask.tensor().data();
        long windowBytes =
                Math.max(1, data.remaining() / Math.max(1, mask.shape().dim(0)));
        while (data.hasRemaining()) {
            if (data.get() != 0) {
                return (int) ((data.position() - 1) / windowBytes);
            }
        }
        return 0;
    }

    /** As many positions as patches; their arrangement is not stored, so only a square is sure. */
    private Optional<DeclaredValues.Sourced<ImageSize>> imageByPositions() {
        return tensors.find("absolute_pos_embed")
                .filter(positions -> positions.shape().rank() == 3)
                .flatMap(positions -> {
                    int side = (int) Math.sqrt((double) positions.shape().dim(1));
                    return side > 0 && (long) side * side == positions.shape().dim(1)
                            ? Optional.of(new DeclaredValues.Sourced<>(
                                    ImageSize.square(side * patchSize), positions.toString()))
                            : Optional.empty();
                });
    }

    /** V2's coordinates {@code [1, 2 * height - 1, 2 * width - 1, 2]}; shrunk windows have fewer, the widest is the window. */
    private Optional<DeclaredValues.Sourced<List<Window>>> windows() {
        return coordinates(0)
                .map(table -> new DeclaredValues.Sourced<>(
                        Window.everywhere(new Window(window(table.shape(), 1), window(table.shape(), 2)), stages),
                        table.toString()));
    }

    private Optional<Entry> coordinates(int stage) {
        return tensors.findBuffer("stages." + stage + ".", ".attn.relative_coords_table")
                .filter(table -> table.shape().rank() == 4 && table.shape().elements() > 0);
    }

    private static int window(Shape coordinates, int axis) {
        return (int) Math.max(1, (coordinates.dim(axis) + 1) / 2);
    }

    private Optional<DeclaredValues.Sourced<List<Integer>>> pretrainedWindows() {
        List<Integer> windows = new ArrayList<>();
        for (int stage = 0; stage < stages; stage++) {
            Optional<Entry> table = coordinates(stage);
            if (table.isEmpty()) {
                return Optional.empty();
            }
            windows.add(pretrainedWindow(table.get()));
        }
        return coordinates(0).map(table -> new DeclaredValues.Sourced<>(List.copyOf(windows), table.name()));
    }

    /**
     * The largest coordinate is {@code log2(1 + 8 (window - 1) / (pretrained - 1)) / 3}, arXiv:2111.09883, eq. 4. A network
     * whose coordinates end at 8 is as good as pre-trained with its own window, which is written 0.
     */
    private static int pretrainedWindow(Entry coordinates) {
        double largest = 0;
        float[] pairs = coordinates.tensor().toFloats(); // of height and width
        for (int i = 0; i < pairs.length; i += 2) {
            largest = Math.max(largest, pairs[i]);
        }
        double span = Math.pow(2, 3 * largest) - 1;
        int window = window(coordinates.shape(), 1);
        if (!(span > 0)) {
            return 0;
        }
        int pretrained = (int) Math.round(1 + 8 * (window - 1) / span);
        return pretrained == window ? 0 : pretrained;
    }
}
