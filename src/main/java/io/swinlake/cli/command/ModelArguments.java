package io.swinlake.cli.command;

import io.swinlake.preprocess.RecipeName;
import io.swinlake.spark.SwinTransformer;
import io.swinlake.spark.inference.ModelRequest;
import io.swinlake.swin.ImageSize;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say which model: the same for every verb that takes one. */
public final class ModelArguments {
    @Option(
            names = "--model",
            required = true,
            paramLabel = "URI",
            description = "Checkpoint: a .pth, .bin or .safetensors file, or a Hugging Face directory.")
    public String model;

    @Option(
            names = "--image-size",
            paramLabel = "N|HxW",
            converter = ImageSizeConverter.class,
            description = "Size of the network's input, pixels. Default: as the checkpoint says.")
    public Optional<ImageSize> imageSize = Optional.empty();

    @Option(
            names = "--recipe",
            description = "Whose preprocessing to follow: ${COMPLETION-CANDIDATES}. Default: as the checkpoint says.")
    public Optional<RecipeName> recipe = Optional.empty();

    @Option(
            names = "--labels",
            paramLabel = "URI",
            description =
                    "Text file with one class name a line, or JSON: a list, index to name, or id2label. Default: as the checkpoint"
                            + " says.")
    public Optional<String> labels = Optional.empty();

    @Option(
            names = "--window",
            paramLabel = "N",
            description = "Side of an attention window, tokens, for V2 checkpoints that do not tell it.")
    public Optional<Integer> window = Optional.empty();

    @Option(
            names = "--pretrained-window",
            paramLabel = "N[,N...]",
            split = ",",
            description =
                    "V2 only: window of the pre-training, one number for each stage or one for all, where no file tells"
                            + " it.")
    public List<Integer> pretrainedWindows = List.of();

    @Option(
            names = "--weights",
            paramLabel = "KEY",
            description =
                    "Which of several networks in the file, such as state_dict_ema. Default: the one that there is, or"
                            + " that the library would take which wrote the file.")
    public Optional<String> weights = Optional.empty();

    /** What opens the model without Spark's tasks. */
    public ModelRequest request() {
        return new ModelRequest(
                model,
                imageSize,
                recipe.map(RecipeName::word),
                labels,
                window,
                Optional.of(pretrainedWindows).filter(windows -> !windows.isEmpty()),
                weights);
    }

    /** What runs the model: the one place where options become Params. */
    public SwinTransformer transformer() {
        return new SwinTransformer()
                .setModel(model)
                .setImageSize(imageSize.map(ImageSize::toString).orElse(""))
                .setRecipe(recipe.map(RecipeName::word).orElse(""))
                .setLabels(labels.orElse(""))
                .setWindow(window.orElse(0))
                .setPretrainedWindows(
                        pretrainedWindows.stream().mapToInt(Integer::intValue).toArray())
                .setWeights(weights.orElse(""));
    }

    /** What runs the model there. */
    public SwinTransformer transformer(DeviceArguments on) {
        return transformer().setPrecision(on.precision.word()).setDevice(on.device.word());
    }

    private static final class ImageSizeConverter implements ITypeConverter<ImageSize> {
        @Override
        public ImageSize convert(String value) {
            try {
                return ModelRequest.parseImageSize(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
