package io.swinlake.cli.command;

import io.swinlake.runtime.device.Precision;
import io.swinlake.spark.inference.DeviceChoice;
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
    public DeviceChoice device;
}
