package io.swinlake;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.checkpoint.Checkpoint;
import io.swinlake.model.ModelOptions;
import io.swinlake.model.SwinModel;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The full-size networks of {@code fixtures/manifest.json}, whose weights follow a rule instead of lying in a file. The
 * rule is in {@code fixtures/README.md}, part B.
 */
public final class RuleWeights {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;
    private static final int CHUNK = 1 << 16; // elements that one thread computes at a time

    private RuleWeights() {}

    /**
     * A full-size network, read from its tensors in the original repository's names.
     *
     * @param caseId such as {@code full/swin_tiny_patch4_window7_224}
     */
    public static SwinModel model(String caseId) {
        return SwinModel.of(new Checkpoint(caseId + ".pth", tensors(caseId), Map.of()), ModelOptions.none());
    }

    /** The input of every full-size case: {@code [1, 3, height, width]}, normalised already. */
    public static Tensor input(String caseId) {
        JsonNode shape = Fixtures.caseById(caseId).get("input_shape");
        return tensor(
                "input",
                Shape.of(
                        shape.get(0).asLong(),
                        shape.get(1).asLong(),
                        shape.get(2).asLong(),
                        shape.get(3).asLong()));
    }

    /** The parameters of a full-size network in the original repository's names. */
    public static SortedMap<String, Tensor> tensors(String caseId) {
        JsonNode entry = Fixtures.caseById(caseId);
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        shapes(entry.get("config"), entry.get("version").asInt())
                .forEach((name, shape) -> tensors.put(name, tensor(name, shape)));
        return tensors;
    }

    private static Map<String, Shape> shapes(JsonNode config, int version) {
        Map<String, Shape> shapes = new TreeMap<>();
        int stages = config.get("depths").size();
        long window = config.get("window_size").asLong();
        long embedDim = config.get("embed_dim").asLong();
        shapes.put("patch_embed.proj.weight", Shape.of(embedDim, 3, 4, 4));
        shapes.put("patch_embed.proj.bias", Shape.of(embedDim));
        norm(shapes, "patch_embed.norm", embedDim);
        for (int stage = 0; stage < stages; stage++) {
            long dim = embedDim << stage;
            long heads = config.get("num_heads").get(stage).asLong();
            for (int block = 0; block < config.get("depths").get(stage).asInt(); block++) {
                String name = "layers." + stage + ".blocks." + block;
                norm(shapes, name + ".norm1", dim);
                norm(shapes, name + ".norm2", dim);
                shapes.put(name + ".attn.qkv.weight", Shape.of(3 * dim, dim));
                linear(shapes, name + ".attn.proj", dim, dim);
                linear(shapes, name + ".mlp.fc1", dim, 4 * dim);
                linear(shapes, name + ".mlp.fc2", 4 * dim, dim);
                if (version == 1) {
                    shapes.put(name + ".attn.qkv.bias", Shape.of(3 * dim));
                    long rows = (2 * window - 1) * (2 * window - 1);
                    shapes.put(name + ".attn.relative_position_bias_table", Shape.of(rows, heads));
                } else {
                    shapes.put(name + ".attn.q_bias", Shape.of(dim));
                    shapes.put(name + ".attn.v_bias", Shape.of(dim));
                    shapes.put(name + ".attn.logit_scale", Shape.of(heads, 1, 1));
                    linear(shapes, name + ".attn.cpb_mlp.0", 2, 512);
                    shapes.put(name + ".attn.cpb_mlp.2.weight", Shape.of(heads, 512));
                }
            }
            if (stage < stages - 1) {
                shapes.put("layers." + stage + ".downsample.reduction.weight", Shape.of(2 * dim, 4 * dim));
                norm(shapes, "layers." + stage + ".downsample.norm", version == 1 ? 4 * dim : 2 * dim);
            }
        }
        long last = embedDim << (stages - 1);
        norm(shapes, "norm", last);
        linear(shapes, "head", last, config.get("num_classes").asLong());
        return shapes;
    }

    private static void norm(Map<String, Shape> shapes, String name, long channels) {
        shapes.put(name + ".weight", Shape.of(channels));
        shapes.put(name + ".bias", Shape.of(channels));
    }

    private static void linear(Map<String, Shape> shapes, String name, long in, long out) {
        shapes.put(name + ".weight", Shape.of(out, in));
        shapes.put(name + ".bias", Shape.of(out));
    }

    /** One tensor of the rule. */
    static Tensor tensor(String name, Shape shape) {
        Range range = Range.of(name, shape);
        long hash = fnv1a64(name);
        int count = Math.toIntExact(shape.elements());
        ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        IntStream.range(0, (count + CHUNK - 1) / CHUNK).parallel().forEach(chunk -> {
            for (int i = chunk * CHUNK; i < Math.min(count, (chunk + 1) * CHUNK); i++) {
                double unit = (splitMix64(hash + i) >>> 40) * 0x1p-23 - 1; // in [-1, 1)
                bytes.putFloat(i * Float.BYTES, (float) (range.center + unit * range.amplitude));
            }
        });
        return Tensor.view(DType.F32, shape, bytes);
    }

    /** Values lie in {@code center - amplitude} to {@code center + amplitude}. */
    private record Range(double center, double amplitude) {
        static Range of(String name, Shape shape) {
            if (name.endsWith("relative_position_bias_table") || name.endsWith("absolute_pos_embed")) {
                return new Range(0, 0.9);
            }
            if (name.endsWith("logit_scale")) {
                return new Range(2.5, 0.5);
            }
            if (name.endsWith("cpb_mlp.0.weight")) {
                return new Range(0, 1.5);
            }
            if (name.endsWith("cpb_mlp.0.bias")) {
                return new Range(0, 0.5);
            }
            if (name.endsWith("cpb_mlp.2.weight")) {
                return new Range(0, 0.15);
            }
            if (name.endsWith("weight") && shape.rank() == 1) {
                return new Range(1, 0.35);
            }
            if (name.endsWith("weight")) {
                long fan = shape.elements() / shape.dim(0);
                double spread = Math.sqrt(3.0 / fan);
                return new Range(0, name.endsWith("attn.qkv.weight") ? 2 * spread : spread);
            }
            if (name.endsWith("bias")) {
                return new Range(0, 0.35);
            }
            if (name.equals("input")) {
                return new Range(0, 2);
            }
            throw new IllegalArgumentException("no rule for a tensor named " + name);
        }
    }

    private static long fnv1a64(String name) {
        long hash = FNV_OFFSET;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        return hash;
    }

    private static long splitMix64(long seed) {
        long x = seed + 0x9E3779B97F4A7C15L;
        x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }
}
