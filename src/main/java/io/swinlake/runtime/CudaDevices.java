package io.swinlake.runtime;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import ai.djl.util.Platform;
import ai.djl.util.Utils;
import ai.djl.util.cuda.CudaUtils;
import io.swinlake.runtime.device.Target;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The GPUs of this machine, as libtorch numbers them. */
public final class CudaDevices {
    /**
     * For tests on machines without a GPU: this many pretended GPUs, whose networks are compiled as for CUDA and run on the
     * CPU. Never set by anything else; a run that uses it says so in its log.
     */
    static final String STAND_INS = "swinlake.test.gpusOnCpu";

    private CudaDevices() {}

    /** How many pretend; 0 outside tests. */
    static int standIns() {
        return Integer.getInteger(STAND_INS, 0);
    }

    /** Why libtorch can use no GPU in this JVM, in words that follow a colon; empty where it can. Starts the engine if it may. */
    public static Optional<String> whyNone() {
        return standIns() > 0 ? Optional.empty() : Found.WHY_NONE;
    }

    /** How many GPUs libtorch can use in this JVM. */
    public static int count() {
        return standIns() > 0 ? standIns() : Found.COUNT;
    }

    /** Looked for once. */
    private static final class Found {
        static final Optional<String> WHY_NONE = look();

        // CUDA's own count needs its runtime library on the path; where libtorch works without, there is one at least.
        static final int COUNT = WHY_NONE.isPresent() ? 0 : Math.max(1, CudaUtils.getGpuCount());

        private static Optional<String> look() {
            // A libtorch of the user's own hides the one on the class path.
            String flavor = Utils.getEnvOrSystemProperty("PYTORCH_LIBRARY_PATH") == null
                    ? Platform.detectPlatform("pytorch").getFlavor()
                    : Utils.getEnvOrSystemProperty("PYTORCH_FLAVOR", "of PYTORCH_LIBRARY_PATH");
            if (flavor.startsWith("cpu")) {
                return Optional.of(
                        "the libtorch on the class path is for CPUs only; conf/gpu.conf says how to add the other");
            }
            Engines.requireStarted();
            return Engine.getEngine("PyTorch").hasCapability(StandardCapabilities.CUDA)
                    ? Optional.empty()
                    : Optional.of("libtorch (%s) finds no usable GPU; nvidia-smi shows what the driver finds"
                            .formatted(flavor));
        }
    }

    /**
     * The device at a Spark resource address, which is a number or a UUID as nvidia-smi prints it: {@code cuda:1}. libtorch
     * numbers the devices of {@code CUDA_VISIBLE_DEVICES} where that is set.
     *
     * @throws IllegalArgumentException if the address is neither a number nor listed there
     */
    public static String at(String address) {
        return at(address, Utils.getenv("CUDA_VISIBLE_DEVICES", ""));
    }

    static String at(String address, String visibleDevices) {
        List<String> visible =
                Arrays.stream(visibleDevices.split(",")).map(String::strip).toList();
        int place = visible.indexOf(address);
        if (place < 0 && !address.matches("\\d{1,4}")) {
            throw new IllegalArgumentException(
                    "GPU address '%s' is no number and not in CUDA_VISIBLE_DEVICES ('%s'): scripts/gpu-discovery prints numbers"
                            .formatted(address, visibleDevices));
        }
        return "cuda:" + (place >= 0 ? place : Integer.parseInt(address));
    }

    /**
     * DJL's name of a target's device.
     *
     * @throws IllegalStateException if it is a GPU and libtorch can use none
     */
    static Device require(Target target) {
        if (!target.isCuda()) {
            return Device.cpu();
        }
        if (standIns() > 0) {
            return Device.cpu();
        }
        whyNone().ifPresent(reason -> {
            throw new IllegalStateException(target.device() + ": " + reason);
        });
        return Device.gpu(target.cudaIndex());
    }
}
