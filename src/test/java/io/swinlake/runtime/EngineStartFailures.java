package io.swinlake.runtime;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Why libtorch does not start, by the messages of glibc and Linux. */
public final class EngineStartFailures {
    private EngineStartFailures() {}

    public static List<RuntimeException> in(Path cache) {
        return Stream.of(
                        new UnsatisfiedLinkError("libtorch.so: failed to map segment from shared object"),
                        new IOException("No space left on device"),
                        new IOException("Permission denied"))
                .map(cause -> EngineStartException.of(cache, cause))
                .toList();
    }
}
