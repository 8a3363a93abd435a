package io.swinlake.table;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.parquet.hadoop.util.ContextUtil;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.OutputWriter;
import org.apache.spark.sql.execution.datasources.OutputWriterFactory;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.StructType;
import scala.collection.immutable.Map;

/** Rows with embeddings as Parquet: how they are stored, and how they are read so that none is left out in silence. */
public final class ParquetRows {
    /** How times are stored, for {@code spark.sql.parquet.outputTimestampType}: as microseconds of UTC. */
    static final String INSTANTS = "TIMESTAMP_MICROS";

    private ParquetRows() {}

    /** Writes rows to a folder that has none; Spark's {@code _SUCCESS} comes last. */
    static void write(Dataset<Row> rows, Path folder) {
        writer(rows).save(folder.toString());
    }

    /** The same for rows of an unfinished run, in files that whoever reads {@code **}{@code /*.parquet} does not see. */
    public static void writePart(Dataset<Row> rows, Path folder) {
        writer(rows).option(Format.UNFINISHED, "true").save(folder.toString());
    }

    private static DataFrameWriter<Row> writer(Dataset<Row> rows) {
        return rows.write()
                .format(Format.class.getName())
                .mode(SaveMode.Append)
                .option("compression", "zstd")
                // Floats of embeddings hardly repeat: a dictionary is built in vain.
                .option("parquet.enable.dictionary#embedding.list.element", "false")
                // Whoever waits for _SUCCESS must not depend on a cluster's settings.
                .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "true");
    }

    /**
     * Spark's Parquet with the same types whatever the session says, which Spark takes from the session alone: a table may be
     * written from a session that is not ours. Public because Spark makes it by its name.
     */
    public static final class Format extends ParquetFileFormat {
        /** Option of a writer: its files are not rows of the table yet. */
        static final String UNFINISHED = "unfinished";

        private static final long serialVersionUID = 1L;

        @Override
        public OutputWriterFactory prepareWrite(
                SparkSession spark, Job job, Map<String, String> options, StructType schema) {
            OutputWriterFactory writers = super.prepareWrite(spark, job, options, schema);
            Configuration configuration = ContextUtil.getConfiguration(job);
            // Without a time zone, as Spark's default INT96 is, other readers take it for a local time.
            configuration.set(SQLConf.PARQUET_OUTPUT_TIMESTAMP_TYPE().key(), INSTANTS);
            configuration.set(SQLConf.PARQUET_WRITE_LEGACY_FORMAT().key(), "false");
            return options.contains(UNFINISHED) ? new Unfinished(writers) : writers;
        }
    }

    /** Writers of files whose names do not end in {@code .parquet}. */
    private static final class Unfinished extends OutputWriterFactory {
        private static final long serialVersionUID = 1L;

        private final OutputWriterFactory writers;

        Unfinished(OutputWriterFactory writers) {
            this.writers = writers;
        }

        @Override
        public String getFileExtension(TaskAttemptContext context) {
            return writers.getFileExtension(context) + ".unfinished";
        }

        @Override
        public OutputWriter newInstance(String path, StructType schema, TaskAttemptContext context) {
            return writers.newInstance(path, schema, context);
        }
    }

    /** The rows in a folder or file. */
    public static Dataset<Row> read(SparkSession spark, String uri) {
        return reader(spark).parquet(uri);
    }

    /** The rows in all places whose names match, as Hadoop understands patterns. */
    static Dataset<Row> readPattern(SparkSession spark, String pattern) {
        return complete(spark.read()).option("__globPaths__", "true").parquet(pattern);
    }

    /** The rows in some folders, of which some may be older than a column: it is null there. */
    static Dataset<Row> read(SparkSession spark, StructType schema, Collection<Path> folders) {
        return reader(spark).schema(schema).parquet(texts(folders));
    }

    /**
     * The rows in folders {@code run=ID} of a table, or in folders of these, with the column {@code run}.
     *
     * @param root of the table
     */
    static Dataset<Row> read(SparkSession spark, StructType schema, Path root, List<Path> folders) {
        return reader(spark).schema(schema).option("basePath", root.toString()).parquet(texts(folders));
    }

    static String[] texts(Collection<Path> paths) {
        return paths.stream().map(Path::toString).toArray(String[]::new);
    }

    private static DataFrameReader reader(SparkSession spark) {
        return complete(spark.read());
    }

    /** A reader that takes a place by its name, whatever characters that has, and all that is there. */
    static DataFrameReader complete(DataFrameReader reader) {
        return reader.option("__globPaths__", "false") // a name such as run[1] is no pattern
                // What a cluster may have set to survive broken files would make of lost ones a smaller table.
                .option("ignoreMissingFiles", "false")
                .option("ignoreCorruptFiles", "false")
                .option("recursiveFileLookup", "false");
    }

    /** The first of the folders, if there is any. */
    static Optional<StructType> schema(SparkSession spark, Optional<Path> folder) {
        return folder.map(some -> reader(spark).parquet(some.toString()).schema());
    }
}
