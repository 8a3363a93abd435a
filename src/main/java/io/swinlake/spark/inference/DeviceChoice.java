package io.swinlake.spark.inference;

import io.swinlake.runtime.CudaDevices;
import io.swinlake.runtime.device.CpuPrecision;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.PrecisionChoice;
import io.swinlake.runtime.device.Target;
import io.swinlake.runtime.device.UnsupportedCpuException;
import io.swinlake.runtime.device.UnusableDeviceException;
import java.util.Collections;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.resource.ResourceInformation;

/** Which device the user wants. */
public enum DeviceChoice {
    /** The GPU that Spark assigned to the task, in local mode one that is there, else the CPU. */
    AUTO,
    CPU,
    /** A GPU or failure: never silently the CPU. */
    CUDA;

    private static final String GPU = "gpu";
    private static final String GPUS = "cuda"; // each task has its own
    private static final String TASK_GPUS = "spark.task.resource.gpu.amount";

    /** As options name it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return word();
    }

    /**
     * What tasks will run on, found out on the driver, in words for the log: {@code cpu: Spark assigns no GPU to tasks}.
     *
     * @throws UnusableDeviceException if a GPU is asked for and tasks will have none, or the precision needs one
     */
    public String check(SparkConf spark, Precision precision) {
        try {
            return decide(spark, precision);
        } catch (UnsupportedCpuException e) {
            throw new UnusableDeviceException(e.getMessage());
        }
    }

    /**
     * The precision that tasks will compute in: one for all, as a table has. For {@code auto} the executors that there are say what their
     * CPUs are made for, and the least of it is taken; one that comes later and lacks it refuses its tasks.
     *
     * @throws UnusableDeviceException if a GPU is asked for and tasks will have none
     */
    public Precision precision(PrecisionChoice choice, SparkContext spark) {
        return choice.chosen().orElseGet(() -> automatic(spark));
    }

    private Precision automatic(SparkContext spark) {
        if (check(spark.getConf(), Precision.FP32).equals(GPUS)) {
            return Precision.BF16;
        }
        if (isLocal(spark.getConf())) {
            return CpuPrecision.automatic();
        }
        int tasks = spark.defaultParallelism();
        return JavaSparkContext.fromSparkContext(spark)
                .parallelize(Collections.nCopies(tasks, 0), tasks)
                .map(any -> CpuPrecision.automatic())
                .min(Comparator.naturalOrder());
    }

    private String decide(SparkConf spark, Precision precision) {
        Optional<String> noGpu = this == CPU ? Optional.of("it was chosen") : whyNoGpu(spark);
        if (this == CUDA && noGpu.isPresent()) {
            throw new UnusableDeviceException("device cuda: " + noGpu.get());
        }
        if (noGpu.isEmpty()) {
            return GPUS;
        }
        try {
            var unused = new Target("cpu", precision);
            if (isLocal(spark)) {
                CpuPrecision.require(precision); // executors look at their own CPUs
            }
        } catch (IllegalArgumentException e) {
            throw new UnusableDeviceException(
                    this == CPU ? e.getMessage() : "device auto takes the CPU: " + noGpu.get() + "; " + e.getMessage());
        }
        return "cpu: " + noGpu.get();
    }

    private static boolean isLocal(SparkConf spark) {
        return spark.get("spark.master", "local").matches("local(\\[.*)?");
    }

    private static Optional<String> whyNoGpu(SparkConf spark) {
        if (isLocal(spark)) {
            return CudaDevices.whyNone();
        }
        return spark.getDouble(TASK_GPUS, 0) > 0
                ? Optional.empty()
                : Optional.of("Spark assigns no GPU to tasks: set " + TASK_GPUS + ", see conf/gpu.conf");
    }

    /**
     * The device for one task, such as {@code cpu} or {@code cuda:1}.
     *
     * @throws UnusableDeviceException if it is to be a GPU and the task has none
     */
    String forTask(TaskContext task) {
        if (this == CPU) {
            return "cpu";
        }
        Map<String, ResourceInformation> resources = task.resourcesJMap();
        if (resources.containsKey(GPU)) {
            String[] addresses = resources.get(GPU).addresses();
            return CudaDevices.at(addresses[turn(task, addresses.length)]);
        }
        // Spark's local mode knows no resources: its tasks take turns.
        int gpus = runsInDriver() ? CudaDevices.count() : 0;
        if (gpus > 0) {
            return "cuda:" + turn(task, gpus);
        }
        if (this == CUDA) {
            throw new UnusableDeviceException("device cuda: Spark assigned no GPU to this task; see conf/gpu.conf");
        }
        return "cpu";
    }

    private static boolean runsInDriver() {
        return SparkEnv.get().executorId().equals("driver");
    }

    private static int turn(TaskContext task, int devices) {
        return (int) (task.taskAttemptId() % devices);
    }
}
