package io.swinlake.pickle;

import java.util.stream.Collectors;

/**
 * A dict's key that is not a string: a number, None, a tuple. Two of them are never equal, even where Python's would be: so
 * no hash is computed over values that a file could make collide, or contain themselves.
 */
@SuppressWarnings("ClassCanBeRecord") // a record would compare by value
final class PyKey {
    private static final int MAX_SHOWN = 8;

    private final Object value;

    private PyKey(Object value) {
        this.value = value;
    }

    static Object of(Object key) {
        return key instanceof String ? key : new PyKey(key);
    }

    Object value() {
        return value;
    }

    /**
     * As Python shows it, if it is a number, None, a name or a tuple of a few of these; else {@code ...}, since other values
     * may contain themselves, or be shared so often that their text has no end.
     */
    @Override
    public String toString() {
        boolean isShown = value instanceof PyTuple tuple
                && tuple.size() <= MAX_SHOWN
                && tuple.items().stream().allMatch(PyKey::isPlain);
        if (isShown) {
            return ((PyTuple) value).items().stream().map(PyKey::plain).collect(Collectors.joining(", ", "(", ")"));
        }
        return isPlain(value) ? plain(value) : "...";
    }

    private static boolean isPlain(Object value) {
        return value instanceof Long
                || value instanceof Double
                || value instanceof Boolean
                || value instanceof String
                || value instanceof PyGlobal
                || value == PyNone.NONE;
    }

    private static String plain(Object value) {
        if (value instanceof Boolean flag) {
            return flag ? "True" : "False";
        }
        return value == PyNone.NONE ? "None" : value.toString();
    }
}
