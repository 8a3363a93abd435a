package io.swinlake.spark.inference;

import io.swinlake.image.DecodeOptions;
import io.swinlake.preprocess.Recipe;
import io.swinlake.runtime.batch.BatchSize;
import io.swinlake.runtime.device.Precision;
import io.swinlake.spark.SwinTransformer;
import io.swinlake.swin.ScoreFunction;
import java.io.Serializable;
import java.util.List;

/**
 * A {@link SwinTransformer}'s settings as its tasks need them: resolved once on the driver, shipped with the closure.
 *
 * @param input what the input column holds
 * @param inputIndex the input column's place in a row
 * @param listing where a row holds what a listing said of its file
 * @param modelKey tells apart what an executor compiles: weights, input size and normalisation
 * @param modelName for the {@code model} column, like the next three
 * @param classNames by class index; empty if they are unknown
 * @param scores how logits become probabilities
 * @param batchSize images per forward on each kind of device
 * @param stages whose pooled output is asked for, counted from 1
 * @param scaling whether embeddings get length 1
 * @param equalImages what becomes of an image whose file has the bytes of one before it in its task
 */
public record InferSettings(
        PixelColumn input,
        int inputIndex,
        ListingColumns listing,
        String modelKey,
        String modelName,
        String modelSha256,
        String modelDigest,
        Recipe recipe,
        List<String> classNames,
        ScoreFunction scores,
        DeviceChoice device,
        Precision precision,
        DecodeOptions decode,
        InvalidRows invalidRows,
        BatchSize batchSize,
        int topK,
        List<Integer> stages,
        Scaling scaling,
        EqualImages equalImages)
        implements Serializable {
    /** What happens to an embedding before it is stored. */
    public enum Scaling {
        /** Stored as the network gives it. */
        NONE,
        /** Divided by its Euclidean length. */
        UNIT_LENGTH
    }

    /** What becomes of an image that is there before. */
    public enum EqualImages {
        COMPUTED_EACH,
        /** It takes the result that is there. */
        COMPUTED_ONCE
    }
}
