/**
 * What a device can compute, and how it fails; no libtorch. Start at {@link io.swinlake.runtime.device.Target} and {@link
 * io.swinlake.runtime.device.CpuPrecision}.
 */
package io.swinlake.runtime.device;
