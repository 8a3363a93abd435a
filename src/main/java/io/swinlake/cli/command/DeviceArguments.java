package io.swinlake.cli.command;

import io.swinlake.runtime.device.PrecisionChoice;
import io.swinlake.runtime.device.UnusableDeviceException;
import io.swinlake.spark.inference.DeviceChoice;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Option;

/** Where the network runs, and in which numbers. */
public final class DeviceArguments {
    @Option(
            names = "--precision",
            defaultValue = "fp32",
            description =
                    "${COMPLETION-CANDIDATES}; auto is bf16 where all executors are fast at it, else fp32. Default: ${DEFAULT-VALUE}.")
    public PrecisionChoice precision;

    @Option(
            names = "--device",
            defaultValue = "auto",
            description = "${COMPLETION-CANDIDATES}; cuda never falls back to the CPU. Default: ${DEFAULT-VALUE}.")
    public DeviceChoice device;

    /**
     * Asks the executors where the precision is {@code auto}, once: a run's rows, its record and those who compare them name what it came to.
     *
     * @throws UnusableDeviceException if a GPU is asked for and tasks will have none
     */
    public void decide(SparkSession spark) {
        precision = PrecisionChoice.of(device.precision(precision, spark.sparkContext()));
    }
}
