package io.swinlake.model;

import io.swinlake.swin.ImageSize;
import io.swinlake.swin.Window;
import java.util.List;
import java.util.Optional;

/** What one source - a config file, the buffers, a file name - tells of the values that weights do not show. */
record DeclaredValues(
        Optional<Sourced<ImageSize>> image,
        Optional<Sourced<List<Window>>> windows,
        Optional<Sourced<List<Integer>>> pretrainedWindows,
        Optional<Sourced<Double>> layerNormEps) {

    /** A value and who told it. */
    record Sourced<T>(T value, String source) {
        Setting as(String name) {
            return new Setting(name, String.valueOf(value), source);
        }
    }
}
