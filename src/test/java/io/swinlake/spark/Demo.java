package io.swinlake.spark;

import io.swinlake.Fixtures;
import java.nio.file.Path;

/** The trained network of {@code examples/demo} and the 360 digits that it never saw; README.md there says how it was made. */
public final class Demo {
    /** Surefire and Failsafe run in the project's folder. */
    private static final Path ROOT = Path.of("examples", "demo").toAbsolutePath();

    public static final String MODEL = ROOT.resolve("model").toString();
    public static final String IMAGES = ROOT.resolve("images").toString();
    public static final String LABELS = ROOT.resolve("labels.csv").toString();

    private static final int EMBEDDING_SIZE = 128;

    private Demo() {}

    /** What PyTorch's float64 gives, image after image, 128 values each. */
    public static float[] expectedEmbeddings() {
        return Fixtures.npy(ROOT.resolve("expected-embeddings.npy")).toFloats();
    }

    /** The embeddings of a table's rows, ordered by path, in one array as {@link #expectedEmbeddings()}. */
    public static float[] flatten(java.util.List<java.util.List<Float>> embeddings) {
        float[] flat = new float[embeddings.size() * EMBEDDING_SIZE];
        int next = 0;
        for (java.util.List<Float> embedding : embeddings) {
            for (float value : embedding) {
                flat[next++] = value;
            }
        }
        return flat;
    }
}
