package io.swinlake.runtime.device;

/** The device or precision that is asked for is not to be had here. Its message is one line for the user. */
public final class UnusableDeviceException extends IllegalArgumentException {
    public UnusableDeviceException(String message) {
        super(message);
    }
}
