package io.swinlake.runtime.device;

/** A device has not enough memory for even one image: a fault of the set-up, not of the image. */
public final class OutOfDeviceMemoryException extends DeviceException {
    public OutOfDeviceMemoryException(String device, Throwable cause) {
        super(
                device + ": out of memory with a single image; use a smaller --image-size or --precision, or let fewer"
                        + " processes share the device",
                cause);
    }
}
