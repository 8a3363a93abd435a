package io.swinlake.pickle;

/** The name of a Python class or function. A name is all it is: nothing is looked up or called by it. */
public record PyGlobal(String module, String name) {
    /** {@code module.name}. */
    @Override
    public String toString() {
        return module + "." + name;
    }
}
