package io.swinlake.model;

/**
 * One value of a model and where it was found, as {@code inspect} shows it.
 *
 * @param name such as {@code window}
 * @param value such as {@code 7}
 * @param source a tensor with its shape, a key of a config file, an option
 */
public record Setting(String name, String value, String source) {}
