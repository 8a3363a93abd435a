package io.swinlake.model;

/**
 * One value of a model and where it was found, for {@code inspect}: {@code ("window", "7", "layers.0.blocks.0
 * .attn.relative_position_bias_table [169, 3]")}.
 */
public record Setting(String name, String value, String source) {}
