/**
 * Swin Transformer V1 (arXiv:2103.14030) and V2 (arXiv:2111.09883), written with the {@link io.swinlake.graph} builder.
 * Start at {@link io.swinlake.swin.SwinNetwork}; the shifted-window attention is {@code WindowAttention}, its windows are
 * {@code WindowGrid}.
 */
package io.swinlake.swin;
