package io.swinlake.cli.command;

import io.swinlake.runtime.device.Precision;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Where the network runs, and in which numbers. */
public final class DeviceArguments {
    @Option(
            names = "--precision",
            defaultValue = "fp32",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    public Precision precision;

    @Option(
            names = "--device",
            defaultValue = "auto",
            description = "${COMPLETION-CANDIDATES}; cuda never falls back to the CPU. Default: ${DEFAULT-VALUE}.")
    public Device device;

    /** The devices by name. */
    public enum Device {
        AUTO,
        CPU,
        CUDA
    }

    public String precisionName() {
        return precision.name().toLowerCase(Locale.ROOT);
    }

    public String deviceName() {
        return device.name().toLowerCase(Locale.ROOT);
    }
}
