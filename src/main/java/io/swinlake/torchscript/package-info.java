/**
 * A graph as TorchScript that libtorch loads, and the weights that it is given then, written for one target by a {@link
 * io.swinlake.torchscript.Lowering}. Start at {@link io.swinlake.torchscript.TorchScriptModule}, the result, and then {@code
 * Program}, which puts the text together: {@code Forward} writes a line per operation, with {@code LinearLines} and {@code
 * AttentionLines} for the two that differ most between targets; {@code Fusion} and {@code LinearKernel} decide beforehand what
 * is computed together and by what; {@code ModuleState} has the weights; {@code Kernels} the methods that are written by hand,
 * as resources of this package.
 */
package io.swinlake.torchscript;
