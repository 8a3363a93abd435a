package io.swinlake.bench;

import io.swinlake.RuleWeights;
import io.swinlake.model.SwinModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The network that benchmarks run where they say no other: Swin-T at 224 pixels, with weights made by rule. */
public final class SwinT {
    private SwinT() {}

    public static SwinModel model() {
        return RuleWeights.model("full/swin_tiny_patch4_window7_224");
    }

    /** The model as a checkpoint of 113 MB in {@code folder}, written anew. */
    public static Path checkpoint(SwinModel model, Path folder) throws IOException {
        Files.createDirectories(folder);
        return Files.write(folder.resolve("swin_t.safetensors"), model.toSafetensors());
    }
}
