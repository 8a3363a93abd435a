package io.swinlake.bench;

/** A network that is loaded once, and run by any number of threads. */
public interface Network extends AutoCloseable {
    /** What one thread needs to run it. */
    Forward open() throws Exception;

    @Override
    void close();
}
