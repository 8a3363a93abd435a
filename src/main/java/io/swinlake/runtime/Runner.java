package io.swinlake.runtime;

import io.swinlake.runtime.batch.Forward;

/** A network that is loaded on a device until it is closed. */
interface Runner extends Forward, AutoCloseable {
    @Override
    void close();
}
