package io.swinlake.spark.source;

import io.swinlake.storage.Entry;
import io.swinlake.storage.Storage;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A table that an input names, read by Spark's own readers; a record that cannot be read ends the job.
 *
 * @param rows with all columns, as they are now
 * @param folder that relative paths in it begin at; empty for a table of a catalog
 */
public record TableSource(Dataset<Row> rows, Optional<String> folder) {

    /**
     * Reads none of its rows yet.
     *
     * @throws IOException if nothing is there, or it cannot be listed
     */
    public static TableSource read(SparkSession spark, String input, SourceKind kind) throws IOException {
        Configuration configuration = spark.sessionState().newHadoopConf();
        Optional<Entry> entry = kind == SourceKind.TABLE ? Optional.empty() : new Storage(configuration).find(input);
        Dataset<Row> rows =
                switch (kind) {
                    case TABLE, PARQUET -> SwinlakeTable.read(spark, input);
                    case CSV ->
                        strict(spark, entry)
                                .option("header", "true")
                                .option("multiLine", "true") // a caption may have several
                                .option("escape", "\"")
                                .csv(input);
                    case JSON_LINES -> strict(spark, entry).json(input);
                    case FILES, SHARDS -> throw new IllegalArgumentException(input + ": is no table");
                };
        return new TableSource(rows, folder(configuration, input, kind, entry));
    }

    private static DataFrameReader strict(SparkSession spark, Optional<Entry> named) {
        return spark.read()
                .option("mode", "FAILFAST")
                .option("__globPaths__", String.valueOf(named.isEmpty())) // where it is there, its name is no pattern
                .option("ignoreMissingFiles", "false")
                .option("ignoreCorruptFiles", "false");
    }

    private static Optional<String> folder(
            Configuration configuration, String input, SourceKind kind, Optional<Entry> entry) throws IOException {
        Path place = Storage.path(input);
        boolean isFolder = entry.map(Entry::isFolder).orElse(kind == SourceKind.TABLE);
        if (kind == SourceKind.TABLE && !place.getFileSystem(configuration).exists(place)) {
            return Optional.empty();
        }
        Path folder = place.getFileSystem(configuration).makeQualified(isFolder ? place : place.getParent());
        return Optional.of(folder.toString());
    }
}
