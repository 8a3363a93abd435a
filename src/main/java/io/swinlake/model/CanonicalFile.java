package io.swinlake.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.checkpoint.Checkpoint;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.Safetensors;
import io.swinlake.layout.Layout;
import io.swinlake.preprocess.Recipe;
import io.swinlake.swin.Convention;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.ScoreFunction;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.SwinVersion;
import io.swinlake.swin.Window;
import io.swinlake.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A {@link SwinModel} as one safetensors file: its weights in canonical names, everything else as JSON texts in the header's
 * {@code __metadata__}.
 */
final class CanonicalFile {
    private static final String FORMAT = "swinlake.format";
    private static final String FORMAT_VERSION = "2";

    /** Of release 0.1 before windows could differ by stage. */
    private static final String FIRST_FORMAT = "1";

    private static final String NAME = "swinlake.name";
    private static final String CONFIG = "swinlake.config";
    private static final String RECIPE = "swinlake.recipe";
    private static final String CLASS_NAMES = "swinlake.class_names";
    private static final String SHA256 = "swinlake.sha256";
    private static final String SETTINGS = "swinlake.settings";
    private static final ObjectMapper JSON = new ObjectMapper();

    private CanonicalFile() {}

    /** The config of the first format. */
    private record FirstConfig(
            SwinVersion version,
            ImageSize image,
            int patchSize,
            int embedDim,
            List<Integer> depths,
            List<Integer> heads,
            int window,
            List<Integer> pretrainedWindows,
            double mlpRatio,
            boolean qkvBias,
            boolean absolutePositions,
            boolean patchNorm,
            boolean featureNorms,
            int classes,
            double layerNormEps,
            Convention convention) {
        SwinConfig config() {
            List<Integer> stages = IntStream.range(0, depths.size()).boxed().toList();
            return new SwinConfig(
                    version,
                    image,
                    patchSize,
                    embedDim,
                    depths,
                    heads,
                    Window.everywhere(Window.square(window), depths.size()),
                    pretrainedWindows,
                    mlpRatio,
                    qkvBias,
                    absolutePositions,
                    patchNorm,
                    featureNorms ? stages : List.of(),
                    !featureNorms,
                    classes,
                    ScoreFunction.SOFTMAX,
                    layerNormEps,
                    false,
                    convention == Convention.TIMM ? Convention.TIMM_FLOOR : convention);
        }
    }

    /** Whether a checkpoint is a file that this class wrote. */
    static boolean isOne(Checkpoint checkpoint) {
        return checkpoint.metadata().containsKey(FORMAT);
    }

    static byte[] write(SwinModel model) {
        Map<String, String> metadata = new TreeMap<>();
        metadata.put(FORMAT, FORMAT_VERSION);
        metadata.put(NAME, model.name());
        metadata.put(CONFIG, json(model.config()));
        metadata.put(RECIPE, json(model.recipe()));
        metadata.put(CLASS_NAMES, json(model.classNames()));
        metadata.put(SHA256, model.sha256());
        metadata.put(SETTINGS, json(model.settings()));
        return Safetensors.write(model.weights(), metadata);
    }

    /**
     * Reads a model back.
     *
     * @throws CheckpointException if a part is missing, or the weights are not those that were written
     */
    static SwinModel read(Checkpoint file) {
        String format = text(file, FORMAT);
        if (!format.equals(FORMAT_VERSION) && !format.equals(FIRST_FORMAT)) {
            throw new CheckpointException(
                    "%s: a model file of format '%s', this release reads %s and %s; convert the original checkpoint again",
                    file.location(), format, FIRST_FORMAT, FORMAT_VERSION);
        }
        SwinConfig config = format.equals(FIRST_FORMAT)
                ? parse(file, CONFIG, new TypeReference<FirstConfig>() {}).config()
                : parse(file, CONFIG, new TypeReference<>() {});
        SortedMap<String, Tensor> weights =
                Layout.canonical(file.location(), file.tensors()).canonical(config);
        String sha256 = ModelDigest.WeightsDigest.sha256(weights);
        if (!sha256.equals(text(file, SHA256))) {
            throw new CheckpointException(
                    "%s: the weights have sha256 %s, but %s were written; convert the original checkpoint again",
                    file.location(), sha256, text(file, SHA256));
        }
        return new SwinModel(
                text(file, NAME),
                config,
                weights,
                parse(file, RECIPE, new TypeReference<Recipe>() {}),
                parse(file, CLASS_NAMES, new TypeReference<List<String>>() {}),
                sha256,
                parse(file, SETTINGS, new TypeReference<List<Setting>>() {}));
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("records of numbers and texts have a JSON form", e);
        }
    }

    private static <T> T parse(Checkpoint file, String key, TypeReference<T> type) {
        String text = text(file, key);
        try {
            return JSON.readValue(text, type);
        } catch (JsonProcessingException e) {
            throw new CheckpointException(
                    "%s: metadata '%s' cannot be read: %s".formatted(file.location(), key, e.getOriginalMessage()), e);
        }
    }

    private static String text(Checkpoint file, String key) {
        String text = file.metadata().get(key);
        if (text == null) {
            throw new CheckpointException(
                    "%s: metadata '%s' is missing; convert the original checkpoint again", file.location(), key);
        }
        return text;
    }
}
