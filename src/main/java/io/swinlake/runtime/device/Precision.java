package io.swinlake.runtime.device;

import io.swinlake.PublicApi;
import java.util.Locale;

/** What a network computes in. Results are float32 always. */
@PublicApi(since = "0.1.0")
public enum Precision {
    /** All in float32. */
    FP32,
    /** Weights and activations in bfloat16, the final mean in float32. */
    BF16,
    /** As bf16, in float16; GPUs only. */
    FP16,
    /** Linear layers over tokens in int8, attention in bfloat16 on CPUs where the CPU has it, the rest in float32. */
    INT8;

    /** {@return the name in options, columns and records} */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return word();
    }
}
