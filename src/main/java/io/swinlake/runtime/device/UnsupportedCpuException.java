package io.swinlake.runtime.device;

/** What is asked for cannot be computed on this machine's CPU, or should not be; the message says what to do. */
public final class UnsupportedCpuException extends IllegalArgumentException {
    UnsupportedCpuException(String message) {
        super(message);
    }
}
