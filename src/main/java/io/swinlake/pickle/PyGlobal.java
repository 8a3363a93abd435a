package io.swinlake.pickle;

/** The name of a Python class or function. A name is all it is: nothing is looked up or called by it. */
public record PyGlobal(String module, String name) {
    /** {@code module.name}, with what could steer a terminal as question marks. */
    @Override
    public String toString() {
        return (module + "." + name).replaceAll("[^\\x21-\\x7e]", "?");
    }
}
