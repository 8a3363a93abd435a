package io.swinlake.pickle;

/**
 * A dict's key that is not a string: a number, None, a tuple. Two of them are never equal, even where Python's would be: so
 * no hash is computed over values that a file could make collide, or contain themselves.
 */
@SuppressWarnings("ClassCanBeRecord") // a record would compare by value
public final class PyKey {
    private final Object value;

    private PyKey(Object value) {
        this.value = value;
    }

    static Object of(Object key) {
        return key instanceof String ? key : new PyKey(key);
    }

    public Object value() {
        return value;
    }
}
