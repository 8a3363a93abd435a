package io.swinlake.bench;

import io.swinlake.search.Spectrum;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A table of embeddings as infer writes it, kept in target/bench for the next run. */
final class BenchTable {
    static final int THREADS = 2;

    private BenchTable() {}

    static SparkSession session(String name) {
        SparkSession spark = SparkSession.builder()
                .master("local[" + THREADS + "]")
                .appName(name)
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", 4 * THREADS)
                .config("spark.sql.parquet.columnarReaderBatchSize", 256) // as conf/spark-defaults.conf
                .getOrCreate();
        spark.sparkContext().setLogLevel("ERROR");
        return spark;
    }

    static Dataset<Row> of(SparkSession spark, Spectrum spectrum, int rows) throws IOException {
        return of(spark, spectrum, 0, rows);
    }

    /** @param first number of the first row */
    static Dataset<Row> of(SparkSession spark, Spectrum spectrum, long first, int rows) throws IOException {
        Path folder = Path.of(
                        "target",
                        "bench",
                        "rows-%s%s-%s-%s-%s-%s"
                                .formatted(
                                        first == 0 ? "" : first + "+",
                                        rows,
                                        spectrum.dimension(),
                                        spectrum.decay(),
                                        spectrum.spread(),
                                        spectrum.seed()))
                .toAbsolutePath();
        if (!Files.exists(folder.resolve("_SUCCESS"))) {
            System.out.println("writing " + folder);
            spark.range(first, first + rows, 1, 8 * THREADS)
                    .map(
                            (MapFunction<Long, NumberedRow>) id -> NumberedRow.of(id, spectrum.row(id)),
                            Encoders.bean(NumberedRow.class))
                    .write()
                    .mode("overwrite")
                    .option("compression", "zstd")
                    .option("parquet.enable.dictionary#embedding.list.element", "false")
                    .parquet(folder.toString());
        }
        return spark.read().parquet(folder.toString());
    }
}
