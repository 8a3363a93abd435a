package io.swinlake.runtime.device;

import java.util.Optional;

/** Whether a device still computes; one for all that run on it. It does not recover. Thread-safe. */
public final class DeviceHealth {
    private Optional<BrokenDeviceException> failure = Optional.empty();

    public synchronized boolean isBroken() {
        return failure.isPresent();
    }

    /**
     * Does nothing where the device computes.
     *
     * @throws BrokenDeviceException the first that was told
     */
    public synchronized void check() {
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    /** The device is broken. Returns the failure that everybody gets: the first that was told. */
    public synchronized BrokenDeviceException broken(BrokenDeviceException told) {
        failure = Optional.of(failure.orElse(told));
        return failure.get();
    }
}
