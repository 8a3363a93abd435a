package io.swinlake.search;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What a row has to reach to be among the neighbours of each query, as far as it is known: once some search has found as many rows as
 * are wanted, none that is worse than all of these can be. Searches of the same queries over parts of a table, by any number of
 * threads, rule rows out by what the others have found.
 */
public final class LeastSimilarities {
    private final AtomicLongArray bits;

    public LeastSimilarities(int queries) {
        bits = new AtomicLongArray(queries);
        for (int query = 0; query < queries; query++) {
            bits.setRelease(query, Double.doubleToRawLongBits(Double.NEGATIVE_INFINITY));
        }
    }

    /** Negative infinity while nothing is known; of a search for the least similar rows, the opposite of a similarity. */
    double of(int query) {
        return Double.longBitsToDouble(bits.get(query));
    }

    void raise(int query, double similarity) {
        if (similarity > of(query)) {
            bits.accumulateAndGet(
                    query,
                    Double.doubleToRawLongBits(similarity),
                    (left, right) -> Double.doubleToRawLongBits(
                            Math.max(Double.longBitsToDouble(left), Double.longBitsToDouble(right))));
        }
    }
}
