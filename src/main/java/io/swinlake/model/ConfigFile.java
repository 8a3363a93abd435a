package io.swinlake.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.layout.Layout;
import io.swinlake.swin.Convention;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.SwinVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The {@code config.json} beside the weights. transformers writes the architecture's values into the top object; timm writes
 * the architecture's name, what differs from it into {@code model_args}, and preprocessing into {@code pretrained_cfg}.
 */
final class ConfigFile {
    private final JsonFile file;
    private final JsonFile architecture;
    private final Optional<PublishedName> publishedName;

    private ConfigFile(JsonFile file, JsonFile architecture, Optional<PublishedName> publishedName) {
        this.file = file;
        this.architecture = architecture;
        this.publishedName = publishedName;
    }

    /** The config file, if there is one and the code base of this layout writes such files. */
    static Optional<ConfigFile> find(Optional<JsonFile> json, Layout layout) {
        if (json.isEmpty()) {
            return Optional.empty();
        }
        JsonFile file = json.get();
        return switch (layout.convention()) {
            case HUGGINGFACE -> Optional.of(new ConfigFile(file, file, Optional.empty()));
            case TIMM, MICROSOFT ->
                file.has("architecture")
                        ? Optional.of(new ConfigFile(
                                file,
                                file.child("model_args"),
                                PublishedName.find(file.text("architecture").get())))
                        : Optional.empty();
            default -> Optional.empty();
        };
    }

    DeclaredValues declaredValues(int stages) {
        Optional<Sourced<ImageSize>> image = told("image_size", file.imageSize("image_size"))
                .or(() -> told("model_args.img_size", architecture.imageSize("img_size")))
                .or(() -> told("pretrained_cfg.input_size", preprocessing().imageSize("input_size")));
        Optional<Sourced<Integer>> window =
                told("window_size", architecture.imageSize("window_size").map(ImageSize::height));
        Optional<Sourced<List<Integer>>> pretrainedWindows =
                told("pretrained_window_sizes", architecture.integers("pretrained_window_sizes"));
        Optional<DeclaredValues> byName = publishedName.map(
                name -> name.declaredValues(stages, "%s: architecture %s".formatted(file.name(), name.name())));
        return new DeclaredValues(
                image.or(() -> byName.flatMap(DeclaredValues::image)),
                window.or(() -> byName.flatMap(DeclaredValues::window)),
                pretrainedWindows.or(() -> byName.flatMap(DeclaredValues::pretrainedWindows)),
                told("layer_norm_eps", file.number("layer_norm_eps")));
    }

    private <T> Optional<Sourced<T>> told(String key, Optional<T> value) {
        return value.map(known -> new Sourced<>(known, file.name() + ": " + key));
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
        if (config.version() == SwinVersion.V1) {
            agree("window_size", architecture.imageSize("window_size").map(ImageSize::height), config.window());
        }
        if (config.convention() == Convention.HUGGINGFACE) {
            Optional<String> activation = file.text("hidden_act");
            if (activation.isPresent() && !activation.get().equals("gelu")) {
                throw file.wrong("hidden_act", "is %s; every published Swin has gelu".formatted(activation.get()));
            }
            if (config.absolutePositions()) {
                throw file.wrong(
                        "use_absolute_embeddings",
                        "is true: transformers has one position more than tokens there and cannot run it either");
            }
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
    Optional<Sourced<List<String>>> classNames(int classes) {
        if (file.has("id2label")) {
            JsonNode labels = file.json().get("id2label");
            List<String> names = new ArrayList<>();
            for (int index = 0; index < labels.size(); index++) {
                if (!labels.path(Integer.toString(index)).isTextual()) {
                    throw file.wrong("id2label", "has %s names, but none for class %s".formatted(labels.size(), index));
                }
                names.add(labels.get(Integer.toString(index)).asText());
            }
            return Optional.of(new Sourced<>(counted("id2label", names, classes), file.name() + ": id2label"));
        }
        if (file.has("label_names")) {
            List<String> names = new ArrayList<>();
            file.json().get("label_names").forEach(label -> names.add(label.asText()));
            return Optional.of(new Sourced<>(counted("label_names", names, classes), file.name() + ": label_names"));
        }
        return Optional.empty();
    }

    private List<String> counted(String key, List<String> names, int classes) {
        if (names.size() != classes) {
            throw file.wrong(key, "has %s names, but the head has %s classes".formatted(names.size(), classes));
        }
        return List.copyOf(names);
    }
}
