package io.swinlake.pickle;

/** Python's None. */
public enum PyNone {
    NONE
}
