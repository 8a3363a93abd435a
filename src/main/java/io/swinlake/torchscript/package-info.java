/**
 * A graph and its weights as a TorchScript archive that libtorch loads, written for one target by a {@link
 * io.swinlake.torchscript.Lowering}. Start at {@link io.swinlake.torchscript.TorchScriptModule}.
 */
package io.swinlake.torchscript;
