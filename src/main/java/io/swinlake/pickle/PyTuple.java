package io.swinlake.pickle;

import java.util.Collections;
import java.util.List;

/** A Python tuple. */
public record PyTuple(List<Object> items) {
    static final PyTuple EMPTY = new PyTuple(List.of());

    public PyTuple {
        items = Collections.unmodifiableList(items);
    }

    public int size() {
        return items.size();
    }

    public Object get(int index) {
        return items.get(index);
    }
}
