package io.swinlake.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckpointMutationsTest {
    private static final int VARIANTS = 20_000;

    private final CheckpointMutations mutations = new CheckpointMutations();

    /** {@code scripts/fuzz checkpoints} tries millions. */
    @Test
    void everyDamagedCheckpointIsReadOrRefusedWithinItsTimeAndMemoryAndNoNameIsLookedUp() {
        List<String> broken = new ArrayList<>();
        for (long number = 0; number < VARIANTS; number++) {
            long n = number;
            mutations.read(n).broken().ifPresent(promise -> broken.add(n + ": " + promise));
        }

        assertThat(broken).isEmpty();
    }
}
