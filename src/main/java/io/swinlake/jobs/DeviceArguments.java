package io.swinlake.jobs;

import io.swinlake.runtime.Precision;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Where the network runs, and in which numbers. */
final class DeviceArguments {
    @Option(
            names = "--precision",
            defaultValue = "fp32",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    Precision precision;

    @Option(
            names = "--device",
            defaultValue = "auto",
            description = "${COMPLETION-CANDIDATES}; cuda never falls back to the CPU. Default: ${DEFAULT-VALUE}.")
    Device device;

    /** The devices by name. */
    enum Device {
        AUTO,
        CPU,
        CUDA
    }

    String precisionName() {
        return precision.name().toLowerCase(Locale.ROOT);
    }

    String deviceName() {
        return device.name().toLowerCase(Locale.ROOT);
    }
}
