package io.swinlake.model;

import io.swinlake.preprocess.Recipe;
import io.swinlake.swin.ScoreFunction;
import io.swinlake.swin.SwinConfig;
import io.swinlake.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * The identity of what computes a row: the SHA-256 over lines {@code name value}, in UTF-8, each ended by a line feed, of the
 * weights' digest and everything in network and recipe that changes a result. Models of one digest give one embedding for an
 * image, up to rounding.
 *
 * <p>Tables keep it for years, so the lines stay as they are. A fact that a later release adds gets a line only where it
 * differs from what this one does.
 */
final class ModelDigest {
    private ModelDigest() {}

    /** Whose order of passes resizing follows: the pixels of tall images depend on it. */
    private static final String RESAMPLING = "pillow 13";

    static String sha256(String weightsSha256, SwinConfig config, Recipe recipe) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("weights", weightsSha256);
        facts.put("version", config.version());
        facts.put("image", config.image());
        facts.put("patch_size", config.patchSize());
        facts.put("embed_dim", config.embedDim());
        facts.put("depths", config.depths());
        facts.put("heads", config.heads());
        facts.put("window", ConfigInference.shown(config.windows()));
        facts.put("pretrained_windows", config.pretrainedWindows());
        facts.put("mlp_ratio", config.mlpRatio());
        facts.put("qkv_bias", config.qkvBias());
        facts.put("absolute_positions", config.absolutePositions());
        facts.put("patch_norm", config.patchNorm());
        facts.put("feature_norms", config.hasStageNorms());
        if (config.hasStageNorms() && config.normedStages().size() < config.stages()) {
            facts.put("normed_stages", config.normedStages());
        }
        if (config.finalNorm() == config.hasStageNorms()) {
            facts.put("final_norm", config.finalNorm());
        }
        facts.put("classes", config.classes());
        facts.put("layer_norm_eps", config.layerNormEps());
        facts.put("convention", config.convention());
        if (config.alwaysPartition()) {
            facts.put("always_partition", true);
        }
        if (config.scores() != ScoreFunction.SOFTMAX) {
            facts.put("scores", config.scores());
        }
        facts.put("resize", recipe.resize());
        facts.put("resize_to", recipe.resizeHeight() + "x" + recipe.resizeWidth());
        facts.put("crop", recipe.cropHeight() + "x" + recipe.cropWidth());
        facts.put("filter", recipe.filter());
        facts.put("resampling", RESAMPLING);
        facts.put("mean", recipe.mean());
        facts.put("std", recipe.std());
        String lines = facts.entrySet().stream()
                .map(fact -> fact.getKey() + " " + fact.getValue() + "\n")
                .collect(Collectors.joining());
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(lines.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * The identity of a set of weights: the SHA-256 over all tensors in ascending order of their canonical names, each as the
     * line {@code name dtype shape} in UTF-8, ended by a line feed (such as {@code norm.bias F32 [768]}), then its little-endian
     * bytes in C order. The same weights in any layout have the same digest.
     */
    static final class WeightsDigest {
        private WeightsDigest() {}

        static String sha256(SortedMap<String, Tensor> weights) {
            MessageDigest digest;
            try {
                digest = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has SHA-256", e);
            }
            weights.forEach((name, tensor) -> {
                String line = "%s %s %s\n".formatted(name, tensor.dtype(), tensor.shape());
                digest.update(line.getBytes(StandardCharsets.UTF_8));
                digest.update(tensor.data());
            });
            return HexFormat.of().formatHex(digest.digest());
        }
    }
}
