package io.swinlake.spark.inference;

import io.swinlake.swin.ScoreFunction;
import java.util.List;
import java.util.Optional;

/** A class with its probability. */
record ClassScore(int index, Optional<String> label, float probability) {

    /**
     * The classes with the highest logits, best first; of equal ones the lower index. Probabilities are the softmax over all
     * classes, or the sigmoid of each logit by itself, in float64.
     *
     * @param from index of the first logit of this image
     * @param names by class index; empty if unknown
     */
    static ClassScore[] best(float[] logits, int from, int classes, int k, List<String> names, ScoreFunction scores) {
        int count = Math.min(k, classes);
        int[] best = new int[count];
        int found = 0;
        for (int index = 0; index < classes; index++) {
            float logit = logits[from + index];
            int place = found;
            while (place > 0 && logits[from + best[place - 1]] < logit) {
                place--;
            }
            if (place < count) {
                found = Math.min(found + 1, count);
                System.arraycopy(best, place, best, place + 1, found - place - 1);
                best[place] = index;
            }
        }

        double highest = logits[from + best[0]];
        double sum = 0;
        for (int index = 0; index < classes; index++) {
            sum += Math.exp(logits[from + index] - highest);
        }
        ClassScore[] top = new ClassScore[count];
        for (int i = 0; i < count; i++) {
            int index = best[i];
            Optional<String> name = names.isEmpty() ? Optional.empty() : Optional.of(names.get(index));
            double logit = logits[from + index];
            double probability =
                    switch (scores) {
                        case SOFTMAX -> Math.exp(logit - highest) / sum;
                        case SIGMOID -> 1 / (1 + Math.exp(-logit));
                        case IDENTITY -> logit;
                    };
            top[i] = new ClassScore(index, name, (float) probability);
        }
        return top;
    }
}
