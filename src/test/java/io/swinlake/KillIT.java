package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.bench.BrokenCommitter.When;
import io.swinlake.bench.KillCampaign;
import io.swinlake.bench.KillSeries;
import io.swinlake.spark.LocalSpark;
import io.swinlake.table.TableFormat;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short version of {@code scripts/bench kill-series}. */
class KillIT {
    @TempDir
    private Path folder;

    @Test
    void killedExecutorsAndDriversLoseAndDoubleNoRow() throws Exception {
        LocalSpark.session().stop();
        try (KillSeries series =
                new KillSeries(folder, Optional.empty(), TableFormat.PARQUET, 20261121, Optional.empty())) {
            KillCampaign.Result result = series.run(3);

            assertThat(result.isClean()).as(result.toString()).isTrue();
            assertThat(result.drivers()).isPositive();
            assertThat(result.executors()).isPositive();
            assertThat(result.looks()).isPositive();
        }
    }

    /** What a store or a committer loses once a run is committed: the campaign has to notice. */
    @Test
    void aCommitterThatLosesAFileIsFound() throws Exception {
        LocalSpark.session().stop();
        try (KillSeries series =
                new KillSeries(folder, Optional.empty(), TableFormat.PARQUET, 20261129, Optional.of(When.LATER))) {
            KillCampaign.Result result = series.run(0);

            assertThat(result.isClean()).as(result.toString()).isFalse();
            assertThat(result.lost()).isPositive();
        }
    }
}
