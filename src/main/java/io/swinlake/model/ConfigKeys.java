package io.swinlake.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The keys of config files: each is honoured elsewhere, has one value with which the network is read and any other is
 * refused, or changes nothing when a trained network runs. A key that is none of these is refused for timm, which passes
 * every key on to the network, and named for transformers, which leaves such keys alone.
 */
final class ConfigKeys {
    /** timm: honoured by {@link ConfigFile}, {@link ConfigInference} or compared with the tensors. */
    private static final Set<String> TIMM_HONOURED = Set.of(
            "img_size",
            "patch_size",
            "num_classes",
            "global_pool",
            "embed_dim",
            "depths",
            "num_heads",
            "window_size",
            "always_partition",
            "pretrained_window_sizes",
            "mlp_ratio",
            "qkv_bias");

    /** timm: of training, or of what inputs a network accepts. */
    private static final Set<String> TIMM_HARMLESS = Set.of(
            "drop_rate",
            "drop_path_rate",
            "proj_drop_rate",
            "attn_drop_rate",
            "weight_init",
            "strict_img_size",
            "dynamic_img_size",
            "patch_norm",
            "features_only",
            "out_indices",
            "feature_cls",
            "scriptable",
            "exportable",
            "no_jit",
            "in_chans",
            "head_dim",
            "device",
            "dtype");

    /** Values with which a network is the one that is read; others change what it computes. */
    private static final Map<String, List<String>> ONLY = Map.of(
            "act_layer", List.of("gelu", "GELU"),
            "norm_layer", List.of("layernorm", "LayerNorm", "layer_norm"),
            "embed_layer", List.of("patchembed", "PatchEmbed"),
            "hidden_act", List.of("gelu"));

    /** transformers: honoured, compared with the tensors, or of training, other uses and bookkeeping. */
    private static final Set<String> TRANSFORMERS = Set.of(
            "architectures",
            "model_type",
            "image_size",
            "patch_size",
            "num_channels",
            "embed_dim",
            "depths",
            "num_heads",
            "window_size",
            "pretrained_window_sizes",
            "mlp_ratio",
            "qkv_bias",
            "hidden_act",
            "use_absolute_embeddings",
            "layer_norm_eps",
            "problem_type",
            "id2label",
            "label2id",
            "num_labels",
            "hidden_dropout_prob",
            "attention_probs_dropout_prob",
            "drop_path_rate",
            "initializer_range",
            "encoder_stride",
            "hidden_size",
            "num_layers",
            "num_hidden_layers",
            "num_attention_heads",
            "path_norm",
            "out_features",
            "out_indices",
            "_out_features",
            "_out_indices",
            "stage_names",
            "torch_dtype",
            "dtype",
            "transformers_version",
            "_name_or_path",
            "_attn_implementation",
            "_attn_implementation_autoset",
            "return_dict",
            "output_hidden_states",
            "output_attentions",
            "torchscript",
            "use_bfloat16",
            "pruned_heads",
            "chunk_size_feed_forward",
            "is_encoder_decoder",
            "is_decoder",
            "finetuning_task",
            "tie_word_embeddings",
            "use_cache",
            "auto_map");

    private ConfigKeys() {}

    /** Refuses what timm's {@code model_args} asks for and this network does not do. */
    static void checkTimm(JsonFile modelArgs) {
        modelArgs.json().fieldNames().forEachRemaining(key -> {
            checkOnly(modelArgs, key);
            if (!TIMM_HONOURED.contains(key) && !TIMM_HARMLESS.contains(key) && !ONLY.containsKey(key)) {
                throw modelArgs.wrong(
                        "model_args." + key,
                        "is %s; what it changes in the network is not known, so the network is not run"
                                .formatted(modelArgs.json().get(key)));
            }
        });
        if (modelArgs.integer("in_chans").orElse(3) != 3) {
            throw modelArgs.wrong("model_args.in_chans", "is not 3; images have three colours");
        }
    }

    /**
     * Refuses what transformers' config asks for and this network does not do.
     *
     * @return keys that are not known, which transformers leaves alone
     */
    static List<String> checkTransformers(JsonFile config) {
        List<String> unknown = new ArrayList<>();
        if (config.has("quantization_config")) {
            throw config.wrong(
                    "quantization_config", "is there: the weights are quantised; save model.dequantize() instead");
        }
        config.json().fieldNames().forEachRemaining(key -> {
            checkOnly(config, key);
            if (!TRANSFORMERS.contains(key) && !key.startsWith("_")) {
                unknown.add(key);
            }
        });
        return unknown;
    }

    private static void checkOnly(JsonFile file, String key) {
        List<String> accepted = ONLY.get(key);
        if (accepted != null
                && file.has(key)
                && !accepted.contains(file.json().get(key).asText())) {
            throw file.wrong(
                    key, "is %s; networks with %s are run".formatted(file.json().get(key), accepted.get(0)));
        }
    }
}
