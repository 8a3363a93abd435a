package io.swinlake.runtime.batch;

import io.swinlake.PublicApi;
import java.util.Arrays;
import java.util.List;

/**
 * What a network says of a batch of images.
 *
 * @param batch number of images
 * @param classes number of classes; 0 for a network without a head
 * @param embeddingSize length of an embedding
 * @param logits {@code [batch, classes]} in C order
 * @param embeddings {@code [batch, embeddingSize]} in C order
 * @param stages pooled output of each stage that the runner was opened for, {@code [batch, channels]} in C order
 */
@PublicApi(since = "0.1.0")
@SuppressWarnings("ArrayRecordComponent") // results on their way to rows: copied never, compared never
public record Scores(
        int batch, int classes, int embeddingSize, float[] logits, float[] embeddings, List<float[]> stages) {
    /**
     * Without further stages.
     *
     * @param batch number of images
     * @param classes number of classes; 0 for a network without a head
     * @param embeddingSize length of an embedding
     * @param logits {@code [batch, classes]} in C order
     * @param embeddings {@code [batch, embeddingSize]} in C order
     */
    public Scores(int batch, int classes, int embeddingSize, float[] logits, float[] embeddings) {
        this(batch, classes, embeddingSize, logits, embeddings, List.of());
    }

    public Scores {
        stages = List.copyOf(stages);
        if (logits.length != batch * classes || embeddings.length != batch * embeddingSize) {
            throw new IllegalArgumentException("%s images need %s logits and %s embedding values, found %s and %s"
                    .formatted(batch, batch * classes, batch * embeddingSize, logits.length, embeddings.length));
        }
    }

    /**
     * One image's part.
     *
     * @param index of the image in the batch, from 0
     * @return copies of its numbers
     */
    public ImageScores image(int index) {
        return new ImageScores(
                part(logits, index),
                part(embeddings, index),
                stages.stream().map(stage -> part(stage, index)).toList());
    }

    private float[] part(float[] all, int index) {
        int size = all.length / batch;
        return Arrays.copyOfRange(all, index * size, (index + 1) * size);
    }
}
