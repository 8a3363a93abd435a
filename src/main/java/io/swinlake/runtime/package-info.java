/**
 * A model and images to scores and embeddings on one device; the only package that sees DJL and libtorch. Start at {@link
 * io.swinlake.runtime.SwinRunner}; tasks share one through {@link io.swinlake.runtime.RunnerPool}.
 */
package io.swinlake.runtime;
