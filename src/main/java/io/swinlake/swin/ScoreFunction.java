package io.swinlake.swin;

/** How logits become probabilities. */
public enum ScoreFunction {
    /** One class is right: probabilities of all classes add up to 1. */
    SOFTMAX,
    /** Each class is right or not by itself, as with several labels an image or a single output. */
    SIGMOID,
    /** A regression: the outputs as they are. */
    IDENTITY
}
