/**
 * What multiplies in a search: matrix products in float32, whole or only where they reach a threshold. Start at {@link
 * io.swinlake.search.product.MatrixProduct}.
 */
package io.swinlake.search.product;
