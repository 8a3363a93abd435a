package io.swinlake.runtime.device;

import io.swinlake.PublicApi;

/**
 * Where and how a model runs.
 *
 * @param device {@code cpu}, or {@code cuda:0} and so on
 */
@PublicApi(since = "0.1.0")
public record Target(String device, Precision precision) {
    private static final String CUDA = "cuda:";

    public Target {
        if (!device.equals("cpu") && !device.matches("cuda:\\d+")) {
            throw new IllegalArgumentException("device '%s' is neither cpu nor cuda:N".formatted(device));
        }
        if (device.equals("cpu") && precision == Precision.FP16) {
            throw new IllegalArgumentException("fp16 is for GPUs: on a CPU use fp32, bf16 or int8");
        }
        if (device.startsWith(CUDA) && precision == Precision.INT8) {
            throw new IllegalArgumentException("int8 is for CPUs: on a GPU use fp32, bf16 or fp16");
        }
    }

    /** {@return whether the device is a GPU} */
    public boolean isCuda() {
        return device.startsWith(CUDA);
    }

    /** {@return the number of the CUDA device} */
    public int cudaIndex() {
        return Integer.parseInt(device.substring(CUDA.length()));
    }

    /** {@code cpu fp32}. */
    @Override
    public String toString() {
        return device + " " + precision.name().toLowerCase(java.util.Locale.ROOT);
    }
}
