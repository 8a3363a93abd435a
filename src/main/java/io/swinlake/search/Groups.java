package io.swinlake.search;

import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What pairs connect, directly or over others: the connected components, by union-find. It holds every id that occurs in
 * a pair, some 200 bytes each.
 */
public final class Groups<I extends Comparable<? super I>> {
    private final Map<I, I> parents = new HashMap<>();

    /** Puts two ids into one group; whether they were in two before. */
    public boolean connect(I left, I right) {
        I leftRoot = root(left);
        I rightRoot = root(right);
        // The smallest id of a group is its root.
        if (leftRoot.compareTo(rightRoot) < 0) {
            parents.put(rightRoot, leftRoot);
        } else {
            parents.put(leftRoot, rightRoot);
        }
        return !leftRoot.equals(rightRoot);
    }

    /** Every id that was in a pair, with the smallest id of its group. */
    public SortedMap<I, I> smallestIds() {
        SortedMap<I, I> smallest = new TreeMap<>();
        for (I id : parents.keySet()) {
            smallest.put(id, root(id));
        }
        return smallest;
    }

    private I root(I id) {
        I at = id;
        I parent = parents.get(at);
        if (parent == null) {
            parents.put(id, id);
            return id;
        }
        while (!parent.equals(at)) {
            I grandparent = parents.get(parent);
            parents.put(at, grandparent); // halves the path for the next one
            at = grandparent;
            parent = parents.get(at);
        }
        return at;
    }
}
