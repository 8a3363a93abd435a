package io.swinlake.table;

import io.swinlake.storage.Messages;
import io.swinlake.storage.Uploads;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.JobStatus;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.lib.output.FileOutputCommitter;
import org.apache.hadoop.mapreduce.lib.output.PathOutputCommitter;
import org.apache.hadoop.mapreduce.lib.output.PathOutputCommitterFactory;
import org.apache.parquet.hadoop.ParquetOutputCommitter;
import org.apache.parquet.hadoop.util.ContextUtil;
import org.apache.spark.sql.AnalysisException;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rows with embeddings as Parquet: how they are stored, and how they are read so that none is left out in silence. */
public final class ParquetRows {
    private static final Logger LOG = LoggerFactory.getLogger(ParquetRows.class);

    /** How times and lists are stored, by Spark's settings for that: as microseconds of UTC, and with the three levels of today's Parquet. */
    static final Map<String, String> TYPES = Map.of(
            SQLConf.PARQUET_OUTPUT_TIMESTAMP_TYPE().key(), "TIMESTAMP_MICROS",
            SQLConf.PARQUET_WRITE_LEGACY_FORMAT().key(), "false");

    private static final String S3A_COMMITTER = "fs.s3a.committer.name";

    private static final String MAGIC = "magic";

    /** What names of an unfinished file have of the attempt at its task. */
    private static final Pattern ATTEMPT = Pattern.compile("\\.\\d+\\.[a-z.]+\\.unfinished$");

    private ParquetRows() {}

    /**
     * What a session needs so that all Parquet it writes is committed as the file system of the output does it best, unless
     * somebody has said how: on S3A by the magic committer, whose files are uploaded in place and appear together when the job
     * commits.
     *
     * @param isSet whether somebody has set a property of Spark
     */
    public static Map<String, String> committerSettings(Predicate<String> isSet) {
        String protocol = SQLConf.FILE_COMMIT_PROTOCOL_CLASS().key();
        String committer = SQLConf.PARQUET_OUTPUT_COMMITTER_CLASS().key();
        String ofS3a = "spark.hadoop." + S3A_COMMITTER;
        Map<String, String> settings = new TreeMap<>();
        if (!isSet.test(protocol) && !isSet.test(committer)) {
            settings.put(committer, Committer.class.getName());
        }
        if (!isSet.test(ofS3a)) {
            settings.put(ofS3a, MAGIC);
        }
        return settings;
    }

    /** Writes rows to a folder that has none; Spark's {@code _SUCCESS} comes last. */
    static void write(Dataset<Row> rows, Path folder) {
        writer(rows).save(folder.toString());
    }

    /**
     * The same, once more where the rows were not committed though all tasks were done, as when a store's answer to the committer is
     * lost.
     *
     * @throws IOException if what the first time has left cannot be removed
     */
    static void writeInTwoTries(Dataset<Row> rows, Path folder) throws IOException {
        saveInTwoTries(writer(rows), folder, rows.sparkSession());
    }

    /** The same for rows that are not yet those of a table, in files that whoever reads {@code **}{@code /*.parquet} does not see. */
    public static void writeUnfinished(Dataset<Row> rows, Path folder) {
        unfinished(rows).save(folder.toString());
    }

    /**
     * The same for a part of a run. The rows of each task are there for good when it is done, whatever becomes of the part; those of a
     * task that was done twice are there twice, until {@link #readParts} takes one.
     */
    static void writePart(Dataset<Row> rows, Path folder) throws IOException {
        DataFrameWriter<Row> writer = unfinished(rows)
                .option(Committer.BY_TASK, "true")
                // The same where files are renamed.
                .option(FileOutputCommitter.FILEOUTPUTCOMMITTER_ALGORITHM_VERSION, 2)
                // Of two files of a task one could be there alone.
                .option("maxRecordsPerFile", 0);
        saveInTwoTries(writer, folder, rows.sparkSession());
    }

    /**
     * The same as lines of JSON, for what must not be taken for rows. As Spark writes JSON by itself, it would lie in S3 as soon as a task has
     * written it, and another attempt at the task would fail.
     */
    static void writeJson(Dataset<Row> rows, Path folder) throws IOException {
        DataFrameWriter<Row> writer = committed(rows.write().format("json"))
                .option("compression", "gzip")
                .option(SQLConf.OUTPUT_COMMITTER_CLASS().key(), Committer.class.getName());
        saveInTwoTries(writer, folder, rows.sparkSession());
    }

    private static void saveInTwoTries(DataFrameWriter<Row> writer, Path folder, SparkSession spark)
            throws IOException {
        try {
            writer.save(folder.toString());
        } catch (Exception e) { // Spark throws checked ones without declaring them
            if (!isOfCommit(e)) {
                throw e;
            }
            LOG.warn("{}: rows were not committed; they are written again: {}", folder, Messages.reason(e));
            folder.getFileSystem(spark.sessionState().newHadoopConf()).delete(folder, true);
            writer.save(folder.toString());
        }
    }

    /** Whether a write failed when its tasks were done, whose failures Spark wraps and has tried again. */
    private static boolean isOfCommit(Exception failure) {
        return failure instanceof IOException && !(failure instanceof InterruptedIOException);
    }

    private static DataFrameWriter<Row> unfinished(Dataset<Row> rows) {
        return writer(rows).option(Format.UNFINISHED, "true");
    }

    private static DataFrameWriter<Row> writer(Dataset<Row> rows) {
        return committed(rows.write().format(Format.class.getName()))
                .option("compression", "zstd")
                // Floats of embeddings hardly repeat: a dictionary is built in vain.
                .option("parquet.enable.dictionary#embedding.list.element", "false");
    }

    private static DataFrameWriter<Row> committed(DataFrameWriter<Row> writer) {
        return writer.mode(SaveMode.Append)
                .option(S3A_COMMITTER, MAGIC)
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
                SparkSession spark,
                Job job,
                scala.collection.immutable.Map<String, String> options,
                StructType schema) {
            OutputWriterFactory writers = super.prepareWrite(spark, job, options, schema);
            Configuration configuration = ContextUtil.getConfiguration(job);
            // Without a time zone, as Spark's default INT96 is, other readers take a time for a local one.
            TYPES.forEach(configuration::set);
            if (!spark.sessionState()
                    .conf()
                    .contains(SQLConf.PARQUET_OUTPUT_COMMITTER_CLASS().key())) {
                configuration.set(SQLConf.OUTPUT_COMMITTER_CLASS().key(), Committer.class.getName());
            }
            return options.contains(UNFINISHED) ? new Unfinished(writers) : writers;
        }
    }

    /**
     * The committer that Hadoop names for the output's file system ({@code mapreduce.outputcommitter.factory.scheme.*}). Spark's
     * own way to it is a jar that a stock Spark lacks, spark-hadoop-cloud, and takes a committer of files only, so this is one by
     * its type alone. Public because Spark makes it by its name.
     */
    public static final class Committer extends ParquetOutputCommitter {
        /** Option of a writer: {@link TaskCommitter} commits where it can. */
        static final String BY_TASK = "swinlake.commit.by.task";

        private final PathOutputCommitter committer;

        /** @param output folder of the whole job */
        public Committer(Path output, TaskAttemptContext context) throws IOException {
            super(output, context);
            Configuration configuration = context.getConfiguration();
            boolean byTask = configuration.getBoolean(BY_TASK, false)
                    && Uploads.appearWhole(output.getFileSystem(configuration), output);
            committer = byTask
                    ? new TaskCommitter(output, context)
                    : PathOutputCommitterFactory.createCommitter(output, context);
        }

        /** Where a task writes. */
        @Override
        public Path getWorkPath() throws IOException {
            return committer.getWorkPath();
        }

        @Override
        public void setupJob(JobContext job) throws IOException {
            committer.setupJob(job);
        }

        @Override
        public void commitJob(JobContext job) throws IOException {
            committer.commitJob(job);
        }

        @Override
        public void abortJob(JobContext job, JobStatus.State state) throws IOException {
            committer.abortJob(job, state);
        }

        @Override
        public void setupTask(TaskAttemptContext task) throws IOException {
            committer.setupTask(task);
        }

        @Override
        public boolean needsTaskCommit(TaskAttemptContext task) throws IOException {
            return committer.needsTaskCommit(task);
        }

        @Override
        public void commitTask(TaskAttemptContext task) throws IOException {
            committer.commitTask(task);
        }

        @Override
        public void abortTask(TaskAttemptContext task) throws IOException {
            committer.abortTask(task);
        }

        @Override
        public boolean isCommitJobRepeatable(JobContext job) throws IOException {
            return committer.isCommitJobRepeatable(job);
        }

        @Override
        public boolean isRecoverySupported(JobContext job) throws IOException {
            return committer.isRecoverySupported(job);
        }

        @Override
        public void recoverTask(TaskAttemptContext task) throws IOException {
            committer.recoverTask(task);
        }

        @Override
        public String toString() {
            return "Committer{" + committer + "}";
        }
    }

    /** Writers of files whose names do not end in {@code .parquet}, and differ where a task is done twice. */
    private static final class Unfinished extends OutputWriterFactory {
        private static final long serialVersionUID = 1L;

        private final OutputWriterFactory writers;

        Unfinished(OutputWriterFactory writers) {
            this.writers = writers;
        }

        @Override
        public String getFileExtension(TaskAttemptContext context) {
            return "." + context.getTaskAttemptID().getId() + writers.getFileExtension(context) + ".unfinished";
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

    /** The rows of a run's parts, once those of a task that was done twice. */
    static Dataset<Row> readParts(SparkSession spark, StructType schema, Collection<Path> folders) {
        Dataset<Row> rows = read(spark, schema, folders);
        List<Path> files = files(rows);
        Map<String, Path> byTask = new TreeMap<>();
        files.forEach(
                file -> byTask.putIfAbsent(ATTEMPT.matcher(file.toString()).replaceFirst(""), file));
        return byTask.size() == files.size() ? rows : read(spark, schema, byTask.values());
    }

    /** The files that rows are read from. */
    static List<Path> files(Dataset<Row> rows) {
        return Arrays.stream(rows.inputFiles())
                .map(file -> new Path(URI.create(file)))
                .toList();
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

    /**
     * What a reader finds in a place where files have to be.
     *
     * @param advice what to do if there are none
     * @throws TableException if the place is missing, or has no files to take the columns of
     */
    static <T> T found(Path place, String advice, Supplier<T> reader) {
        try {
            return reader.get();
        } catch (Exception e) { // Spark throws checked ones without declaring them
            if (e instanceof AnalysisException) {
                throw TableException.refused(
                        e, "%s: its rows are not there: %s; %s".formatted(place, Messages.reason(e), advice));
            }
            throw e;
        }
    }
}
