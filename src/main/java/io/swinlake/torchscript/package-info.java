/**
 * A graph as TorchScript that libtorch loads, and the weights that it is given then, written for one target by a {@link
 * io.swinlake.torchscript.Lowering}. Start at {@link io.swinlake.torchscript.TorchScriptModule}.
 */
package io.swinlake.torchscript;
