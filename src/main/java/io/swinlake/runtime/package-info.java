/**
 * A model on one device, through DJL and libtorch, which nothing else sees. Start at {@link io.swinlake.runtime.SwinRunner};
 * tasks share one through {@link io.swinlake.runtime.RunnerPool}.
 */
package io.swinlake.runtime;
