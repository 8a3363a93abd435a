package io.swinlake.model;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.layout.NamedTensors;
import io.swinlake.layout.NamedTensors.Entry;
import io.swinlake.swin.Convention;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.SwinVersion;
import io.swinlake.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a network is: from names and shapes where they show it; else from the config file, the buffers in the file or the
 * file's name, in this order. An option replaces what they say. Every value is kept with its source.
 */
final class ConfigInference {
    private static final String PATCHES = "patch_embed.proj.weight";
    private static final String TABLE = ".attn.relative_position_bias_table";
    private static final String LOGIT_SCALE = ".attn.logit_scale";

    private final String location;
    private final NamedTensors tensors;
    private final ModelOptions options;
    private final List<Setting> settings = new ArrayList<>();

    /** A network's config and where each of its values was found. */
    record Inferred(SwinConfig config, List<Setting> settings) {}

    private ConfigInference(String location, NamedTensors tensors, ModelOptions options) {
        this.location = location;
        this.tensors = tensors;
        this.options = options;
    }

    /**
     * Finds the config of a checkpoint.
     *
     * @throws CheckpointException if tensors are missing or misshapen, files contradict each other, or a value that no
     *     file tells needs an option
     */
    static Inferred infer(
            String location, NamedTensors tensors, Optional<ConfigFile> configFile, ModelOptions options) {
        try {
            return new ConfigInference(location, tensors, options).infer(configFile);
        } catch (IllegalArgumentException | ArithmeticException e) { // from the constructors of config and shapes
            throw new CheckpointException("%s: %s".formatted(location, e.getMessage()), e);
        }
    }

    private Inferred infer(Optional<ConfigFile> configFile) {
        found("layout", tensors.layout(), "names");
        if (!tensors.prefix().isEmpty()) {
            found("prefix", tensors.prefix(), "names; tensors without it are another network's");
        }
        Optional<Entry> logitScale = tensors.find("", LOGIT_SCALE);
        SwinVersion version = logitScale.isPresent() ? SwinVersion.V2 : SwinVersion.V1;
        found("version", version, logitScale.or(() -> tensors.find("", TABLE)));
        Entry patches = patches();
        int embedDim = found("embed_dim", side(patches, 0), patches.toString());
        int patchSize = found("patch_size", side(patches, 2), patches.toString());
        List<Integer> depths = found("depths", depths(), "names");
        List<Integer> heads = found(
                "heads",
                heads(version, depths.size()),
                version == SwinVersion.V1 ? "relative_position_bias_table of each stage" : "logit_scale of each stage");
        Entry hidden = get("stages.0.", ".mlp.fc1.weight", "stages.0.blocks.0.mlp.fc1.weight");
        double mlpRatio = found("mlp_ratio", (double) side(hidden, 0) / embedDim, hidden.toString());
        boolean qkvBias =
                has("qkv_bias", tensors.find("", ".attn.qkv.bias").or(() -> tensors.find("", ".attn.q.bias")));
        boolean absolutePositions = has("absolute_positions", tensors.find("absolute_pos_embed"));
        boolean patchNorm = has("patch_norm", tensors.find("patch_embed.norm.", "weight"));
        boolean featureNorms = has("feature_norms", tensors.find("stages.0.norm.", "weight"));
        Optional<Entry> head = tensors.find("head.bias").or(() -> tensors.find("head.weight"));
        int classes = found("classes", head.map(entry -> side(entry, 0)).orElse(0), head);

        List<DeclaredValues> sources = sources(configFile, depths.size(), patchSize);
        int window = version == SwinVersion.V1 ? tableWindow(sources) : toldWindow(sources);
        List<Integer> pretrainedWindows = version == SwinVersion.V1
                ? Collections.nCopies(depths.size(), 0)
                : told(
                        "pretrained_windows",
                        sources,
                        DeclaredValues::pretrainedWindows,
                        new Sourced<>(Collections.nCopies(depths.size(), 0), "assumed: nothing tells of any"));
        double layerNormEps = told(
                "layer_norm_eps",
                sources,
                DeclaredValues::layerNormEps,
                new Sourced<>(1e-5, "default of every code base"));
        Convention convention = found("convention", tensors.layout().convention(), "layout");

        // At some size that fits, before the real one is asked for: a tensor that is missing is the more important
        // news.
        SwinConfig atAnySize = new SwinConfig(
                version,
                ImageSize.square((window * patchSize) << depths.size()),
                patchSize,
                embedDim,
                depths,
                heads,
                window,
                pretrainedWindows,
                mlpRatio,
                qkvBias,
                absolutePositions,
                patchNorm,
                featureNorms,
                classes,
                layerNormEps,
                convention);
        tensors.checkAtAnySize(atAnySize);
        configFile.ifPresent(file -> file.check(atAnySize));
        return new Inferred(atAnySize.withImage(image(sources, version)), List.copyOf(settings));
    }

    private Entry patches() {
        Entry patches = tensors.find(PATCHES).orElseThrow(() -> tensors.missing(PATCHES));
        Shape shape = patches.shape();
        if (shape.rank() != 4 || shape.dim(1) != 3 || shape.dim(2) != shape.dim(3) || shape.dim(2) == 0) {
            throw new CheckpointException(
                    "%s: '%s' is %s, expected [embed_dim, 3, patch, patch]: square patches of RGB images",
                    location, patches.name(), shape);
        }
        return patches;
    }

    private List<Integer> depths() {
        List<Integer> depths = new ArrayList<>();
        for (int stage = 0; stage < tensors.stages(); stage++) {
            int depth = tensors.depth(stage);
            if (depth == 0) {
                throw tensors.missing("stages.%s.blocks.0.norm1.weight".formatted(stage));
            }
            depths.add(depth);
        }
        if (depths.isEmpty()) {
            throw tensors.missing("stages.0.blocks.0.norm1.weight");
        }
        return List.copyOf(depths);
    }

    private List<Integer> heads(SwinVersion version, int stages) {
        List<Integer> heads = new ArrayList<>();
        for (int stage = 0; stage < stages; stage++) {
            String end = version == SwinVersion.V1 ? TABLE : LOGIT_SCALE;
            Entry entry = get("stages." + stage + ".", end, "stages." + stage + ".blocks.0" + end);
            heads.add(side(entry, version == SwinVersion.V1 ? 1 : 0));
        }
        return List.copyOf(heads);
    }

    private List<DeclaredValues> sources(Optional<ConfigFile> configFile, int stages, int patchSize) {
        List<DeclaredValues> sources = new ArrayList<>();
        configFile.map(file -> file.declaredValues(stages)).ifPresent(sources::add);
        sources.add(StoredBuffers.declaredValues(tensors, patchSize));
        PublishedName.find(Locations.lastParts(location))
                .map(name -> name.declaredValues(stages, "the name " + name.name()))
                .ifPresent(sources::add);
        return sources;
    }

    /** V1: the largest table is the one of a window that was not shrunk, and has {@code (2 * window - 1)²} rows. */
    private int tableWindow(List<DeclaredValues> sources) {
        List<Entry> tables = new ArrayList<>();
        for (int stage = 0; stage < tensors.stages(); stage++) {
            tensors.find("stages." + stage + ".", TABLE).ifPresent(tables::add);
        }
        Entry largest = tables.stream()
                .max(Comparator.comparingLong(table -> table.shape().dim(0)))
                .orElseThrow();
        int rows = side(largest, 0);
        int width = (int) Math.sqrt(rows);
        if (width * width != rows || width % 2 == 0) {
            return toldWindow(sources);
        }
        int window = found("window", (width + 1) / 2, largest.toString());
        if (options.window().isPresent() && options.window().get() != window) {
            throw new CheckpointException(
                    "%s: '%s' is for windows of %d tokens, --window asks for %d; the learned table is not interpolated",
                    location, largest, window, options.window().get());
        }
        return window;
    }

    private int toldWindow(List<DeclaredValues> sources) {
        return asked("window", sources, DeclaredValues::window, options.window(), "--window")
                .orElseThrow(() -> new CheckpointException(
                        "%s: nothing tells the attention window: no config.json, no relative_coords_table, no published"
                                + " file name; give it, as in --window 8",
                        location));
    }

    private ImageSize image(List<DeclaredValues> sources, SwinVersion version) {
        return asked("image", sources, DeclaredValues::image, options.imageSize(), "--image-size")
                .or(() -> publishedSize(version))
                .orElseThrow(() -> new CheckpointException(
                        "%s: nothing tells the image size: no config.json, no attn_mask, no published file name; give it,"
                                + " as in --image-size 224",
                        location));
    }

    /** torchvision's networks have no image size of their own; its published weights are all evaluated at one size. */
    private Optional<ImageSize> publishedSize(SwinVersion version) {
        if (tensors.layout().convention() != Convention.TORCHVISION) {
            return Optional.empty();
        }
        ImageSize size = ImageSize.square(version == SwinVersion.V1 ? 224 : 256);
        return Optional.of(found("image", size, "torchvision's published weights"));
    }

    private <T> Optional<T> asked(
            String name,
            List<DeclaredValues> sources,
            Function<DeclaredValues, Optional<Sourced<T>>> question,
            Optional<T> option,
            String optionName) {
        Optional<Sourced<T>> told = firstTold(sources, question);
        Optional<Sourced<T>> answer = option.map(value -> new Sourced<>(
                        value,
                        told.map(found -> "%s instead of %s, %s".formatted(optionName, found.value(), found.source()))
                                .orElse(optionName)))
                .or(() -> told);
        answer.ifPresent(found -> settings.add(found.as(name)));
        return answer.map(Sourced::value);
    }

    private <T> T told(
            String name,
            List<DeclaredValues> sources,
            Function<DeclaredValues, Optional<Sourced<T>>> question,
            Sourced<T> otherwise) {
        Sourced<T> found = firstTold(sources, question).orElse(otherwise);
        settings.add(found.as(name));
        return found.value();
    }

    private static <T> Optional<Sourced<T>> firstTold(
            List<DeclaredValues> sources, Function<DeclaredValues, Optional<Sourced<T>>> question) {
        return sources.stream().map(question).flatMap(Optional::stream).findFirst();
    }

    private <T> T found(String name, T value, String source) {
        settings.add(new Sourced<>(value, source).as(name));
        return value;
    }

    private <T> T found(String name, T value, Optional<Entry> source) {
        return found(name, value, source.map(Entry::toString).orElse("no such tensor"));
    }

    private boolean has(String name, Optional<Entry> tensor) {
        return found(name, tensor.isPresent(), tensor);
    }

    private Entry get(String start, String end, String usual) {
        return tensors.find(start, end).orElseThrow(() -> tensors.missing(usual));
    }

    private int side(Entry entry, int axis) {
        if (entry.shape().rank() <= axis) {
            throw new CheckpointException(
                    "%s: '%s' is %s, expected at least %d dimensions", location, entry.name(), entry.shape(), axis + 1);
        }
        return Math.toIntExact(entry.shape().dim(axis));
    }
}
