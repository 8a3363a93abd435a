package io.swinlake.torchscript;

import io.swinlake.graph.Op;
import io.swinlake.graph.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which operations of a graph are computed together. Follows from the graph and its lowering alone; nothing is written here.
 * The result of a layer is left out only where nobody else reads it.
 */
final class Fusion {
    private final Lowering lowering;
    /** How many operations and outputs read a value. */
    private final Map<Value, Integer> uses = new HashMap<>();

    private Fusion(Lowering lowering) {
        this.lowering = lowering;
    }

    static Fusion of(List<Value> outputs, Lowering lowering) {
        Fusion fusion = new Fusion(lowering);
        Set<Value> seen = new HashSet<>();
        for (Value output : outputs) {
            fusion.countUses(output, seen);
            fusion.uses.merge(output, 1, Integer::sum);
        }
        return fusion;
    }

    private void countUses(Value value, Set<Value> seen) {
        if (seen.add(value)) {
            for (Value input : value.inputs()) {
                uses.merge(input, 1, Integer::sum);
                countUses(input, seen);
            }
        }
    }

    /** The linear layer that applies a GELU to its result. */
    Optional<Value> layerWithGelu(Value gelu) {
        Value layer = gelu.inputs().get(0);
        return isPrivateLinear(layer) && appliesGelu(layer) ? Optional.of(layer) : Optional.empty();
    }

    private boolean appliesGelu(Value layer) {
        return everyLayerIsOneDnns() || LinearKernel.of(layer, lowering) == LinearKernel.ONEDNN_INT8;
    }

    /** The linear layer that adds the first input of a sum, a residual, to its result. */
    Optional<Value> layerWithAdd(Value add) {
        Value residual = add.inputs().get(0);
        Value layer = add.inputs().get(1);
        boolean fuses = isPrivateLinear(layer) && residual.dims().equals(add.dims()) && adds(layer, residual);
        return fuses ? Optional.of(layer) : Optional.empty();
    }

    private boolean adds(Value layer, Value residual) {
        return switch (LinearKernel.of(layer, lowering)) {
            case ATEN, ONEDNN_INT8 -> false;
            case ONEDNN -> everyLayerIsOneDnns() && isContiguous(residual);
            case FBGEMM_INT8 -> true;
        };
    }

    /** The first layer of an MLP in int8, with its GELU, that runs image by image with the second layer. */
    Optional<Value> firstOfMlp(Value second) {
        Value gelu = second.inputs().get(0);
        boolean fuses = LinearKernel.of(second, lowering) == LinearKernel.FBGEMM_INT8
                && gelu.op() instanceof Op.Gelu
                && uses.get(gelu) == 1;
        return fuses ? layerWithGelu(gelu) : Optional.empty();
    }

    /**
     * The tensor that queries, keys and values of an attention are parts of, if it is to be copied into the order in which they
     * are read: otherwise the products of {@link Lowering.Attention#EXPONENTIALS} copy each of them, and the keys slowly,
     * transposed.
     */
    Optional<Value> copiedFor(Value attention) {
        Value values = attention.inputs().get(2);
        boolean copies = lowering.attention() == Lowering.Attention.EXPONENTIALS && values.op() instanceof Op.Select;
        return copies ? Optional.of(values.inputs().get(0)) : Optional.empty();
    }

    /** The layer in int8 whose result a copied tensor is, split into more axes and permuted: it copies each image when it is done. */
    Optional<Value> layerInOrderOf(Value copied) {
        if (!(copied.op() instanceof Op.Permute) || !(copied.inputs().get(0).op() instanceof Op.Reshape)) {
            return Optional.empty();
        }
        Value layer = beforeReshapes(copied.inputs().get(0));
        return Optional.of(layer)
                .filter(this::isPrivateLinear)
                .filter(x -> LinearKernel.of(x, lowering) == LinearKernel.ONEDNN_INT8);
    }

    /** What a reshape and all reshapes right before it begin with: the last alone gives the result. */
    Value beforeReshapes(Value reshape) {
        Value from = reshape.inputs().get(0);
        while (from.op() instanceof Op.Reshape) {
            from = from.inputs().get(0);
        }
        return from;
    }

    /** Whether every layer is oneDNN's own, in the type that the network computes in. */
    private boolean everyLayerIsOneDnns() {
        return lowering.linear() == Lowering.Linear.ONEDNN;
    }

    /** A linear layer whose own result nobody else reads. */
    private boolean isPrivateLinear(Value value) {
        return value.op() instanceof Op.Linear && uses.get(value) == 1;
    }

    /** Whether a value surely lies in order in memory, as oneDNN wants what it adds to a result. */
    private static boolean isContiguous(Value value) {
        return value.op() instanceof Op.Linear
                || value.op() instanceof Op.LayerNorm
                || value.op() instanceof Op.IndexSelect
                || value.op() instanceof Op.Add
                || value.op() instanceof Op.Gelu;
    }
}
