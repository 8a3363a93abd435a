package io.swinlake.pickle;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a pickle asks Python to make: {@code type(*args)}, then perhaps items set and a state given. Here it stays a
 * description.
 */
public final class PyObject {
    private final PyGlobal type;
    private final PyTuple args;
    private final Map<Object, Object> items = new LinkedHashMap<>();
    private Optional<Object> state = Optional.empty();

    PyObject(PyGlobal type, PyTuple args) {
        this.type = type;
        this.args = args;
    }

    /** The class or function. */
    public PyGlobal type() {
        return type;
    }

    /** What it is called with. */
    public PyTuple args() {
        return args;
    }

    /** The items of an object that is a kind of dict. */
    public Map<Object, Object> items() {
        return items;
    }

    /** The argument of {@code __setstate__}, or the new {@code __dict__}. */
    public Optional<Object> state() {
        return state;
    }

    void setState(Object state) {
        this.state = Optional.of(state);
    }
}
