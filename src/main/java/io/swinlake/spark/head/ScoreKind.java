package io.swinlake.spark.head;

import io.swinlake.spark.sql.SqlException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What becomes of the outputs of a linear layer. */
public enum ScoreKind {
    SOFTMAX {
        @Override
        double[] of(double[] outputs) {
            int greatest = 0;
            for (int i = 1; i < outputs.length; i++) {
                greatest = outputs[i] > outputs[greatest] ? i : greatest;
            }
            double[] scores = new double[outputs.length];
            if (outputs[greatest] == Double.POSITIVE_INFINITY) { // Spark ML's intercept where it saw one class only
                scores[greatest] = 1;
                return scores;
            }
            double sum = 0;
            for (int i = 0; i < scores.length; i++) {
                scores[i] = Math.exp(outputs[i] - outputs[greatest]);
                sum += scores[i];
            }
            for (int i = 0; i < scores.length; i++) {
                scores[i] /= sum;
            }
            return scores;
        }
    },
    SIGMOID {
        @Override
        double[] of(double[] outputs) {
            return Arrays.stream(outputs)
                    .map(output -> 1 / (1 + Math.exp(-output)))
                    .toArray();
        }
    },
    RAW {
        @Override
        double[] of(double[] outputs) {
            return outputs;
        }
    };

    abstract double[] of(double[] outputs);

    private String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static ScoreKind of(String word) {
        return Arrays.stream(values())
                .filter(kind -> kind.word().equals(word))
                .findFirst()
                .orElseThrow(() -> SqlException.invalidArgument("%s: the scores are %s; found '%s'"
                        .formatted(
                                HeadFunction.NAME,
                                Arrays.stream(values()).map(ScoreKind::word).collect(Collectors.joining(", ")),
                                word)));
    }
}
