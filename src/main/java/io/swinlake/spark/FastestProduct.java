package io.swinlake.spark;

import io.swinlake.runtime.LibtorchProduct;
import io.swinlake.search.product.MatrixProduct;
import io.swinlake.search.product.VectorApi;
import java.util.Optional;

/** What multiplies in a task: what a search finds is the same with each. */
final class FastestProduct {
    /** Multiplications that the product in Java has done before libtorch, a second and 200 MB, is loaded. */
    private static final double FEW = 1e10;

    private FastestProduct() {}

    static MatrixProduct ofMany() {
        return of(Double.POSITIVE_INFINITY);
    }

    /** @param multiplications about as many as the task has to do */
    static MatrixProduct of(double multiplications) {
        return VectorApi.product()
                .or(() -> multiplications < FEW ? Optional.empty() : LibtorchProduct.ifAvailable())
                .orElseGet(MatrixProduct::inJava);
    }
}
