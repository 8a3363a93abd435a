package io.swinlake.runtime;

/** A network that is loaded on a device until it is closed. */
interface Runner extends Forward, AutoCloseable {
    @Override
    void close();
}
