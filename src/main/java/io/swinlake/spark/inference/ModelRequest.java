package io.swinlake.spark.inference;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.model.ClassNames;
import io.swinlake.model.ModelOptions;
import io.swinlake.model.SwinModel;
import io.swinlake.runtime.SwinRunner;
import io.swinlake.storage.HadoopSource;
import io.swinlake.storage.Messages;
import io.swinlake.swin.ImageSize;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;

/**
 * Which checkpoint to run, and what the user adds to what it says itself.
 *
 * @param uri file or directory
 * @param imageSize size of the network's input, pixels
 * @param recipe name of the preprocessing
 * @param labels URI of a text file with one class name a line, or of JSON, see {@link ClassNames}
 * @param window side of an attention window, tokens
 * @param pretrainedWindows V2's windows of the pre-training: one for each stage, or one for all
 * @param weights which of several networks in the file
 */
public record ModelRequest(
        String uri,
        Optional<ImageSize> imageSize,
        Optional<String> recipe,
        Optional<String> labels,
        Optional<Integer> window,
        Optional<List<Integer>> pretrainedWindows,
        Optional<String> weights) {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,5})(?:x(\\d{1,5}))?");

    /**
     * A size as options give it: {@code 224} or {@code 192x256}, height first.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static ImageSize parseImageSize(String text) {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("an image size is N or HxW in pixels, found '%s'".formatted(text));
        }
        int height = Integer.parseInt(matcher.group(1));
        return matcher.group(2) == null
                ? ImageSize.square(height)
                : new ImageSize(height, Integer.parseInt(matcher.group(2)));
    }

    /**
     * Reads the checkpoint, on the driver.
     *
     * @throws CheckpointException if it cannot be read or used
     */
    public SwinModel open(Configuration configuration) {
        Optional<ClassNames> classNames = labels.map(file -> classNames(file, configuration));
        try {
            SwinModel model = SwinModel.open(
                    HadoopSource.at(uri, configuration),
                    new ModelOptions(imageSize, recipe, classNames, window, pretrainedWindows, weights));
            SwinRunner.check(model);
            return model;
        } catch (CheckpointException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(uri + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new CheckpointException(uri + ": cannot be read: " + Messages.reason(e), e);
        }
    }

    private static ClassNames classNames(String uri, Configuration configuration) {
        try {
            return ClassNames.parse(uri, UserText.read(uri, configuration));
        } catch (IOException e) {
            throw new CheckpointException(uri + ": cannot be read as class names: " + Messages.firstLine(e), e);
        }
    }
}
