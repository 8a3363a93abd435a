package io.swinlake.spark.inference;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** Local files under {@code slow:}; each opening takes a while, as a request to a distant store does. */
public final class SlowFileSystem extends RawLocalFileSystem {
    static final String SCHEME = "slow";

    private static final AtomicInteger OPENED = new AtomicInteger();
    private static volatile int delayMillis;

    /** A configuration that knows the file system. */
    static Configuration configuration(int delay) {
        setDelay(delay);
        Configuration configuration = new Configuration();
        configuration.set("fs." + SCHEME + ".impl", SlowFileSystem.class.getName());
        return configuration;
    }

    static void setDelay(int millis) {
        delayMillis = millis;
    }

    static void forget() {
        OPENED.set(0);
    }

    static int opened() {
        return OPENED.get();
    }

    @Override
    public URI getUri() {
        return URI.create(SCHEME + ":///");
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
        OPENED.incrementAndGet();
        try {
            Thread.sleep(delayMillis);
        } catch (InterruptedException e) {
            InterruptedIOException stopped = new InterruptedIOException("interrupted while opening " + path);
            stopped.initCause(e);
            throw stopped;
        }
        return super.open(path, bufferSize);
    }
}
