package io.swinlake.pickle;

/** A persistent id: it stands for something outside the pickle. In a checkpoint, for the bytes of a storage. */
public record PyReference(Object id) {}
