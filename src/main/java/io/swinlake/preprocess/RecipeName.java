package io.swinlake.preprocess;

import java.util.Locale;

/** Whose published preprocessing a {@link Recipe} follows. */
public enum RecipeName {
    MICROSOFT,
    TIMM,
    HF,
    TORCHVISION;

    /** As options and columns name it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return word();
    }
}
