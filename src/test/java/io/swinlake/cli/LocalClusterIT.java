package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.Fixtures;
import io.swinlake.runtime.RunnerPool;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.PrecisionChoice;
import io.swinlake.spark.Demo;
import io.swinlake.spark.ImageLake;
import io.swinlake.spark.LocalSpark;
import io.swinlake.spark.SwinTransformer;
import io.swinlake.spark.inference.DeviceChoice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Tuple2;

/** Two executors, each a JVM of its own that gets the model by broadcast, with Kryo; compared with one JVM and Java's serialiser. */
class LocalClusterIT {
    private static final int EXECUTORS = 2;

    @TempDir
    private Path folder;

    @AfterEach
    void stopSpark() {
        LocalSpark.session().stop();
    }

    private static SparkSession.Builder builder() {
        return LocalSpark.cluster(EXECUTORS).config("spark.serializer", "org.apache.spark.serializer.KryoSerializer");
    }

    private Run infer(String output) {
        return Run.inCurrentSession(
                "infer",
                "--model",
                Demo.MODEL,
                "--input",
                Fixtures.path("images/good").toString(),
                "--input",
                Fixtures.path("images/bad").toString(),
                "--output",
                folder.resolve(output).toString());
    }

    private List<Row> table(SparkSession spark, String output) {
        return spark.read()
                .parquet(folder.resolve(output).toString())
                .orderBy("path")
                .collectAsList();
    }

    @Test
    void executorsOfTheirOwnGiveTheSameRowsAsOneJvm() {
        LocalSpark.session();
        Run local = infer("local");
        List<Row> localRows = table(LocalSpark.session(), "local");
        SparkSession cluster = builder().getOrCreate();
        Run clustered = infer("cluster");

        assertThat(local.exitCode()).as(local.err()).isEqualTo(3);
        assertThat(clustered.exitCode()).as(clustered.err()).isEqualTo(3);
        assertThat(clustered.summary().get("failed_by"))
                .isEqualTo(local.summary().get("failed_by"));
        List<Row> clusterRows = table(cluster, "cluster");
        assertThat(clusterRows).hasSize(InferIT.GOOD + InferIT.BAD.size());
        for (int i = 0; i < clusterRows.size(); i++) {
            assertSame(clusterRows.get(i), localRows.get(i));
        }
    }

    private static void assertSame(Row actual, Row expected) {
        String path = expected.getAs("path");
        for (String column : List.of("path", "length", "width", "height", "prediction", "label", "error", "model")) {
            assertThat(actual.<Object>getAs(column)).as(path + " " + column).isEqualTo(expected.<Object>getAs(column));
        }
        int embedding = expected.fieldIndex("embedding");
        assertThat(actual.isNullAt(embedding)).as(path).isEqualTo(expected.isNullAt(embedding));
        if (!expected.isNullAt(embedding)) {
            assertThat(Fixtures.maxRelativeError(floats(actual, embedding), floats(expected, embedding)))
                    .as(path)
                    .isLessThan(1e-5);
        }
    }

    private static float[] floats(Row row, int column) {
        List<Float> values = row.getList(column);
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i);
        }
        return floats;
    }

    /** Whatever the driver's CPU can: the executors' environment makes theirs lesser ones. */
    @Test
    void autoPrecisionIsThatOfTheExecutors() {
        SparkSession cluster =
                builder().config("spark.executorEnv.ONEDNN_MAX_CPU_ISA", "AVX2").getOrCreate();

        assertThat(DeviceChoice.AUTO.precision(PrecisionChoice.AUTO, cluster.sparkContext()))
                .isEqualTo(Precision.FP32);
    }

    @Test
    void eachExecutorLoadsTheModelOnceHoweverManyTasksItRuns() throws IOException {
        SparkSession cluster = builder().getOrCreate();
        Dataset<Row> images = ImageLake.list(cluster, List.of(Demo.IMAGES), "*").toDataset(cluster);
        SwinTransformer swin =
                new SwinTransformer().setModel(Demo.MODEL).setInputCol("path").setLengthCol("length");
        int tasks = images.javaRDD().getNumPartitions();

        assertThat(swin.transform(images).where("error is null").count()).isEqualTo(360);
        assertThat(swin.transform(images).where("error is null").count()).isEqualTo(360);

        assertThat(tasks).isGreaterThan(EXECUTORS);
        assertThat(loadsByExecutor(cluster))
                .hasSize(EXECUTORS)
                .containsOnlyKeys("0", "1")
                .allSatisfy((executor, loads) -> assertThat(loads).isEqualTo(1));
    }

    /** Asks every executor how many runners it has loaded; tasks that wait a little spread over all of them. */
    private static Map<String, Long> loadsByExecutor(SparkSession spark) {
        JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
        return context.parallelize(new ArrayList<>(Collections.nCopies(8, 0)), 8)
                .mapToPair(any -> {
                    Thread.sleep(300);
                    return new Tuple2<>(SparkEnv.get().executorId(), RunnerPool.loadCount());
                })
                .collectAsMap();
    }
}
