package io.swinlake.swin;

/** The two published architectures. */
public enum SwinVersion {
    /** arXiv:2103.14030: pre-norm blocks, scaled dot-product attention, a learned relative position bias table. */
    V1,
    /** arXiv:2111.09883: residual post-norm, scaled cosine attention, log-spaced continuous position bias. */
    V2
}
