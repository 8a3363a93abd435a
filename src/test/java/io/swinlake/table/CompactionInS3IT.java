package io.swinlake.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.bench.LoopbackS3;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compactions where a file cannot be renamed and its writer cannot be alone. {@code scripts/bench kills compact 12 s3} kills processes. */
class CompactionInS3IT {
    private static final String TABLE = "s3a://compactions/table";

    private final SparkSession spark = LocalSpark.session();

    @TempDir
    private Path folder;

    private final Map<String, Long> expected = new TreeMap<>();

    private void infer(TinyLake lake, String id, String name, int length) throws IOException {
        lake.put(name, "x".repeat(length));
        expected.put(name, (long) length);
        Runs.of(spark, TableFormat.PARQUET, TABLE, Optional.empty()).complete(TinyLake.request(TABLE, id), lake::work);
    }

    private Compaction.Outcome compact(Consumer<Step> reached) throws IOException {
        return Compaction.of(spark, TABLE, reached).rewrite(TinyLake.VERSIONS);
    }

    private void dieAt(Step last) {
        assertThatThrownBy(() -> compact(step -> {
                    if (step == last) {
                        throw new StackOverflowError("as SIGKILL: nothing that would tidy up is run");
                    }
                }))
                .isInstanceOf(StackOverflowError.class);
    }

    private void requireRows() throws IOException {
        assertThat(TinyLake.lengths(SwinlakeTable.read(spark, TABLE))).isEqualTo(expected);
    }

    private List<String> folders() throws IOException {
        org.apache.hadoop.fs.Path table = new org.apache.hadoop.fs.Path(TABLE);
        return Arrays.stream(table.getFileSystem(spark.sessionState().newHadoopConf())
                        .listStatus(table))
                .map(FileStatus::getPath)
                .map(org.apache.hadoop.fs.Path::getName)
                .toList();
    }

    @Test
    void aCompactionThatDiesBeforeOrAfterItsRecordLosesAndDoublesNothing() throws Exception {
        try (LoopbackS3 s3 = LoopbackS3.start()) {
            LiveAttempts.useMagic(spark, s3, "compactions");
            TinyLake lake = new TinyLake(spark, Files.createDirectory(folder.resolve("lake")));
            infer(lake, "1", "a.txt", 1);
            infer(lake, "2", "b.txt", 2);
            infer(lake, "3", "a.txt", 3);

            dieAt(Step.WRITTEN);
            requireRows();
            dieAt(Step.COMMITTED);
            requireRows();
            assertThat(folders()).contains("run=1", "run=compact-000001", "_runs");
            infer(lake, "4", "b.txt", 4);

            assertThat(compact(step -> {}).dropped()).isEqualTo(1);
            Compaction.of(spark, TABLE).removeOlderThan(Duration.ZERO);
            requireRows();
            assertThat(folders()).containsExactly("run=compact-000002");
        } finally {
            spark.stop(); // its settings lead to a server that is gone
        }
    }
}
