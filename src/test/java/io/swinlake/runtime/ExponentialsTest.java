package io.swinlake.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.swinlake.graph.Graph;
import io.swinlake.graph.Value;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Tensor;
import io.swinlake.torchscript.Lowering;
import io.swinlake.torchscript.TorchScriptModule;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** bfloat16's attention, which takes exponentials of scores as they are, against a softmax in float32. */
class ExponentialsTest {
    private static final int WINDOWS = 2;
    private static final int HEADS = 2;
    private static final int TOKENS = 9;
    private static final int CHANNELS = 16;
    private static final double SCALE = 1 / Math.sqrt(CHANNELS);
    /** What rounding scores, weights and values to eight bits can do to outputs of about 1. */
    private static final float TOLERANCE = 0.05f;

    private final Random random = new Random(7);

    @Test
    void equalsTheSoftmaxWithBiasAndMaskedPairs() throws Exception {
        float[] input = new float[WINDOWS * TOKENS * 3 * HEADS * CHANNELS];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        assertEqualsSoftmax(input, ExponentialsTest::scaledAttention);
    }

    /**
     * Each token's own key gets another score than the others: 200 and 0, where exponentials overflow; 0 and -200, and -190
     * and -200, where those of some or all pairs vanish.
     */
    @ParameterizedTest
    @CsvSource({"200, 0", "0, -200", "-190, -200"})
    void scoresBeyondTheRangeOfAnExponentialTakeTheSoftmax(double own, double other) throws Exception {
        float[] input = input((tokens, query, key, token) -> {
            // The last channel gives every pair the same score, a channel per token adds to its own.
            tokens[query + CHANNELS - 1] = 1;
            tokens[key + CHANNELS - 1] = (float) (other / SCALE);
            tokens[query + token] = 1;
            tokens[key + token] = (float) ((own - other) / SCALE);
        });
        assertEqualsSoftmax(input, ExponentialsTest::scaledAttention);
    }

    /** V2's scores are cosines times up to 100: here 100 for each token and itself, or 0 for all, and 0 for the rest. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void cosinesTimesAHundredEqualTheSoftmaxToo(boolean ownKeyIsAlike) throws Exception {
        float[] input = input((tokens, query, key, token) -> {
            tokens[query + token] = 1;
            tokens[key + (ownKeyIsAlike ? token : CHANNELS - 1)] = 3;
        });
        assertEqualsSoftmax(input, ExponentialsTest::cosineAttention);
    }

    private interface QueryAndKey {
        /** Fills those of a token, at {@code tokens[query...]} and {@code tokens[key...]}. */
        void fill(float[] tokens, int query, int key, int token);
    }

    /** {@code [windows, tokens, 3, heads, channels]}, with random values. */
    private float[] input(QueryAndKey queryAndKey) {
        float[] input = new float[WINDOWS * TOKENS * 3 * HEADS * CHANNELS];
        for (int row = 0; row < WINDOWS * TOKENS; row++) {
            for (int head = 0; head < HEADS; head++) {
                int query = (row * 3 * HEADS + head) * CHANNELS;
                int key = query + HEADS * CHANNELS;
                int value = key + HEADS * CHANNELS;
                queryAndKey.fill(input, query, key, row % TOKENS);
                for (int channel = 0; channel < CHANNELS; channel++) {
                    input[value + channel] = (float) random.nextGaussian();
                }
            }
        }
        return input;
    }

    private interface Attention {
        Value of(Graph graph, Value q, Value k, Value v, Value bias);
    }

    private static Value scaledAttention(Graph graph, Value q, Value k, Value v, Value bias) {
        return q.attention(k, v, bias, SCALE);
    }

    private static Value cosineAttention(Graph graph, Value q, Value k, Value v, Value bias) {
        Value factor =
                graph.constant("factor", Tensor.of(io.swinlake.tensor.Shape.of(HEADS, 1, 1), new float[] {100, 100}));
        return q.normalize(1e-12).times(factor).attention(k.normalize(1e-12), v, bias, 1);
    }

    private static void assertEqualsSoftmax(float[] qkv, Attention attention) throws Exception {
        float[] exact = run(Lowering.REFERENCE, qkv, attention);
        assertThat(run(Lowering.CPU_BF16, qkv, attention)).containsExactly(exact, within(TOLERANCE));
        assertThat(run(Lowering.CPU_INT8_BF16, qkv, attention)).containsExactly(exact, within(TOLERANCE));
    }

    private static float[] run(Lowering lowering, float[] qkv, Attention attention) throws Exception {
        Graph graph = new Graph();
        List<Value> parts = graph.input("qkv", DType.F32, WINDOWS, TOKENS, 3, HEADS, CHANNELS)
                .flatten(0, 1)
                .permute(2, 0, 3, 1, 4)
                .unbind(0);
        Value mixed = attention.of(graph, parts.get(0), parts.get(1), parts.get(2), graph.constant("bias", bias()));
        ByteBuffer input = ByteBuffer.allocateDirect(qkv.length * Float.BYTES).order(ByteOrder.nativeOrder());
        input.asFloatBuffer().put(qkv);
        try (CompiledModule module =
                CompiledModule.load(TorchScriptModule.compile(List.of(mixed), lowering), Device.cpu())) {
            return module.run(input, new Shape(1, WINDOWS, TOKENS, 3, HEADS, CHANNELS), DataType.FLOAT32)
                    .get(0);
        }
    }

    /** A bias for each of two windows, in the second of which the first token and the last do not see each other. */
    private static Tensor bias() {
        Random random = new Random(8);
        float[] values = new float[WINDOWS * HEADS * TOKENS * TOKENS];
        for (int i = 0; i < values.length; i++) {
            int query = i / TOKENS % TOKENS;
            int key = i % TOKENS;
            boolean masked = i >= values.length / 2 && Math.abs(query - key) == TOKENS - 1;
            values[i] = (float) random.nextGaussian() - (masked ? 100 : 0);
        }
        return Tensor.of(io.swinlake.tensor.Shape.of(WINDOWS, HEADS, TOKENS, TOKENS), values);
    }
}
