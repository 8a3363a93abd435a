package io.swinlake.model;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.layout.NamedTensors;
import io.swinlake.layout.NamedTensors.Entry;
import io.swinlake.swin.Convention;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.ScoreFunction;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.SwinVersion;
import io.swinlake.swin.Window;
import io.swinlake.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

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
    private final FoundSettings settings = new FoundSettings();

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
        } catch (CheckpointException e) {
            throw e;
        } catch (IllegalArgumentException | ArithmeticException e) { // from the constructors of config and shapes
            throw new CheckpointException("%s: %s".formatted(location, e.getMessage()), e);
        }
    }

    private Inferred infer(Optional<ConfigFile> configFile) {
        settings.found("layout", tensors.layout(), "names");
        if (!tensors.prefix().isEmpty()) {
            settings.found("prefix", tensors.prefix(), "names; tensors without it are another network's");
        }
        tensors.leftOut().ifPresent(names -> settings.found("left_out", names, "names: no part of the network"));
        Optional<Entry> logitScale = tensors.find("", LOGIT_SCALE);
        SwinVersion version = logitScale.isPresent() ? SwinVersion.V2 : SwinVersion.V1;
        settings.found("version", version, logitScale.or(() -> tensors.find("", TABLE)));
        Entry patches = patches();
        int embedDim = settings.found("embed_dim", side(patches, 0), patches.toString());
        int patchSize = settings.found("patch_size", side(patches, 2), patches.toString());
        List<Integer> depths = settings.found("depths", depths(), "names");
        List<Integer> heads = settings.found(
                "heads",
                heads(version, depths.size()),
                version == SwinVersion.V1 ? "relative_position_bias_table of each stage" : "logit_scale of each stage");
        Entry hidden = get("stages.0.", ".mlp.fc1.weight", "stages.0.blocks.0.mlp.fc1.weight");
        List<DeclaredValues> sources = sources(configFile, depths.size(), patchSize);
        double mlpRatio = mlpRatio(hidden, embedDim, configFile);
        boolean qkvBias =
                settings.has("qkv_bias", tensors.find("", ".attn.qkv.bias").or(() -> tensors.find("", ".attn.q.bias")));
        boolean absolutePositions = settings.has("absolute_positions", tensors.find("absolute_pos_embed"));
        boolean patchNorm = settings.has("patch_norm", tensors.find("patch_embed.norm.", "weight"));
        List<Integer> normedStages = normedStages(depths.size());
        boolean finalNorm = finalNorm(normedStages, depths.size());
        Optional<Entry> head = tensors.find("head.bias").or(() -> tensors.find("head.weight"));
        int classes =
                settings.found("classes", head.map(entry -> side(entry, 0)).orElse(0), head);
        head.filter(entry -> entry.name().matches(".*\\.\\d+\\.(weight|bias)"))
                .ifPresent(entry -> settings.found(
                        "head",
                        entry.name(),
                        Setting.ASSUMED
                                + "what stands around it has no parameters and is dropout; if it is an activation,"
                                + " scores differ"));
        ScoreFunction scores = scores(classes, configFile);
        boolean alwaysPartition = configFile.map(ConfigFile::alwaysPartition).orElse(false);
        if (alwaysPartition) {
            settings.found("always_partition", true, "config.json: model_args.always_partition");
        }
        List<Integer> pretrainedWindows = version == SwinVersion.V1
                ? Collections.nCopies(depths.size(), 0)
                : pretrainedWindows(sources, depths.size());
        double layerNormEps = settings.told(
                "layer_norm_eps",
                sources,
                DeclaredValues::layerNormEps,
                new DeclaredValues.Sourced<>(1e-5, "default of every code base"));
        Convention convention = tensors.layout().convention();

        SwinConfig base = new SwinConfig(
                version,
                ImageSize.square(patchSize << depths.size()),
                patchSize,
                embedDim,
                depths,
                heads,
                Window.everywhere(Window.square(1), depths.size()),
                pretrainedWindows,
                mlpRatio,
                qkvBias,
                absolutePositions,
                patchNorm,
                normedStages,
                finalNorm,
                classes,
                scores,
                layerNormEps,
                alwaysPartition,
                convention);
        Optional<ImageSize> made =
                FoundSettings.firstTold(sources, DeclaredValues::image).map(DeclaredValues.Sourced::value);
        SwinConfig windowed = base.with(windows(base, sources, made), convention);
        // At some size that fits, before the real one is asked for: a tensor that is missing is the more important
        // news.
        int widest = windowed.windows().stream()
                .mapToInt(window -> Math.max(window.height(), window.width()))
                .max()
                .orElse(1);
        SwinConfig atAnySize = windowed.withImage(ImageSize.square((widest * patchSize) << depths.size()));
        tensors.checkAtAnySize(atAnySize);
        configFile.ifPresent(file -> file.check(atAnySize));
        SwinConfig sized = atAnySize.withImage(image(sources, version));
        SwinConfig counted = sized.with(sized.windows(), countedBy(sized, made));
        tellOfResizedTables(counted);
        configFile
                .map(ConfigFile::unknownKeys)
                .filter(keys -> !keys.isEmpty())
                .ifPresent(keys -> settings.add(new Setting(
                        "unknown_keys", String.join(", ", keys), "config.json: left alone, as transformers does")));
        return new Inferred(counted, settings.all());
    }

    private double mlpRatio(Entry hidden, int embedDim, Optional<ConfigFile> configFile) {
        int channels = side(hidden, 0);
        Optional<Double> told = configFile.flatMap(ConfigFile::mlpRatio);
        return told.isPresent() && (int) (embedDim * told.get()) == channels // which rounds down in every stage
                ? settings.found("mlp_ratio", told.get(), "config.json: mlp_ratio")
                : settings.found("mlp_ratio", (double) channels / embedDim, hidden.toString());
    }

    private List<Integer> normedStages(int stages) {
        List<Integer> normed = new ArrayList<>();
        Optional<Entry> first = Optional.empty();
        for (int stage = 0; stage < stages; stage++) {
            Optional<Entry> norm = tensors.find("stages." + stage + ".norm.", "weight");
            if (norm.isPresent()) {
                normed.add(stage);
                first = first.or(() -> norm);
            }
        }
        settings.found(
                "feature_norms",
                normed.isEmpty() ? "false" : normed.size() == stages ? "true" : "stages " + normed,
                first);
        return normed;
    }

    private boolean finalNorm(List<Integer> normedStages, int stages) {
        Optional<Entry> norm = tensors.find("norm.weight");
        boolean mayLack = !normedStages.isEmpty()
                || tensors.find("head.weight").isEmpty(); // else a classifier whose file is incomplete
        if (norm.isPresent() || !mayLack) {
            return true;
        }
        if (!normedStages.contains(stages - 1)) {
            settings.found("final_norm", false, "no such tensor: the embedding is the mean of the last stage as it is");
        }
        return false;
    }

    private ScoreFunction scores(int classes, Optional<ConfigFile> configFile) {
        Optional<DeclaredValues.Sourced<ScoreFunction>> told = configFile.flatMap(file -> file.scores(classes));
        if (told.isPresent()) {
            settings.add(told.get().as("scores"));
            return told.get().value();
        }
        return classes == 1
                ? settings.found("scores", ScoreFunction.SIGMOID, "one class, of which a softmax is always 1")
                : ScoreFunction.SOFTMAX;
    }

    private List<Integer> pretrainedWindows(List<DeclaredValues> sources, int stages) {
        Optional<List<Integer>> asked = options.pretrainedWindows()
                .map(windows -> windows.size() == 1 ? Collections.nCopies(stages, windows.get(0)) : windows);
        if (asked.isPresent() && asked.get().size() != stages) {
            throw new CheckpointException(
                    "%s: --pretrained-window has %d numbers, for a network of %d stages; one for each, or one alone, is needed",
                    location, asked.get().size(), stages);
        }
        return settings.asked(
                        "pretrained_windows", sources, DeclaredValues::pretrainedWindows, asked, "--pretrained-window")
                .orElseGet(() -> settings.found(
                        "pretrained_windows",
                        Collections.nCopies(stages, 0),
                        Setting.ASSUMED
                                + "nothing tells of any; if it was trained at another size first, results differ:"
                                + " --pretrained-window"));
    }

    private List<Window> windows(SwinConfig base, List<DeclaredValues> sources, Optional<ImageSize> made) {
        if (base.version() == SwinVersion.V2) {
            return toldWindows(sources, base.stages());
        }
        V1Windows tables = new V1Windows(location, tensors);
        Optional<DeclaredValues.Sourced<List<Window>>> told = FoundSettings.firstTold(sources, DeclaredValues::windows);
        Optional<DeclaredValues.Sourced<List<Window>>> byTables = tables.byTables(base, made);
        if (byTables.isEmpty()) {
            return toldWindows(sources, base.stages());
        }
        // A file that gives one window for all says nothing that the tables do not.
        boolean differ =
                told.isPresent() && told.get().value().stream().distinct().count() > 1;
        boolean isByKey = told.isPresent() && told.get().source().endsWith("window_size");
        if (isByKey && made.isPresent()) {
            SwinConfig atMadeSize =
                    base.with(told.get().value(), base.convention()).withImage(made.get());
            SwinConfig byOther = tables.timm(atMadeSize)
                    .map(convention -> atMadeSize.with(atMadeSize.windows(), convention))
                    .filter(counted -> base.convention().isTimm())
                    .orElse(atMadeSize);
            tables.check(byOther, told.get().source());
        }
        DeclaredValues.Sourced<List<Window>> found =
                differ || (isByKey && made.isPresent()) ? told.get() : byTables.get();
        options.window().ifPresent(asked -> tables.checkAsked(Window.square(asked), found.value()));
        settings.add(new Setting("window", shown(found.value()), found.source()));
        return found.value();
    }

    /** One window where all stages have the same, else all. */
    static String shown(List<Window> windows) {
        return windows.stream().distinct().count() == 1 ? windows.get(0).toString() : windows.toString();
    }

    /** By which of timm's two ways maps are counted, where they differ. */
    private Convention countedBy(SwinConfig config, Optional<ImageSize> made) {
        if (config.convention() != Convention.TIMM) {
            return settings.found("convention", config.convention(), "layout");
        }
        SwinConfig atMadeSize = config.withImage(made.orElse(config.image()));
        Optional<Convention> told = config.version() == SwinVersion.V1
                ? new V1Windows(location, tensors).timm(atMadeSize)
                : Optional.empty();
        if (told.isPresent()) {
            return settings.found("convention", told.get(), "relative_position_bias_table of each stage");
        }
        boolean differs = false;
        for (int stage = 0; stage < config.stages(); stage++) {
            SwinConfig down = config.with(config.windows(), Convention.TIMM_FLOOR);
            differs |= isCutDifferently(config, down, stage);
        }
        return settings.found(
                "convention",
                config.convention(),
                differs
                        ? Setting.ASSUMED + "timm 1.0.31 or later; earlier ones round the sides of maps down"
                        : "layout");
    }

    private static boolean isCutDifferently(SwinConfig one, SwinConfig other, int stage) {
        ImageSize map = one.nominalMap(stage);
        ImageSize otherMap = other.nominalMap(stage);
        Window window = one.windows().get(stage);
        return !map.equals(otherMap) && (otherMap.height() <= window.height() || otherMap.width() <= window.width());
    }

    private void tellOfResizedTables(SwinConfig config) {
        if (config.version() == SwinVersion.V1) {
            List<Integer> resized = tensors.resizedStages(config);
            if (!resized.isEmpty()) {
                String how = config.convention() == Convention.MICROSOFT
                        ? "bicubic, as the original repository's load_pretrained"
                        : "as timm's resize_rel_pos_bias_table";
                settings.found("position_tables", "interpolated in stages " + resized, how);
            }
        }
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

    private List<Window> toldWindows(List<DeclaredValues> sources, int stages) {
        Optional<List<Window>> option = options.window().map(side -> Window.everywhere(Window.square(side), stages));
        Optional<DeclaredValues.Sourced<List<Window>>> told = FoundSettings.firstTold(sources, DeclaredValues::windows);
        Optional<DeclaredValues.Sourced<List<Window>>> answer = option.map(windows -> new DeclaredValues.Sourced<>(
                        windows,
                        told.map(found -> "--window instead of %s, %s".formatted(shown(found.value()), found.source()))
                                .orElse("--window")))
                .or(() -> told);
        answer.ifPresent(found -> settings.add(new Setting("window", shown(found.value()), found.source())));
        return answer.map(DeclaredValues.Sourced::value)
                .orElseThrow(() -> new CheckpointException(
                        "%s: nothing tells the attention window: no config.json, no relative_coords_table, no published"
                                + " file name; give it, as in --window 8",
                        location));
    }

    private ImageSize image(List<DeclaredValues> sources, SwinVersion version) {
        return settings.asked("image", sources, DeclaredValues::image, options.imageSize(), "--image-size")
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
        return Optional.of(settings.found("image", size, "torchvision's published weights"));
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
