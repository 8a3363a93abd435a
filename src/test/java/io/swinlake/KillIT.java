package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.bench.KillCampaign;
import io.swinlake.spark.LocalSpark;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short version of {@code scripts/bench kills}. */
class KillIT {
    @TempDir
    private Path folder;

    @Test
    void killedExecutorsAndDriversLoseAndDoubleNoRow() throws Exception {
        LocalSpark.session().stop();
        try (KillCampaign campaign = KillCampaign.local(folder, 20261121)) {
            KillCampaign.Result result = campaign.run(3);

            assertThat(result.isClean()).as(result.toString()).isTrue();
            assertThat(result.drivers()).isPositive();
            assertThat(result.executors()).isPositive();
            assertThat(result.looks()).isPositive();
        }
    }
}
