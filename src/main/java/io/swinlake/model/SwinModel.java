package io.swinlake.model;

import io.swinlake.PublicApi;
import io.swinlake.checkpoint.Checkpoint;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.CheckpointSource;
import io.swinlake.checkpoint.Safetensors;
import io.swinlake.layout.Layout;
import io.swinlake.layout.NamedTensors;
import io.swinlake.layout.NetworkChoice;
import io.swinlake.preprocess.Recipe;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinConfig;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * A Swin network as data: what is stored, broadcast and compiled on each executor. No part of it is code.
 *
 * @param name of the file or directory it was read from
 * @param weights by canonical name, see {@link io.swinlake.layout.CanonicalShapes}
 * @param recipe how images are prepared for it
 * @param classNames one per class; empty if they are unknown
 * @param sha256 of the weights in canonical form, whatever layout they were read from
 * @param settings every value and where it was found
 */
@PublicApi(since = "0.1.0")
public record SwinModel(
        String name,
        SwinConfig config,
        SortedMap<String, Tensor> weights,
        Recipe recipe,
        List<String> classNames,
        String sha256,
        List<Setting> settings) {
    public SwinModel {
        weights = Collections.unmodifiableSortedMap(weights);
        classNames = List.copyOf(classNames);
        settings = List.copyOf(settings);
        if (!classNames.isEmpty() && classNames.size() != config.classes()) {
            throw new CheckpointException(
                    "%s: %d class names for a network of %d classes; one name per class is needed",
                    name, classNames.size(), config.classes());
        }
    }

    /**
     * Opens a checkpoint of any layout and container, or a file that {@link #toSafetensors} wrote.
     *
     * @param source the file or directory with what lies beside it
     * @param options what the files do not say, or what replaces it
     * @return the model
     * @throws IOException if a file cannot be read
     * @throws CheckpointException if it is no Swin checkpoint, damaged, or leaves a value open that an option must give
     */
    public static SwinModel open(CheckpointSource source, ModelOptions options) throws IOException {
        return read(Checkpoint.open(source, NetworkChoice.of(options.weights())), SidecarFiles.of(source), options);
    }

    /**
     * As {@link #open}, for tensors at hand, with no files beside them.
     *
     * @param checkpoint its location may carry a published name, such as {@code swin_tiny_patch4_window7_224.pth}
     * @param options what the tensors do not say
     * @return the model
     */
    public static SwinModel of(Checkpoint checkpoint, ModelOptions options) {
        return read(checkpoint, SidecarFiles.none(), options);
    }

    private static SwinModel read(Checkpoint checkpoint, SidecarFiles sidecars, ModelOptions options) {
        if (CanonicalFile.isOne(checkpoint)) {
            return CanonicalFile.read(checkpoint).with(options);
        }
        String location = checkpoint.location();
        NamedTensors tensors = Layout.recognise(location, checkpoint.tensors(), options.weights());
        Optional<ConfigFile> configFile = ConfigFile.find(sidecars.config(), tensors.layout());
        ConfigInference.Inferred inferred = ConfigInference.infer(location, tensors, configFile, options);
        SwinConfig config = inferred.config();
        DeclaredValues.Sourced<Recipe> recipe =
                RecipeChoice.choose(location, tensors.layout(), config, configFile, sidecars.preprocessor(), options);
        Optional<DeclaredValues.Sourced<List<String>>> classNames = options.classNames()
                .map(names -> new DeclaredValues.Sourced<>(names.of(config.classes()), "--labels"))
                .or(() -> config.classes() == 0
                        ? Optional.empty()
                        : configFile.flatMap(file -> file.classNames(config.classes())));

        List<Setting> settings = new ArrayList<>();
        settings.add(new Setting("checkpoint", location, "--model"));
        checkpoint
                .chosen()
                .filter(chosen -> !chosen.key().isEmpty())
                .ifPresent(chosen -> settings.add(new Setting(
                        "weights", chosen.key(), (chosen.isByRule() ? Setting.BY_RULE : "") + chosen.reason())));
        settings.addAll(inferred.settings());
        settings.add(recipe.as("recipe"));
        classNames.ifPresent(names -> settings.add(
                new Setting("class_names", Integer.toString(names.value().size()), names.source())));
        SortedMap<String, Tensor> weights = tensors.canonical(config);
        return new SwinModel(
                Locations.modelName(location),
                config,
                weights,
                recipe.value(),
                classNames.map(DeclaredValues.Sourced::value).orElse(List.of()),
                ModelDigest.WeightsDigest.sha256(weights),
                settings);
    }

    /** This model with what the options say, for a canonical file, which has all values already. */
    private SwinModel with(ModelOptions options) {
        refuseSettled("--window", options.window());
        refuseSettled("--pretrained-window", options.pretrainedWindows());
        refuseSettled("--weights", options.weights());
        List<Setting> changed = new ArrayList<>(settings);
        SwinConfig sized = config;
        SortedMap<String, Tensor> resized = weights;
        DeclaredValues.Sourced<Recipe> prepared = new DeclaredValues.Sourced<>(recipe, "the file");
        if (options.imageSize().isPresent()) {
            ImageSize size = options.imageSize().get();
            sized = config.withImage(size);
            resized = Layout.canonical(name, weights).canonical(sized);
            prepared = new DeclaredValues.Sourced<>(
                    recipe.at(size.height(), size.width()), "the file's rule at --image-size");
            changed.add(new Setting("image", size.toString(), "--image-size"));
        }
        if (options.recipe().isPresent()) {
            prepared = RecipeChoice.named(name, options.recipe().get(), sized);
        }
        changed.add(prepared.as("recipe"));
        Optional<List<String>> named = options.classNames().map(names -> names.of(config.classes()));
        named.ifPresent(names -> changed.add(new Setting("class_names", Integer.toString(names.size()), "--labels")));
        return new SwinModel(
                name,
                sized,
                resized,
                prepared.value(),
                named.orElse(classNames),
                ModelDigest.WeightsDigest.sha256(resized),
                changed);
    }

    /**
     * What no file and no option tells about the network, so that another value would be as possible: each in one line, with
     * the option that gives it.
     *
     * @return empty for most checkpoints
     */
    public List<String> assumptions() {
        return settings.stream()
                .filter(Setting::wasAssumed)
                .map(Setting::toString)
                .toList();
    }

    private void refuseSettled(String option, Optional<?> value) {
        if (value.isPresent()) {
            throw new CheckpointException(
                    "%s: is a file of convert, which has settled %s; give that option when the original checkpoint is converted",
                    name, option);
        }
    }

    /** {@return the canonical file: weights, and config, recipe, class names and digest in its metadata} */
    public byte[] toSafetensors() {
        return CanonicalFile.write(this);
    }

    /**
     * Reads a canonical file; the weights stay in its buffer.
     *
     * @param location what error messages begin with
     * @param file the bytes of the file
     * @return the model
     * @throws CheckpointException if it is damaged or was not written by {@link #toSafetensors}
     */
    public static SwinModel fromSafetensors(String location, ByteBuffer file) {
        return CanonicalFile.read(Safetensors.read(location, file));
    }

    /** {@return SHA-256 of all that decides an embedding: weights, network and recipe} */
    public String digest() {
        return ModelDigest.sha256(sha256, config, recipe);
    }

    /** {@return the size that images are cropped to and the network is run at} */
    public ImageSize inputSize() {
        return new ImageSize(recipe.cropHeight(), recipe.cropWidth());
    }

    /** The files beside the weights that say how to use them. */
    record SidecarFiles(Optional<JsonFile> config, Optional<JsonFile> preprocessor) {
        static SidecarFiles of(CheckpointSource source) throws IOException {
            Optional<JsonFile> preprocessor = JsonFile.find(source, "preprocessor_config.json");
            if (preprocessor.isEmpty()) { // transformers 5 writes one file for all processors of a model
                preprocessor = JsonFile.find(source, "processor_config.json")
                        .filter(file -> file.has("image_processor"))
                        .map(file -> file.child("image_processor"));
            }
            return new SidecarFiles(JsonFile.find(source, "config.json"), preprocessor);
        }

        static SidecarFiles none() {
            return new SidecarFiles(Optional.empty(), Optional.empty());
        }
    }
}
