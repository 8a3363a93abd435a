package io.swinlake.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.UnusableDeviceException;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

/** What is decided before any work; which GPU a task gets is {@code GpuExecutorsIT}'s. */
class DeviceChoiceTest {
    private static final SparkConf CLUSTER = new SparkConf(false).setMaster("spark://host:7077");
    private static final SparkConf GPU_CLUSTER = CLUSTER.clone().set("spark.task.resource.gpu.amount", "0.0625");

    @Test
    void autoTakesTheGpusThatSparkAssignsAndSaysWhyItTakesTheCpu() {
        assertThat(DeviceChoice.AUTO.check(GPU_CLUSTER, Precision.FP16)).isEqualTo("cuda");
        assertThat(DeviceChoice.AUTO.check(CLUSTER, Precision.BF16))
                .isEqualTo("cpu: Spark assigns no GPU to tasks: set spark.task.resource.gpu.amount, see conf/gpu.conf");
        assertThat(DeviceChoice.CPU.check(GPU_CLUSTER, Precision.FP32)).isEqualTo("cpu: it was chosen");
    }

    @Test
    void aGpuThatTasksWillNotHaveIsRefused() {
        assertThatThrownBy(() -> DeviceChoice.CUDA.check(CLUSTER, Precision.FP32))
                .isInstanceOf(UnusableDeviceException.class)
                .hasMessage("device cuda: Spark assigns no GPU to tasks: set spark.task.resource.gpu.amount, see"
                        + " conf/gpu.conf");
    }

    @Test
    void aPrecisionThatNeedsAGpuIsRefusedWithoutOne() {
        assertThatThrownBy(() -> DeviceChoice.AUTO.check(CLUSTER, Precision.FP16))
                .isInstanceOf(UnusableDeviceException.class)
                .hasMessage("device auto takes the CPU: Spark assigns no GPU to tasks: set"
                        + " spark.task.resource.gpu.amount, see conf/gpu.conf; fp16 is for GPUs: on a CPU use fp32,"
                        + " bf16 or int8");
        assertThatThrownBy(() -> DeviceChoice.CPU.check(GPU_CLUSTER, Precision.FP16))
                .hasMessage("fp16 is for GPUs: on a CPU use fp32, bf16 or int8");
    }
}
