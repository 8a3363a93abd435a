/**
 * {@link io.swinlake.model.SwinModel}: a network as data, opened from any checkpoint and saved as one canonical safetensors
 * file. Start there; {@code ConfigInference} finds what a network is from its tensors and the files beside them.
 */
package io.swinlake.model;
