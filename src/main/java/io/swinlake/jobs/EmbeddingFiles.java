package io.swinlake.jobs;

import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;

/** How rows with embeddings are stored as Parquet. */
final class EmbeddingFiles {
    private EmbeddingFiles() {}

    /** Writes rows to a folder that has none; Spark's {@code _SUCCESS} comes last. */
    static void write(Dataset<Row> rows, Path folder) {
        rows.write()
                .mode(SaveMode.Append)
                .option("compression", "zstd")
                // Floats of embeddings hardly repeat: a dictionary is built in vain.
                .option("parquet.enable.dictionary#embedding.list.element", "false")
                // Whoever waits for _SUCCESS must not depend on a cluster's settings.
                .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "true")
                .parquet(folder.toString());
    }
}
