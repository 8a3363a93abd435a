/**
 * A file of named tensors: safetensors and PyTorch's .pth, read without running anything that stands in them. Start at
 * {@link io.swinlake.checkpoint.Checkpoint}.
 */
package io.swinlake.checkpoint;
