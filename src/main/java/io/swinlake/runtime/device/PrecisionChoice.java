package io.swinlake.runtime.device;

import java.util.Locale;
import java.util.Optional;

/** Which {@link Precision} the user wants. */
public enum PrecisionChoice {
    FP32,
    BF16,
    FP16,
    INT8,
    /** bf16 where it is fast, else fp32: {@link CpuPrecision#automatic}. */
    AUTO;

    /** {@return the precision, unless the devices have to be asked} */
    public Optional<Precision> chosen() {
        return this == AUTO ? Optional.empty() : Optional.of(Precision.valueOf(name()));
    }

    /** {@return the choice of this precision} */
    public static PrecisionChoice of(Precision precision) {
        return valueOf(precision.name());
    }

    /** As options name it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return word();
    }
}
