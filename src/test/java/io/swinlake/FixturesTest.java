package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.tensor.Shape;
import org.junit.jupiter.api.Test;

class FixturesTest {
    @Test
    void everyCaseHasItsExpectedEmbeddingOrFeatureMaps() {
        assertThat(Fixtures.cases()).hasSize(52).allSatisfy(entry -> {
            String id = entry.get("id").asText();
            if (entry.at("/expected/embedding").isTextual()) {
                Shape embedding =
                        Fixtures.npy(entry.at("/expected/embedding").asText()).shape();
                assertThat(embedding.dim(0))
                        .as(id)
                        .isEqualTo(entry.at("/input_shape/0").asLong());
            } else {
                assertThat(entry.at("/expected/feature_maps").size()).as(id).isEqualTo(4);
            }
        });
    }

    @Test
    void readsAnNpyFile() {
        assertThat(Fixtures.npy("tiny/v1-base-ms/logits.npy").shape()).isEqualTo(Shape.of(2, 10));
    }
}
