package io.swinlake.runtime.device;

/** A device that computes nothing any more. Its runner is closed; the next task that comes to it opens another. */
public final class BrokenDeviceException extends DeviceException {
    private BrokenDeviceException(String device, String what, Throwable cause) {
        super("%s: %s: %s".formatted(device, what, firstLine(cause)), cause);
    }

    /** The driver gave the device up, with this process's whole use of it. */
    public static BrokenDeviceException lost(String device, Throwable cause) {
        return new BrokenDeviceException(
                device, "the device is lost to this process, and the task is for another executor", cause);
    }

    /** A grey image failed after one that could be its own fault. */
    public static BrokenDeviceException failsForAnyImage(String device, Throwable cause) {
        return new BrokenDeviceException(
                device,
                "no image can be computed here, not even a grey one, and the task is for another executor",
                cause);
    }

    /** Nobody runs batches there any more. */
    public static BrokenDeviceException unattended(String device, Throwable cause) {
        return new BrokenDeviceException(device, "the thread that ran its batches has ended", cause);
    }

    private static String firstLine(Throwable cause) {
        return cause.toString().lines().findFirst().orElse("");
    }
}
