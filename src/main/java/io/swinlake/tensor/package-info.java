/**
 * The words everyone shares: {@link io.swinlake.tensor.DType}, {@link io.swinlake.tensor.Shape} and the read-only {@link
 * io.swinlake.tensor.Tensor}. Start at {@code Tensor}.
 */
package io.swinlake.tensor;
