package io.swinlake.runtime;

import java.util.Optional;

/** Whether a device still computes; one for all that run on it. It does not recover. Thread-safe. */
final class DeviceHealth {
    private Optional<BrokenDeviceException> failure = Optional.empty();

    synchronized boolean isBroken() {
        return failure.isPresent();
    }

    /** @throws BrokenDeviceException the first that was told */
    synchronized void check() {
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    /** The device is broken. Returns the failure that everybody gets: the first that was told. */
    synchronized BrokenDeviceException broken(BrokenDeviceException told) {
        failure = Optional.of(failure.orElse(told));
        return failure.get();
    }
}
