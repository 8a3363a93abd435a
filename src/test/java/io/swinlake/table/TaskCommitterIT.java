package io.swinlake.table;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.model.S3ObjectSummary;
import io.swinlake.bench.LoopbackS3;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What tasks leave of a part in an object store, and what is read of it. */
class TaskCommitterIT {
    private static final StructType COLUMNS = new StructType().add("id", "long");
    private static final int TASKS = 4;
    private static final int ROWS = 40;

    private static LoopbackS3 s3;
    private static AmazonS3 client;
    private static SparkSession spark;

    @TempDir
    static java.nio.file.Path buffers;

    @BeforeAll
    static void start() throws IOException {
        s3 = LoopbackS3.start();
        client = s3.client();
        client.createBucket("parts");
        spark = LocalSpark.session();
        Configuration configuration = spark.sparkContext().hadoopConfiguration();
        s3.hadoopSettings().forEach(configuration::set);
        configuration.set("fs.s3a.directory.marker.retention", "keep"); // as conf/spark-defaults.conf has it
        configuration.set("fs.s3a.buffer.dir", buffers.toString());
    }

    @AfterAll
    static void stop() throws IOException {
        spark.stop(); // its settings lead to a server that is gone
        s3.close();
    }

    private static Dataset<Row> rows() {
        return spark.range(0, ROWS, 1, TASKS).toDF();
    }

    private static Path folder(String name) {
        return new Path("s3a://parts/" + name);
    }

    private static List<String> keys(String name) {
        return client.listObjectsV2("parts", name + "/").getObjectSummaries().stream()
                .map(S3ObjectSummary::getKey)
                .filter(key -> !key.endsWith("/"))
                .toList();
    }

    private static Dataset<Row> read(String name) {
        return ParquetRows.readParts(spark, COLUMNS, List.of(folder(name)));
    }

    private static List<Long> idsOf(Dataset<Row> rows) {
        return rows.as(Encoders.LONG()).collectAsList().stream().sorted().toList();
    }

    private static void assertNothingIsLeftOnTheDisk() throws IOException {
        try (Stream<java.nio.file.Path> files = Files.walk(buffers)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }

    @Test
    void eachTaskLeavesOneFileByOneRequest() throws IOException {
        s3.forgetRequests();

        ParquetRows.writePart(rows(), folder("whole"));

        assertThat(s3.requests().stream()
                        .filter(request -> !request.method().equals("GET")
                                && !request.method().equals("HEAD")))
                .hasSize(TASKS)
                .allMatch(request -> request.method().equals("PUT")
                        && request.path().matches("/parts/whole/part-.*\\.zstd\\.parquet\\.unfinished"));
        assertThat(idsOf(read("whole"))).isEqualTo(idsOf(rows()));
        assertNothingIsLeftOnTheDisk();
    }

    @Test
    void whatTasksHaveDoneStaysWhenTheJobFailsAndNothingOfTheOneThatFailed() throws IOException {
        Dataset<Row> failing = rows().as(Encoders.LONG())
                .map(
                        (MapFunction<Long, Long>) id -> {
                            if (id == ROWS - 1) {
                                Thread.sleep(3_000); // until the others are done
                                throw new IllegalStateException("the last row");
                            }
                            return id;
                        },
                        Encoders.LONG())
                .toDF("id");

        assertThatThrownBy(() -> ParquetRows.writePart(failing, folder("failed")))
                .rootCause()
                .hasMessage("the last row");

        assertThat(idsOf(read("failed"))).isEqualTo(idsOf(rows().where(col("id").lt(ROWS - ROWS / TASKS))));
        assertThat(keys("failed")).hasSize(TASKS - 1);
        assertNothingIsLeftOnTheDisk();
    }

    /** An executor that is taken for dead after a task stores its file, and the one that does the task again. */
    @Test
    void ofATaskThatWasDoneTwiceTheRowsAreReadOnce() throws IOException {
        ParquetRows.writePart(rows(), folder("twice"));
        String key = keys("twice").get(1);
        client.copyObject("parts", key, "parts", key.replaceFirst("\\.\\d+\\.zstd", ".1000000.zstd"));

        assertThat(keys("twice")).hasSize(TASKS + 1);
        assertThat(idsOf(read("twice"))).isEqualTo(idsOf(rows()));
    }

    @Test
    void rowsOfATableAreStillCommittedTogether() {
        ParquetRows.write(rows(), folder("table"));

        assertThat(client.getObjectAsString("parts", "table/_SUCCESS")).contains("\"committer\" : \"magic\"");
        assertThat(keys("table"))
                .filteredOn(key -> key.endsWith(".zstd.parquet"))
                .hasSize(TASKS);
    }
}
