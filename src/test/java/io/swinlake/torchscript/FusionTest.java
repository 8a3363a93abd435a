package io.swinlake.torchscript;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.graph.Graph;
import io.swinlake.graph.Value;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What is computed together, in networks of a few operations over tokens {@code [batch, 6, 4]}. */
class FusionTest {
    /** oneDNN's layers in the network's own type. */
    static final List<Lowering> ONEDNN = List.of(Lowering.CPU_FP32, Lowering.CPU_BF16);

    static final List<Lowering> INT8 = List.of(Lowering.CPU_INT8, Lowering.CPU_INT8_BF16);

    /** Layers are as PyTorch spells them. */
    static final List<Lowering> PLAIN = List.of(Lowering.REFERENCE, Lowering.CUDA_BF16, Lowering.CUDA_FP16);

    private final Graph graph = new Graph();
    private final Value tokens = graph.input("tokens", DType.F32, 6, 4);

    private Value constant(long... sizes) {
        Shape shape = Shape.of(sizes);
        String name = "constant_" + graph.values().size();
        return graph.constant(name, Tensor.of(shape, new float[(int) shape.elements()]));
    }

    /** A linear layer with this many channels of output. */
    private Value layer(Value x, long channels) {
        return x.linear(constant(channels, x.dims().size(-1)), constant(channels));
    }

    private Value norm(Value x) {
        long channels = x.dims().size(-1);
        return x.layerNorm(constant(channels), constant(channels), 1e-5);
    }

    @ParameterizedTest
    @FieldSource("ONEDNN")
    void oneDnnAppliesGeluInTheLayerBeforeIt(Lowering lowering) {
        Value wide = layer(tokens, 8);
        Value hidden = wide.gelu();
        Value narrow = layer(hidden, 4);
        Value result = narrow.gelu();
        Fusion fusion = Fusion.of(List.of(result), lowering);
        assertThat(fusion.layerWithGelu(hidden)).contains(wide);
        assertThat(fusion.layerWithGelu(result)).contains(narrow);
    }

    @ParameterizedTest
    @FieldSource("INT8")
    void inInt8OnlyALayerThatWidensAppliesGelu(Lowering lowering) {
        Value wide = layer(tokens, 8);
        Value hidden = wide.gelu();
        Value narrow = layer(hidden, 4);
        Value result = narrow.gelu();
        Fusion fusion = Fusion.of(List.of(result), lowering);
        assertThat(fusion.layerWithGelu(hidden)).contains(wide);
        assertThat(fusion.layerWithGelu(result)).isEmpty();
    }

    @ParameterizedTest
    @FieldSource("PLAIN")
    void plainLayersStandAlone(Lowering lowering) {
        Value first = layer(tokens, 8);
        Value gelu = first.gelu();
        Value second = layer(gelu, 4);
        Value sum = norm(tokens).plus(second);
        Fusion fusion = Fusion.of(List.of(sum), lowering);
        assertThat(fusion.layerWithGelu(gelu)).isEmpty();
        assertThat(fusion.layerWithAdd(sum)).isEmpty();
        assertThat(fusion.firstOfMlp(second)).isEmpty();
    }

    @Test
    void aLayerThatIsReadElsewhereTooIsComputedByItself() {
        Value first = layer(tokens, 4);
        Value gelu = first.gelu();
        Value residual = norm(tokens);
        Value second = layer(gelu, 4);
        Value sum = residual.plus(second);

        Fusion asOperand = Fusion.of(List.of(sum, first.plus(tokens), second.gelu()), Lowering.CPU_FP32);
        assertThat(asOperand.layerWithGelu(gelu)).isEmpty();
        assertThat(asOperand.layerWithAdd(sum)).isEmpty();

        Fusion asOutput = Fusion.of(List.of(sum, first, second), Lowering.CPU_FP32);
        assertThat(asOutput.layerWithGelu(gelu)).isEmpty();
        assertThat(asOutput.layerWithAdd(sum)).isEmpty();
    }

    @Test
    void whatNoOutputNeedsDoesNotCountAsAReader() {
        Value layer = layer(tokens, 4);
        Value gelu = layer.gelu();
        layer.plus(tokens);
        assertThat(Fusion.of(List.of(gelu), Lowering.CPU_FP32).layerWithGelu(gelu))
                .contains(layer);
    }

    @Test
    void geluOfWhatIsNoLayerIsComputedByItself() {
        Value gelu = norm(tokens).gelu();
        assertThat(Fusion.of(List.of(gelu), Lowering.CPU_FP32).layerWithGelu(gelu))
                .isEmpty();
    }

    @ParameterizedTest
    @FieldSource("ONEDNN")
    void oneDnnAddsAResidualThatLiesInOrder(Lowering lowering) {
        Value embedded = layer(tokens, 4);
        Value normed = norm(embedded);
        Value selected = embedded.indexSelect(1, 5, 4, 3, 2, 1, 0);
        for (Value residual : List.of(embedded, normed, selected, embedded.plus(normed), normed.gelu())) {
            Value sum = residual.plus(layer(tokens, 4));
            assertThat(Fusion.of(List.of(sum), lowering).layerWithAdd(sum))
                    .as("%s", residual)
                    .contains(sum.inputs().get(1));
        }
        Value permuted = graph.input("x", DType.F32, 4, 6).transpose(1, 2).plus(layer(tokens, 4));
        assertThat(Fusion.of(List.of(permuted), lowering).layerWithAdd(permuted))
                .isEmpty();
    }

    /** Such as a head, which does not act on tokens. */
    @ParameterizedTest
    @FieldSource("INT8")
    void whatIsNotInInt8BesideLayersThatAreStandsAlone(Lowering lowering) {
        Value pooled = norm(tokens.mean(1, 1));
        Value gelu = layer(pooled, 8).gelu();
        Value sum = pooled.plus(layer(pooled, 4));
        Fusion fusion = Fusion.of(List.of(gelu, sum), lowering);
        assertThat(fusion.layerWithGelu(gelu)).isEmpty();
        assertThat(fusion.layerWithAdd(sum)).isEmpty();
    }

    @ParameterizedTest
    @FieldSource("INT8")
    void inInt8OnlyALayerThatDoesNotWidenAddsAResidualWhereverThatLies(Lowering lowering) {
        Value permuted = graph.input("x", DType.F32, 4, 6).transpose(1, 2).plus(layer(tokens, 4));
        Value widened = norm(layer(tokens, 8)).plus(layer(tokens, 8));
        Fusion fusion = Fusion.of(List.of(permuted, widened), lowering);
        assertThat(fusion.layerWithAdd(permuted)).contains(permuted.inputs().get(1));
        assertThat(fusion.layerWithAdd(widened)).isEmpty();
    }

    @Test
    void aResidualIsTheFirstOperandAndHasTheShapeOfTheSum() {
        Value layerFirst = layer(tokens, 4).plus(norm(tokens));
        Value broadcast = norm(constant(1, 4)).plus(layer(tokens, 4));
        for (Lowering lowering : List.of(Lowering.CPU_FP32, Lowering.CPU_INT8)) {
            Fusion fusion = Fusion.of(List.of(layerFirst, broadcast), lowering);
            assertThat(fusion.layerWithAdd(layerFirst)).isEmpty();
            assertThat(fusion.layerWithAdd(broadcast)).isEmpty();
        }
    }

    @Test
    void inInt8BothLayersOfAnMlpRunTogether() {
        Value first = layer(tokens, 8);
        Value second = layer(first.gelu(), 4);
        assertThat(Fusion.of(List.of(second), Lowering.CPU_INT8).firstOfMlp(second))
                .contains(first);
        assertThat(Fusion.of(List.of(second), Lowering.CPU_BF16).firstOfMlp(second))
                .isEmpty();
    }

    @Test
    void layersAreNoMlpWhereWhatLiesBetweenIsReadOrTheFirstDoesNotWiden() {
        Value gelu = layer(tokens, 8).gelu();
        Value second = layer(gelu, 4);
        assertThat(Fusion.of(List.of(second, gelu), Lowering.CPU_INT8).firstOfMlp(second))
                .isEmpty();
        Value afterNarrow = layer(layer(tokens, 4).gelu(), 4);
        assertThat(Fusion.of(List.of(afterNarrow), Lowering.CPU_INT8).firstOfMlp(afterNarrow))
                .isEmpty();
        Value afterNorm = layer(norm(layer(tokens, 8)), 4);
        assertThat(Fusion.of(List.of(afterNorm), Lowering.CPU_INT8).firstOfMlp(afterNorm))
                .isEmpty();
        Value widens = layer(layer(tokens, 8).gelu(), 16);
        assertThat(Fusion.of(List.of(widens), Lowering.CPU_INT8).firstOfMlp(widens))
                .isEmpty();
    }

    /** A layer that computes queries, keys and values at once, these in the order of attention, and the attention. */
    private record Attention(Value qkv, Value split, Value whole, Value result) {}

    private Attention attention() {
        Value qkv = layer(tokens, 12);
        Value split = qkv.unflatten(1, 1, 6).flatten(0, 1).unflatten(-1, 3, 2, 2);
        Value whole = split.permute(2, 0, 3, 1, 4);
        List<Value> parts = whole.unbind(0);
        Value result = parts.get(0).attention(parts.get(1), parts.get(2), constant(1, 2, 6, 6), 0.5);
        return new Attention(qkv, split, whole, result);
    }

    @Test
    void onlyExponentialsCopyQueriesKeysAndValuesTogether() {
        Attention attention = attention();
        List<Value> outputs = List.of(attention.result);
        for (Lowering lowering : List.of(Lowering.CPU_BF16, Lowering.CPU_INT8_BF16)) {
            assertThat(Fusion.of(outputs, lowering).copiedFor(attention.result)).contains(attention.whole);
        }
        for (Lowering lowering :
                List.of(Lowering.REFERENCE, Lowering.CPU_FP32, Lowering.CPU_INT8, Lowering.CUDA_BF16)) {
            assertThat(Fusion.of(outputs, lowering).copiedFor(attention.result)).isEmpty();
        }
    }

    @Test
    void valuesThatArePartOfNothingAreNotCopied() {
        Value x = tokens.unflatten(2, 2, 2).transpose(1, 2);
        Value result = x.attention(x, x, constant(1, 2, 6, 6), 0.5);
        assertThat(Fusion.of(List.of(result), Lowering.CPU_BF16).copiedFor(result))
                .isEmpty();
    }

    @Test
    void aLayerInInt8WritesQueriesKeysAndValuesInOrder() {
        Attention attention = attention();
        List<Value> outputs = List.of(attention.result);
        assertThat(Fusion.of(outputs, Lowering.CPU_INT8_BF16).layerInOrderOf(attention.whole))
                .contains(attention.qkv);
        assertThat(Fusion.of(outputs, Lowering.CPU_BF16).layerInOrderOf(attention.whole))
                .isEmpty();
    }

    @Test
    void aLayerDoesNotWriteInAnotherOrderWhereItsOwnIsReadToo() {
        Attention attention = attention();
        assertThat(Fusion.of(List.of(attention.result, attention.qkv), Lowering.CPU_INT8_BF16)
                        .layerInOrderOf(attention.whole))
                .isEmpty();
    }

    @Test
    void onlyASplitOfALayerThatWidensIsWrittenInAnotherOrder() {
        Value transposed = layer(tokens, 12).transpose(1, 2);
        Value afterGelu = layer(tokens, 12).gelu().transpose(1, 2);
        Value splitOnly = layer(tokens, 12).unflatten(-1, 3, 4).gelu();
        Value afterNorm = norm(layer(tokens, 12)).unflatten(-1, 3, 4).permute(2, 0, 1, 3);
        Value narrow = layer(tokens, 4).unflatten(-1, 2, 2).permute(2, 0, 1, 3);
        List<Value> copied = List.of(transposed, afterGelu, splitOnly, afterNorm, narrow);
        Fusion fusion = Fusion.of(copied, Lowering.CPU_INT8_BF16);
        assertThat(copied)
                .allSatisfy(value -> assertThat(fusion.layerInOrderOf(value)).isEmpty());
    }

    @Test
    void reshapesInARowAreOne() {
        Attention attention = attention();
        assertThat(Fusion.of(List.of(attention.result), Lowering.REFERENCE).beforeReshapes(attention.split))
                .isSameAs(attention.qkv);
    }
}
