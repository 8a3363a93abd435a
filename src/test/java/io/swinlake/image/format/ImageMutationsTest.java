package io.swinlake.image.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImageMutationsTest {
    private static final int VARIANTS = 25_000;

    private final ImageMutations mutations = new ImageMutations();

    /** {@code scripts/fuzz images} tries millions. */
    @Test
    void everyDamagedFileIsAPictureOrAnErrorWithinItsTimeAndMemory() {
        List<String> broken = new ArrayList<>();
        for (long number = 0; number < VARIANTS; number++) {
            long n = number;
            mutations
                    .decode(n)
                    .broken()
                    .ifPresent(promise -> broken.add(n + " of " + mutations.seed(n) + ": " + promise));
        }

        assertThat(broken).isEmpty();
    }
}
