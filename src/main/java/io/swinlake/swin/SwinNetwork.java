package io.swinlake.swin;

import io.swinlake.graph.Graph;
import io.swinlake.graph.Scope;
import io.swinlake.graph.Value;
import io.swinlake.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A whole Swin Transformer as a graph: patch embedding, stages of blocks with a merge before each but the first, final norm,
 * mean over tokens, head. arXiv:2103.14030, figure 3.
 *
 * @param stages output of the last block of each stage, {@code [batch, height, width, channels]}
 * @param features the stages normalised by their own norms, for detection backbones; else empty
 * @param pooled mean over the tokens of each stage, after the stage's own norm if it has one, {@code [batch, channels]}
 * @param embedding mean over tokens after the final norm, if the network has one, else after the last stage, {@code [batch, channels]}: timm's {@code pre_logits},
 *     transformers' {@code pooler_output}
 * @param logits {@code [batch, classes]}; empty for a network without a head
 */
public record SwinNetwork(
        List<Value> stages, List<Value> features, List<Value> pooled, Value embedding, Optional<Value> logits) {
    public SwinNetwork {
        stages = List.copyOf(stages);
        features = List.copyOf(features);
        pooled = List.copyOf(pooled);
    }

    /**
     * Builds the network, checking every weight's name and shape.
     *
     * @param weights by canonical name
     * @param image {@code [batch, height, width, 3]}, normalised; its size need not be the one the model was built for
     * @throws io.swinlake.graph.GraphException if a weight is missing or misshapen, or the image size cannot be run
     */
    public static SwinNetwork build(Graph graph, SwinConfig config, Map<String, Tensor> weights, Value image) {
        Scope root = Scope.root(graph, weights);
        ImageSize size =
                new ImageSize((int) image.dims().size(1), (int) image.dims().size(2));
        ImageSize map = PatchEmbedding.mapSize(config, size);

        TokenMap x = null;
        List<Value> stages = new ArrayList<>();
        List<Value> features = new ArrayList<>();
        List<Value> pooled = new ArrayList<>();
        for (int stage = 0; stage < config.stages(); stage++) {
            Scope scope = root.child("stages").child(Integer.toString(stage));
            map = stage == 0 ? map : PatchMerging.mapSize(config, map);
            WindowGrid regular = WindowGrid.of(config, stage, map, false);
            WindowGrid shifted = WindowGrid.of(config, stage, map, true);
            TokenOrder first = regular.order();
            x = stage == 0
                    ? new PatchEmbedding(root, config, first).apply(image)
                    : new PatchMerging(scope.child("merge"), config, config.channels(stage - 1)).apply(x, first);
            for (int block = 0; block < config.depths().get(stage); block++) {
                WindowGrid grid = block % 2 == 0 ? regular : shifted;
                x = new SwinBlock(scope.child("blocks").child(Integer.toString(block)), config, stage, grid).apply(x);
            }
            stages.add(x.rows());
            TokenMap output = x;
            if (config.normedStages().contains(stage)) {
                output = x.with(stageNorm(scope, config, stage).apply(x.tokens()));
                features.add(output.rows());
            }
            pooled.add(output.tokens().mean(1, 1));
        }

        Value embedding = config.finalNorm()
                ? finalNorm(root, config).apply(x.tokens()).mean(1, 1)
                : pooled.get(pooled.size() - 1);
        Optional<Value> logits = config.classes() > 0
                ? Optional.of(Linear.of(root.child("head"), config.embeddingSize(), config.classes())
                        .apply(embedding))
                : Optional.empty();
        return new SwinNetwork(stages, features, pooled, embedding, logits);
    }

    private static LayerNorm finalNorm(Scope root, SwinConfig config) {
        return new LayerNorm(root.child("norm"), config.embeddingSize(), config.layerNormEps());
    }

    /** transformers' config has no say in these. */
    private static LayerNorm stageNorm(Scope scope, SwinConfig config, int stage) {
        double epsilon = config.convention() == Convention.HUGGINGFACE_BACKBONE
                ? LayerNorm.DEFAULT_EPSILON
                : config.layerNormEps();
        return new LayerNorm(scope.child("norm"), config.channels(stage), epsilon);
    }
}
