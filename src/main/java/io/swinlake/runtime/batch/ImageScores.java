package io.swinlake.runtime.batch;

import io.swinlake.PublicApi;
import java.util.List;

/**
 * What a network says of one image.
 *
 * @param logits one per class; none for a network without a head
 * @param embedding mean over the tokens after the final norm
 * @param stages pooled output of each stage that the runner was opened for
 */
@PublicApi(since = "0.1.0")
@SuppressWarnings("ArrayRecordComponent") // on its way to a row: compared never
public record ImageScores(float[] logits, float[] embedding, List<float[]> stages) {
    public ImageScores {
        stages = List.copyOf(stages);
    }
}
