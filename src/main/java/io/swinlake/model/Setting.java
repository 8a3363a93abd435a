package io.swinlake.model;

/**
 * One value of a model and where it was found, as {@code inspect} shows it.
 *
 * @param name such as {@code window}
 * @param value such as {@code 7}
 * @param source a tensor with its shape, a key of a config file, an option
 */
public record Setting(String name, String value, String source) {
    /** How the source of a value begins that nothing tells. */
    static final String ASSUMED = "assumed: ";

    /** How the source of a network begins that was chosen among several by a rule, not by the user. */
    static final String BY_RULE = "by rule: ";

    /** Whether another value is as possible, and would give other results. */
    boolean wasAssumed() {
        return source.startsWith(ASSUMED) || source.startsWith(BY_RULE);
    }

    /** The three in one line. */
    @Override
    public String toString() {
        return "%s %s, %s".formatted(name, value, source);
    }
}
