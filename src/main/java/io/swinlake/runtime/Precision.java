package io.swinlake.runtime;

/** What a network computes in. Results are float32 always. */
public enum Precision {
    FP32,
    BF16,
    FP16,
    /** Linear layers in int8, the rest in float32. */
    INT8
}
