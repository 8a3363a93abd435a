package io.swinlake.runtime.device;

/** A device's fault, no image's: it fails the task, and Spark tries that again. The message is one line that says all. */
public abstract sealed class DeviceException extends RuntimeException
        permits OutOfDeviceMemoryException, BrokenDeviceException {
    DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
