package io.swinlake.model;

import io.swinlake.swin.ImageSize;
import java.util.List;
import java.util.Optional;

/** What one source - a config file, the buffers, a file name - tells of the values that weights do not show. */
record DeclaredValues(
        Optional<Sourced<ImageSize>> image,
        Optional<Sourced<Integer>> window,
        Optional<Sourced<List<Integer>>> pretrainedWindows,
        Optional<Sourced<Double>> layerNormEps) {}
