package io.swinlake.runtime.device;

import java.util.Locale;

/** What a network computes in. Results are float32 always. */
public enum Precision {
    FP32,
    BF16,
    FP16,
    /** Linear layers over tokens in int8, attention in bfloat16 on CPUs that have it, the rest in float32. */
    INT8;

    /** As options, columns and records name it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return word();
    }
}
