package io.swinlake.model;

import io.swinlake.swin.ImageSize;
import java.util.List;
import java.util.Optional;

/** What one witness - a config file, the buffers, a file name - tells of the values that weights do not show. */
record Testimony(
        Optional<Fact<ImageSize>> image,
        Optional<Fact<Integer>> window,
        Optional<Fact<List<Integer>>> pretrainedWindows,
        Optional<Fact<Double>> layerNormEps) {}
