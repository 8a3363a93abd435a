package io.swinlake.bench;

import com.sun.management.OperatingSystemMXBean;
import io.swinlake.model.SwinModel;
import io.swinlake.spark.LocalSpark;
import io.swinlake.spark.SwinTransformer;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.DoubleAdder;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The functions of SQL beside the transformer: embedding, classes and error of the same photos, read by {@code binaryFile}, on
 * two threads of one JVM, by turns. Beside images per second, which other work on the machine changes, stand the seconds of a
 * processor that an image takes, which it changes less. {@code scripts/bench sql [images] [rounds]}
 */
final class SqlBenchmark {
    private static final Path FOLDER = Path.of("target", "bench");

    private SqlBenchmark() {}

    public static void main(String[] args) throws Exception {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 2000;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        SwinModel network = SwinT.model();
        String model = SwinT.checkpoint(network, FOLDER).toAbsolutePath().toString();
        String photos =
                Photos.jpegs(FOLDER, count).get(0).toAbsolutePath().getParent().toString();
        SparkSession spark = LocalSpark.session();
        spark.read().format("binaryFile").load(photos).createOrReplaceTempView("photos");

        DoubleAdder cpuOfTransformer = new DoubleAdder();
        DoubleAdder cpuOfSql = new DoubleAdder();
        Callable<Double> transformer = () -> rate(
                count,
                cpuOfTransformer,
                new SwinTransformer()
                        .setModel(model)
                        .transform(spark.table("photos"))
                        .select("path", "embedding", "top_k", "error"));
        String query = "SELECT path, swin_embed('%1$s', content) AS embedding, swin_classify('%1$s', content) AS top_k,"
                + " swin_error('%1$s', content) AS error FROM photos";
        Callable<Double> sql = () -> rate(count, cpuOfSql, spark.sql(query.formatted(model)));
        transformer.call(); // loads the network
        sql.call();
        cpuOfTransformer.reset();
        cpuOfSql.reset();
        Map<String, Callable<Double>> contenders = new LinkedHashMap<>();
        contenders.put("transformer", transformer);
        contenders.put("sql", sql);
        Turns turns = Turns.take(rounds, contenders);
        System.out.printf(
                "%d photos, %d rounds: transformer %s images/s, sql %s images/s, sql / transformer %s%n",
                count,
                rounds,
                turns.figure("transformer").withDecimals(2),
                turns.figure("sql").withDecimals(2),
                turns.ratio("sql", "transformer").withDecimals(3));
        System.out.printf(
                "processor time of an image: transformer %.4f s, sql %.4f s; transformer / sql %.3f%n",
                cpuOfTransformer.sum() / rounds / count,
                cpuOfSql.sum() / rounds / count,
                cpuOfTransformer.sum() / cpuOfSql.sum());
        System.exit(0);
    }

    /** Images per second. */
    private static double rate(int images, DoubleAdder cpu, Dataset<Row> rows) {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long used = system.getProcessCpuTime();
        long start = System.nanoTime();
        rows.write().format("noop").mode("overwrite").save();
        cpu.add((system.getProcessCpuTime() - used) / 1e9);
        return images / ((System.nanoTime() - start) / 1e9);
    }
}
