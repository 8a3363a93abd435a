package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.bench.RunningExecutors;
import io.swinlake.spark.LocalSpark;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All executors are killed at once, after steps of duplicates that leave something with them. */
class LostExecutorsIT {
    @TempDir
    private Path folder;

    @AfterEach
    void stopSpark() {
        LocalSpark.session().stop();
    }

    /** Kills all executors once the first stage of such a name has ended, for each of some names. */
    private static final class Killer extends SparkListener {
        private final List<String> left;
        private final List<String> killed = Collections.synchronizedList(new ArrayList<>());

        Killer(String... after) {
            left = new ArrayList<>(List.of(after));
        }

        @Override
        public void onStageCompleted(SparkListenerStageCompleted completed) {
            String stage = completed.stageInfo().name();
            left.stream().filter(stage::contains).findFirst().ifPresent(name -> {
                left.remove(name);
                List<ProcessHandle> executors = RunningExecutors.of(ProcessHandle.current());
                executors.forEach(ProcessHandle::destroyForcibly);
                if (!executors.isEmpty()) {
                    killed.add(name);
                }
            });
        }
    }

    private void writeTable(String name, int rows) {
        LocalSpark.session()
                .range(rows)
                .selectExpr(
                        "concat('s3a://lake/', id, '.jpg') AS path",
                        "1 AS prediction",
                        "'cat' AS label",
                        "array(struct(1 AS index, 'cat' AS label, 1F AS probability)) AS top_k",
                        "transform(sequence(1, 32), i -> CAST(cos(id % 700 * i) + 1e-3 * sin(id * i) AS FLOAT)) AS embedding",
                        "CAST(NULL AS STRUCT<stage: STRING, code: STRING, message: STRING>) AS error",
                        "struct('swin-t' AS name, 'aaaa' AS sha256, 'timm' AS recipe) AS model")
                .write()
                .parquet(folder.resolve(name).toString());
    }

    private Run duplicates(String table, String output, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "duplicates",
                "--embeddings",
                folder.resolve(table).toString(),
                "--threshold",
                "0.99",
                "--output",
                folder.resolve(output).toString()));
        arguments.addAll(List.of(more));
        return Run.inCurrentSession(arguments.toArray(String[]::new));
    }

    private List<Row> groups(SparkSession spark, String output) {
        return spark.read()
                .parquet(folder.resolve(output + "/groups").toString())
                .orderBy("id")
                .collectAsList();
    }

    @Test
    void duplicatesFindsTheSameGroupsWhoeverIsLostWithWhatItKept() {
        writeTable("some", 2800);
        writeTable("all", 3000);
        Run earlier = duplicates("some", "earlier");
        assertThat(earlier.exitCode()).as(earlier.err()).isZero();
        Run calm = duplicates(
                "all", "calm", "--incremental", folder.resolve("earlier").toString());
        assertThat(calm.exitCode()).as(calm.err()).isZero();
        List<Row> expected = groups(LocalSpark.session(), "calm");
        assertThat(expected).hasSize(3000);

        SparkSession cluster = LocalSpark.cluster(2).getOrCreate();
        Killer killer = new Killer("count at Earlier.java", "parquet at Duplicates.java", "count at ConnectedIds.java");
        cluster.sparkContext().addSparkListener(killer);
        Run shot = duplicates(
                "all", "shot", "--incremental", folder.resolve("earlier").toString());

        assertThat(shot.exitCode()).as(shot.err()).isZero();
        assertThat(killer.killed)
                .containsExactly("count at Earlier.java", "parquet at Duplicates.java", "count at ConnectedIds.java");
        assertThat(groups(cluster, "shot")).isEqualTo(expected);
        assertThat(shot.summary().get("images")).isEqualTo(calm.summary().get("images"));
        assertThat(cluster.sharedState().cacheManager().isEmpty()).isTrue();
    }
}
