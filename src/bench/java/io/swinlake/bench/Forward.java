package io.swinlake.bench;

/** A network that one thread at a time runs on the images of an {@link ImageSet}. */
public interface Forward extends AutoCloseable {
    /**
     * Runs it on the images {@code first} to {@code first + count - 1}.
     *
     * @return {@code [count, classes]} in C order
     */
    float[] logits(int first, int count) throws Exception;

    @Override
    void close();
}
