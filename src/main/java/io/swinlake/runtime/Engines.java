package io.swinlake.runtime;

import ai.djl.engine.Engine;
import ai.djl.util.Utils;
import io.swinlake.runtime.device.CpuPrecision;
import io.swinlake.runtime.device.UnsupportedCpuException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Starts libtorch, once per JVM. */
final class Engines {
    private static boolean started;

    private Engines() {}

    /**
     * Starts the engine if it is not running, with the settings that it reads at its start only.
     *
     * @throws UnsupportedCpuException if it would crash here
     */
    static synchronized void requireStarted() {
        if (!started) {
            start();
            started = true;
        }
    }

    private static void start() {
        CpuPrecision.requireLibtorch();
        setUnlessGiven("ai.djl.offline", "true"); // natives come with the jar; nothing is downloaded
        setUnlessGiven("OPT_OUT_TRACKING", "true"); // DJL reports usage from EC2 otherwise
        // Tasks are the unit of parallelism: a team of OpenMP threads for each would oversubscribe the cores.
        // oneDNN reads OMP_NUM_THREADS itself, so the launcher sets that to the same number.
        String threads = Utils.getenv("OMP_NUM_THREADS", "1");
        setUnlessGiven("ai.djl.pytorch.num_threads", threads);
        setUnlessGiven("ai.djl.pytorch.num_interop_threads", "1");
        // The profiling executor would specialise for every batch size; the graph is fused already.
        setUnlessGiven("ai.djl.pytorch.graph_optimizer", "false");
        // DJL unpacks its libraries into a cache and deletes a half-written one there: one executor at a time.
        Path cache = Utils.getEngineCacheDir("pytorch");
        try {
            Files.createDirectories(cache);
            try (FileChannel channel = FileChannel.open(
                    cache.resolve("swinlake.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.lock(); // released with the channel
                var unused = Engine.getEngine("PyTorch");
            }
        } catch (IOException | RuntimeException | LinkageError e) {
            throw EngineStartException.of(cache, e);
        }
    }

    private static void setUnlessGiven(String property, String value) {
        if (System.getProperty(property) == null && System.getenv(property) == null) {
            System.setProperty(property, value);
        }
    }
}
