package io.swinlake.pickle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a pickle asks Python to make: {@code callee(*args)}, then perhaps elements appended, items set and a state given.
 * Here it stays a description.
 */
public final class PyObject {
    private final Object callee;
    private final PyTuple args;
    private final List<Object> elements = new ArrayList<>(0);
    private final Map<Object, Object> items = new LinkedHashMap<>(0);
    private Optional<Object> state = Optional.empty();

    PyObject(Object callee, PyTuple args) {
        this.callee = callee;
        this.args = args;
    }

    /** The call that a pickle wrote down as a function and its arguments apart. */
    public static PyObject call(PyGlobal function, PyTuple args) {
        return new PyObject(function, args);
    }

    /** Whether it is made by this class or function. */
    public boolean isOf(PyGlobal type) {
        return type.equals(callee);
    }

    /** The class or function that makes it; empty if the pickle computes it. */
    public Optional<PyGlobal> type() {
        return callee instanceof PyGlobal global ? Optional.of(global) : Optional.empty();
    }

    /** What it is called with. */
    public PyTuple args() {
        return args;
    }

    /** The elements of an object that is a kind of list. */
    public List<Object> elements() {
        return elements;
    }

    /** The items of an object that is a kind of dict. */
    public Map<Object, Object> items() {
        return items;
    }

    /** The argument of {@code __setstate__}, the new {@code __dict__}, or the named arguments of its making. */
    public Optional<Object> state() {
        return state;
    }

    void setState(Object state) {
        this.state = Optional.of(state);
    }
}
