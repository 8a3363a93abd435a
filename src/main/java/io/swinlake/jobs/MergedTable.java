package io.swinlake.jobs;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.swinlake.spark.SwinlakeTable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A Delta or Iceberg table, to which a run's rows are merged by path, in one transaction. The same merge twice leaves the
 * same rows as once, so a run that died after its merge, and before it was known to be finished, merges again.
 */
final class MergedTable implements ResultTable {
    private static final String RECORD = "_run.json";

    private final SparkSession spark;
    private final Configuration configuration;
    private final TableFormat format;
    private final String name;

    private MergedTable(SparkSession spark, TableFormat format, String name) {
        this.spark = spark;
        this.configuration = spark.sessionState().newHadoopConf();
        this.format = format;
        this.name = name;
    }

    /** A Delta table in a folder. */
    static MergedTable delta(SparkSession spark, String uri) throws IOException {
        Path root = new Path(uri);
        FileSystem fileSystem = root.getFileSystem(spark.sessionState().newHadoopConf());
        if (!fileSystem.exists(new Path(root, "_delta_log")) && hasFiles(fileSystem, root)) {
            throw JobException.preflight("%s: exists already and is no Delta table; choose another --output", uri);
        }
        return new MergedTable(spark, TableFormat.DELTA, "delta.`%s`".formatted(fileSystem.makeQualified(root)));
    }

    private static boolean hasFiles(FileSystem fileSystem, Path folder) throws IOException {
        try {
            return fileSystem.listStatus(folder).length > 0;
        } catch (FileNotFoundException e) {
            return false;
        }
    }

    /** An Iceberg table of a catalog that Spark's settings name. */
    static MergedTable iceberg(SparkSession spark, String name) {
        if (!name.matches("\\w+(\\.\\w+)+")) {
            throw JobException.preflight(
                    "%s: is no name of an Iceberg table, as catalog.database.table; its catalog stands in Spark's settings"
                            + " spark.sql.catalog.*",
                    name);
        }
        return new MergedTable(spark, TableFormat.ICEBERG, name);
    }

    private boolean exists() {
        return spark.catalog().tableExists(name);
    }

    @Override
    public void create(StructType columns) {
        if (exists()) {
            return;
        }
        try {
            spark.createDataFrame(List.of(), columns.add(SwinlakeTable.RUN, DataTypes.StringType))
                    .writeTo(name)
                    .using(format.name().toLowerCase(Locale.ROOT))
                    .create();
        } catch (TableAlreadyExistsException e) { // since we looked
            throw JobException.preflight(e);
        }
    }

    @Override
    public Path home() {
        return new Path(spark.sql("DESCRIBE TABLE EXTENDED " + name)
                .where("col_name = 'Location'")
                .first()
                .getString(1));
    }

    private Path recordFile(String run) {
        return new Path(StagedRun.folder(home(), run), RECORD);
    }

    @Override
    public Optional<String> record(String run) throws IOException {
        if (!exists()) {
            return Optional.empty();
        }
        Path file = recordFile(run);
        return StagedRun.read(file.getFileSystem(configuration), file);
    }

    @Override
    public Optional<FinishedRun> anyFinished() throws IOException {
        if (!exists()) {
            return Optional.empty();
        }
        Optional<Row> any = spark.table(name).select(SwinlakeTable.RUN).limit(1).collectAsList().stream()
                .findFirst();
        if (any.isEmpty()) {
            return Optional.empty();
        }
        String run = any.get().getString(0);
        return record(run).map(record -> new FinishedRun(run, record));
    }

    @Override
    public Optional<Dataset<Row>> rowsOfOthers(String run) {
        return exists()
                ? Optional.of(spark.table(name).where(col(SwinlakeTable.RUN).notEqual(run)))
                : Optional.empty();
    }

    @Override
    public void publish(String run, Optional<Dataset<Row>> rows, Optional<Dataset<Row>> replaced) {
        if (rows.isEmpty()) {
            return;
        }
        String source = "swinlake_" + UUID.randomUUID().toString().replace('-', '_');
        rows.get().withColumn(SwinlakeTable.RUN, lit(run)).createOrReplaceTempView(source);
        try {
            spark.sql("MERGE INTO " + name + " AS held USING " + source + " AS computed ON held.path = computed.path"
                    + " WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *");
        } finally {
            spark.catalog().dropTempView(source);
        }
    }

    @Override
    public Optional<Dataset<Row>> rowsOf(String run) {
        return Optional.of(spark.table(name).where(col(SwinlakeTable.RUN).equalTo(run)));
    }

    @Override
    public void finish(String run, String record) throws IOException {
        StagedRun.writeAtOnce(configuration, recordFile(run), record);
    }
}
