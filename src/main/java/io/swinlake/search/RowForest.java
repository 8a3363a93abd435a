package io.swinlake.search;

import java.util.Arrays;

/** Which rows pairs have connected so far, by union-find: 8 bytes a row. */
final class RowForest {
    private int[] parents = {};
    private int[] sizes = {}; // of trees, at their roots
    private int rows;
    private int greatest;

    /** Adds rows, each a tree of its own. {@return the number of the first} */
    int add(int count) {
        int first = rows;
        rows = Math.addExact(rows, count);
        if (rows > parents.length) {
            int capacity = Math.max(rows, first + first / 2);
            parents = Arrays.copyOf(parents, capacity);
            sizes = Arrays.copyOf(sizes, capacity);
        }
        for (int row = first; row < rows; row++) {
            parents[row] = row;
            sizes[row] = 1;
        }
        return first;
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
