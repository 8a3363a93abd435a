package io.swinlake.search;

import java.util.Arrays;

/** The greatest of some scores. */
final class GreatestScores {
    /** Ascending; negative infinity stands for one that has not come yet. */
    private final float[] scores;

    /** @param count how many are kept, at least 1 */
    GreatestScores(int count) {
        scores = new float[count];
    }

    void clear() {
        Arrays.fill(scores, Float.NEGATIVE_INFINITY);
    }

    /** Keeps a score in the place of the least, if it is greater. */
    void add(float score) {
        if (score > scores[0]) {
            int place = 0;
            for (; place + 1 < scores.length && scores[place + 1] < score; place++) {
                scores[place] = scores[place + 1];
            }
            scores[place] = score;
        }
    }

    /** The least of them; negative infinity while there are fewer than are kept. */
    float least() {
        return scores[0];
    }
}
