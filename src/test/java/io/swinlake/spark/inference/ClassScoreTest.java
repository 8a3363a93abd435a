package io.swinlake.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swinlake.swin.ScoreFunction;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ClassScoreTest {
    private static final Offset<Float> ROUNDING = within(1e-6f);

    /** log of 1, 2, 4 and 1: a softmax of 1/8, 2/8, 4/8, 1/8. */
    private static final float[] LOGITS = {0, (float) Math.log(2), (float) Math.log(4), 0};

    @Test
    void listsTheBestClassesWithTheirSoftmaxOverAll() {
        ClassScore[] best =
                ClassScore.best(LOGITS, 0, 4, 2, List.of("ant", "bee", "cat", "dog"), ScoreFunction.SOFTMAX);

        assertThat(best).extracting(ClassScore::index).containsExactly(2, 1);
        assertThat(best).extracting(ClassScore::label).containsExactly(Optional.of("cat"), Optional.of("bee"));
        assertThat(best[0].probability()).isEqualTo(0.5f, ROUNDING);
        assertThat(best[1].probability()).isEqualTo(0.25f, ROUNDING);
    }

    @Test
    void ofEqualClassesTheLowerIndexComesFirst() {
        assertThat(ClassScore.best(LOGITS, 0, 4, 4, List.of(), ScoreFunction.SOFTMAX))
                .extracting(ClassScore::index)
                .containsExactly(2, 1, 0, 3);
    }

    @Test
    void listsAllClassesIfMoreAreAskedFor() {
        assertThat(ClassScore.best(LOGITS, 0, 4, 10, List.of(), ScoreFunction.SOFTMAX))
                .hasSize(4);
    }

    @Test
    void readsTheLogitsOfItsOwnImageOnly() {
        float[] twoImages = {9, 9, 0, 1};

        assertThat(ClassScore.best(twoImages, 2, 2, 1, List.of(), ScoreFunction.SOFTMAX)[0].index())
                .isEqualTo(1);
    }

    @Test
    void largeLogitsDoNotOverflow() {
        ClassScore[] best = ClassScore.best(new float[] {1e30f, -1e30f}, 0, 2, 2, List.of(), ScoreFunction.SOFTMAX);

        assertThat(Arrays.stream(best).map(ClassScore::probability)).containsExactly(1f, 0f);
    }
}
