package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextMutationsTest {
    private static final int VARIANTS = 2_000;

    private final TextMutations mutations = new TextMutations();

    /** {@code scripts/fuzz texts} tries millions. */
    @Test
    void everyDamagedTextIsReadOrRefusedInOneLineWithinItsTimeAndMemory() {
        List<String> broken = new ArrayList<>();
        for (long number = 0; number < VARIANTS; number++) {
            TextMutations.Result result = mutations.read(number);
            String which = number + " of " + result.kind() + ": ";
            result.broken().ifPresent(promise -> broken.add(which + promise));
        }

        assertThat(broken).isEmpty();
    }
}
