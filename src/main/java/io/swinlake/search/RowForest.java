package io.swinlake.search;

import java.util.Arrays;

/** Which rows pairs have connected so far, by union-find: 8 bytes a row. */
final class RowForest {
    private final int[] parents;
    private final int[] sizes; // of trees, at their roots
    private int greatest;

    RowForest(int rows) {
        parents = new int[rows];
        sizes = new int[rows];
        Arrays.setAll(parents, row -> row);
        Arrays.fill(sizes, 1);
    }

    /** Puts two rows into one tree. */
    void connect(int left, int right) {
        int leftRoot = root(left);
        int rightRoot = root(right);
        if (leftRoot == rightRoot) {
            return;
        }
        int root = sizes[leftRoot] < sizes[rightRoot] ? rightRoot : leftRoot;
        int other = leftRoot + rightRoot - root;
        parents[other] = root;
        sizes[root] += sizes[other];
        if (sizes[root] > sizes[greatest]) {
            greatest = root;
        }
    }

    boolean areConnected(int left, int right) {
        return root(left) == root(right);
    }

    /** Whether a row is in the greatest tree. */
    boolean isInGreatest(int row) {
        return root(row) == greatest;
    }

    private int root(int row) {
        int at = row;
        while (parents[at] != at) {
            parents[at] = parents[parents[at]]; // halves the path for the next one
            at = parents[at];
        }
        return at;
    }
}
