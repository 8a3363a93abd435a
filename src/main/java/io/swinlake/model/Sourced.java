package io.swinlake.model;

/** A value and who told it. */
record Sourced<T>(T value, String source) {
    Setting as(String name) {
        return new Setting(name, String.valueOf(value), source);
    }
}
