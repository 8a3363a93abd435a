package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.s3.AmazonS3;
import io.swinlake.bench.LoopbackS3;
import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that were moved and copied in S3. */
class ReuseIT {
    private static final int IMAGES = 6;
    private static LoopbackS3 s3;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() throws IOException {
        s3 = LoopbackS3.start();
        s3.client().createBucket("reuse");
        s3.sparkSettings().forEach((key, value) -> {
            if (key.startsWith("spark.hadoop.")) {
                LocalSpark.session()
                        .sparkContext()
                        .hadoopConfiguration()
                        .set(key.substring("spark.hadoop.".length()), value);
            }
        });
    }

    @AfterAll
    static void stop() {
        LocalSpark.session().stop(); // its settings lead to a server that is gone
        s3.close();
    }

    private Run infer(String run, String... more) {
        String[] words = {
            "infer",
            "--model",
            "examples/demo/model",
            "--input",
            "s3a://reuse/images",
            "--output",
            folder.resolve("table").toString(),
            "--incremental",
            "--run-id",
            run
        };
        return Run.swinlake(
                Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray(String[]::new));
    }

    @Test
    void aMovedAndACopiedImageTakeTheResultThatIsThere() throws IOException {
        AmazonS3 client = s3.client();
        for (int i = 0; i < IMAGES; i++) {
            String name = String.format(Locale.ROOT, "digit-%03d.png", i);
            client.putObject(
                    "reuse", "images/" + name, Path.of(Demo.IMAGES, name).toFile());
        }
        assertThat(infer("1").exitCode()).isZero();
        client.copyObject("reuse", "images/digit-000.png", "reuse", "images/copied.png");
        client.copyObject("reuse", "images/digit-001.png", "reuse", "images/moved/digit.png");
        client.deleteObject("reuse", "images/digit-001.png");
        client.putObject(
                "reuse", "images/new.png", Path.of(Demo.IMAGES, "digit-100.png").toFile());

        Run second = infer("2", "--reuse");

        assertThat(second.exitCode()).as(second.err()).isZero();
        assertThat(second.summary().get("reused").asInt()).isEqualTo(2);
        assertThat(second.summary().get("written").asInt()).isEqualTo(3);
        assertThat(second.err()).contains("0 done by an earlier attempt, 2 moved or copied, 1 to compute");
        Map<String, List<Float>> embeddings = new HashMap<>();
        for (Row row : SwinlakeTable.read(
                        LocalSpark.session(), folder.resolve("table").toString())
                .selectExpr("regexp_replace(path, '.*/images/', '')", "embedding")
                .collectAsList()) {
            assertThat(embeddings.put(row.getString(0), row.getList(1))).isNull();
        }
        assertThat(embeddings).hasSize(IMAGES + 3).doesNotContainValue(null);
        assertThat(embeddings.get("copied.png")).isEqualTo(embeddings.get("digit-000.png"));
        assertThat(embeddings.get("moved/digit.png")).isEqualTo(embeddings.get("digit-001.png"));
        assertThat(embeddings.get("new.png")).isNotEqualTo(embeddings.get("digit-000.png"));
        assertThat(infer("3", "--reuse").summary().get("unchanged").asInt())
                .as("a reused row is a row like any other")
                .isEqualTo(IMAGES + 2);
    }

    @Test
    void goesWithIncrementalRunsOfFiles() {
        Run alone = Run.swinlake("infer", "--model", "any", "--input", "any", "--output", "any", "--reuse");

        assertThat(alone.exitCode()).isEqualTo(2);
        assertThat(alone.err())
                .startsWith("swinlake infer: --reuse takes results from the output: it goes with --incremental");
    }
}
