package io.swinlake.search;

/** What a search took: how many pairs there were, and what was multiplied to decide them all. */
public final class SearchWork {
    private long pairs;
    private long inFull;
    private long multiplications;

    void addPairs(long count, int width) {
        pairs += count;
        multiplications += count * width;
    }

    /** Pairs of a matrix product of all elements. */
    void addPairsInFull(long count, int dimension) {
        addPairs(count, dimension);
        inFull += count;
    }

    void addPicked(long count) {
        multiplications += count;
    }

    void addInFull(int dimension) {
        inFull++;
        multiplications += dimension;
    }

    /** Pairs that were decided. */
    public long pairs() {
        return pairs;
    }

    /** Pairs of them that all elements were multiplied of, to be compared or to be ranked. */
    public long inFull() {
        return inFull;
    }

    /** Products of two numbers, in whatever precision. */
    public long multiplications() {
        return multiplications;
    }
}
