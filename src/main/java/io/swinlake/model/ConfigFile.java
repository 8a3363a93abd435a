package io.swinlake.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.layout.Layout;
import io.swinlake.swin.Convention;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.ScoreFunction;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.Window;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The {@code config.json} beside the weights. transformers writes the architecture's values into the top object; timm writes
 * the architecture's name, what differs from it into {@code model_args}, and preprocessing into {@code pretrained_cfg}.
 */
final class ConfigFile {
    private final JsonFile file;
    private final JsonFile architecture;
    private final Optional<PublishedName> publishedName;

    private final List<String> unknownKeys;

    private ConfigFile(
            JsonFile file, JsonFile architecture, Optional<PublishedName> publishedName, List<String> unknownKeys) {
        this.file = file;
        this.architecture = architecture;
        this.publishedName = publishedName;
        this.unknownKeys = unknownKeys;
    }

    /**
     * The config file, if there is one and the code base of this layout writes such files.
     *
     * @throws CheckpointException if it asks for a network that is not run
     */
    static Optional<ConfigFile> find(Optional<JsonFile> json, Layout layout) {
        if (json.isEmpty()) {
            return Optional.empty();
        }
        JsonFile file = json.get();
        return switch (layout.convention()) {
            case HUGGINGFACE, HUGGINGFACE_BACKBONE -> {
                JsonFile network = partOf(file);
                yield Optional.of(
                        new ConfigFile(file, network, Optional.empty(), ConfigKeys.checkTransformers(network)));
            }
            case TIMM, TIMM_FLOOR, MICROSOFT -> {
                if (!file.has("architecture")) {
                    yield Optional.empty();
                }
                JsonFile modelArgs = file.child("model_args");
                ConfigKeys.checkTimm(modelArgs);
                yield Optional.of(new ConfigFile(
                        file,
                        modelArgs,
                        PublishedName.find(file.text("architecture").get()),
                        List.of()));
            }
            default -> Optional.empty();
        };
    }

    /** The Swin's own values, in the config of a network that has a Swin as a part. */
    private static JsonFile partOf(JsonFile file) {
        for (String part : List.of("encoder", "backbone_config", "vision_config")) {
            if (file.has(part) && file.child(part).text("model_type").orElse("").contains("swin")) {
                return file.child(part);
            }
        }
        return file;
    }

    /** Keys that are not known, in a file of a library that leaves such keys alone. */
    List<String> unknownKeys() {
        return unknownKeys;
    }

    String name() {
        return file.name();
    }

    DeclaredValues declaredValues(int stages) {
        Optional<DeclaredValues.Sourced<ImageSize>> image = told("image_size", architecture.imageSize("image_size"))
                .or(() -> told("model_args.img_size", architecture.imageSize("img_size")))
                .or(() -> told("pretrained_cfg.input_size", preprocessing().imageSize("input_size")));
        Optional<DeclaredValues.Sourced<List<Window>>> windows =
                told("window_size", architecture.windows("window_size", stages));
        Optional<DeclaredValues.Sourced<List<Integer>>> pretrainedWindows =
                told("pretrained_window_sizes", pretrainedWindows(stages));
        Optional<DeclaredValues> byName = publishedName.map(
                name -> name.declaredValues(stages, "%s: architecture %s".formatted(file.name(), name.name())));
        return new DeclaredValues(
                image.or(() -> byName.flatMap(DeclaredValues::image)),
                windows.or(() -> byName.flatMap(DeclaredValues::windows)),
                pretrainedWindows.or(() -> byName.flatMap(DeclaredValues::pretrainedWindows)),
                told("layer_norm_eps", architecture.number("layer_norm_eps")));
    }

    /** One for each stage; transformers' default has four, whatever the number of stages, and the first are used. */
    private Optional<List<Integer>> pretrainedWindows(int stages) {
        Optional<List<Integer>> told = architecture.integers("pretrained_window_sizes");
        if (told.isPresent() && told.get().size() < stages) {
            throw file.wrong(
                    "pretrained_window_sizes", "is %s, fewer than the %s stages".formatted(told.get(), stages));
        }
        return told.map(windows -> windows.subList(0, stages));
    }

    Optional<Double> mlpRatio() {
        return architecture.number("mlp_ratio");
    }

    /** timm: whether windows are cut and shifted even where one covers the map. */
    boolean alwaysPartition() {
        return architecture.flag("always_partition").orElse(false);
    }

    /** How logits become probabilities, as transformers' pipeline does it; empty where nothing is said. */
    Optional<DeclaredValues.Sourced<ScoreFunction>> scores(int classes) {
        Optional<ScoreFunction> scores = file.text("problem_type").flatMap(problem -> switch (problem) {
            case "regression" -> Optional.of(ScoreFunction.IDENTITY);
            case "multi_label_classification" -> Optional.of(ScoreFunction.SIGMOID);
            default -> classes == 1 ? Optional.empty() : Optional.of(ScoreFunction.SOFTMAX);
        });
        return told("problem_type", scores);
    }

    private <T> Optional<DeclaredValues.Sourced<T>> told(String key, Optional<T> value) {
        return value.map(known -> new DeclaredValues.Sourced<>(known, file.name() + ": " + key));
    }

    /** timm's {@code pretrained_cfg}; in files before 0.9 its values stand in the top object. */
    JsonFile preprocessing() {
        return file.has("pretrained_cfg") ? file.child("pretrained_cfg") : file;
    }

    /**
     * Checks that this file and the tensors belong together.
     *
     * @throws CheckpointException naming the value in which they differ
     */
    void check(SwinConfig config) {
        agree("embed_dim", architecture.integer("embed_dim"), config.embedDim());
        agree("depths", architecture.integers("depths"), config.depths());
        agree("num_heads", architecture.integers("num_heads"), config.heads());
        agree("patch_size", architecture.imageSize("patch_size").map(ImageSize::height), config.patchSize());
        agree("mlp_ratio", mlpRatio().map(ratio -> (int) (config.embedDim() * ratio)), (int)
                (config.embedDim() * config.mlpRatio()));
        agree("qkv_bias", architecture.flag("qkv_bias"), config.qkvBias());
        if (architecture.integer("num_channels").orElse(3) != 3) {
            throw file.wrong("num_channels", "is not 3; images have three colours");
        }
        if (config.convention().isTimm() || config.convention() == Convention.MICROSOFT) {
            checkPooling(config);
        } else {
            agree("use_absolute_embeddings", architecture.flag("use_absolute_embeddings"), config.absolutePositions());
        }
    }

    /** What timm's head does with the map; the mean is what is computed here. */
    private void checkPooling(SwinConfig config) {
        Optional<String> pool = architecture.text("global_pool").or(() -> file.text("global_pool"));
        boolean isMean = pool.isEmpty() || List.of("avg", "fast", "fastavg").contains(pool.get());
        boolean isFeature =
                config.classes() == 0 && pool.filter(String::isEmpty).isPresent();
        if (!isMean && !isFeature) {
            throw file.wrong(
                    "global_pool",
                    "is '%s'; networks with 'avg', the mean over all tokens, are run".formatted(pool.get()));
        }
    }

    private <T> void agree(String key, Optional<T> said, T found) {
        if (said.isPresent() && !said.get().equals(found)) {
            throw file.wrong(
                    key,
                    "is %s, but the tensors have %s: file and weights belong to different models"
                            .formatted(said.get(), found));
        }
    }

    /** transformers' {@code id2label} or timm's {@code label_names}. */
    Optional<DeclaredValues.Sourced<List<String>>> classNames(int classes) {
        if (file.has("id2label")) {
            JsonNode labels = file.json().get("id2label");
            List<String> names = new ArrayList<>();
            Map<Integer, String> byIndex = byIndex(labels);
            for (int index = 0; index < labels.size(); index++) {
                if (!byIndex.containsKey(index)) {
                    throw file.wrong(
                            "id2label",
                            "has %s names, but none for class %s; give the names with --labels"
                                    .formatted(labels.size(), index));
                }
                names.add(byIndex.get(index));
            }
            return Optional.of(
                    new DeclaredValues.Sourced<>(counted("id2label", names, classes), file.name() + ": id2label"));
        }
        if (file.has("label_names")) {
            List<String> names = new ArrayList<>();
            JsonNode labels = file.json().get("label_names");
            for (int index = 0; index < labels.size(); index++) {
                JsonNode label = labels.isObject() ? labels.path(Integer.toString(index)) : labels.path(index);
                if (!label.isTextual()) {
                    throw file.wrong(
                            "label_names",
                            "has %s names, but none for class %s; give the names with --labels"
                                    .formatted(labels.size(), index));
                }
                names.add(label.asText());
            }
            return Optional.of(new DeclaredValues.Sourced<>(
                    counted("label_names", names, classes), file.name() + ": label_names"));
        }
        return Optional.empty();
    }

    /** The keys as Python's {@code int} reads them, and names that are numbers as text. */
    private static Map<Integer, String> byIndex(JsonNode labels) {
        Map<Integer, String> names = new HashMap<>();
        labels.fields().forEachRemaining(label -> {
            String key = label.getKey().strip();
            if (key.matches("\\d{1,6}")
                    && label.getValue().isValueNode()
                    && !label.getValue().isNull()) {
                names.put(Integer.parseInt(key), label.getValue().asText());
            }
        });
        return names;
    }

    private List<String> counted(String key, List<String> names, int classes) {
        if (names.size() != classes) {
            throw file.wrong(key, "has %s names, but the head has %s classes".formatted(names.size(), classes));
        }
        return List.copyOf(names);
    }
}
