package io.swinlake.table;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.swinlake.storage.Messages;
import io.swinlake.storage.TextFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.CreateTableWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A Delta or Iceberg table, to which a run's rows are merged by path, in one transaction. The same merge twice leaves the
 * same rows as once, so a run that died after its merge, and before it was known to be finished, merges again. Records lie in
 * {@code _runs/ID/_run.json} in the table's folder, or where {@code --runs} says.
 */
final class MergedTable implements RunTable {
    private final SparkSession spark;
    private final Configuration configuration;
    private final LakeTable table;
    private final Optional<String> runs;

    /** @param runs folder for the records; empty for the table's own */
    MergedTable(SparkSession spark, LakeTable table, Optional<String> runs) {
        this.spark = spark;
        this.configuration = spark.sessionState().newHadoopConf();
        this.table = table;
        this.runs = runs;
    }

    /**
     * Makes the table; what was made is dropped again where the runs have no place for their records.
     *
     * @throws TableException if there is none
     */
    @Override
    public void create(StructType columns) throws IOException {
        boolean isNew = !table.exists();
        boolean isPlaceKnown = runs.isPresent() || table.format() == TableFormat.DELTA;
        if (isPlaceKnown) {
            requireReachable();
        }
        if (isNew) {
            try {
                createEmpty(columns.add(RUN, DataTypes.StringType));
            } catch (TableAlreadyExistsException e) {
                isNew = false; // another attempt has made it since we looked
            }
        }
        if (!isPlaceKnown) {
            try {
                requireReachable();
            } catch (TableException e) {
                if (isNew) {
                    spark.sql("DROP TABLE " + table.sqlName());
                }
                throw e;
            }
        }
        addMissing("", columns, spark.table(table.sqlName()).schema());
    }

    private void createEmpty(StructType columns) throws TableAlreadyExistsException {
        CreateTableWriter<Row> writer = spark.createDataFrame(List.of(), columns)
                .writeTo(table.sqlName())
                .using(table.format().word());
        change(writer::create);
    }

    private void requireReachable() {
        try {
            FileSystem reached = home().getFileSystem(configuration);
            reached.exists(new Path(home(), StagedRun.FOLDER));
        } catch (IOException | IllegalArgumentException e) {
            throw TableException.refused(
                    e,
                    "%s: the records of runs cannot be kept in %s: %s; --runs URI names another folder for them"
                            .formatted(table.name(), home(), Messages.reason(e)));
        }
    }

    /** Columns that this release has and the one that made the table did not. */
    private void addMissing(String prefix, StructType wanted, StructType held) {
        for (StructField field : wanted.fields()) {
            String name = prefix + "`" + field.name() + "`";
            Optional<DataType> there = Arrays.stream(held.fields())
                    .filter(some -> some.name().equals(field.name()))
                    .map(StructField::dataType)
                    .findFirst();
            if (there.isEmpty()) {
                spark.sql("ALTER TABLE %s ADD COLUMNS (%s %s)"
                        .formatted(table.sqlName(), name, field.dataType().sql()));
            } else if (field.dataType() instanceof StructType inner && there.get() instanceof StructType heldInner) {
                addMissing(name + ".", inner, heldInner);
            }
        }
    }

    @Override
    public List<Path> folders() {
        return table.exists() ? List.of(place(table.location()), home()) : List.of();
    }

    @Override
    public Path home() {
        return runs.map(Path::new).orElseGet(() -> place(table.location()));
    }

    /** Catalogs name objects in S3 as {@code s3://}; Hadoop's own file system for them is called {@code s3a}. */
    private Path place(String location) {
        boolean isUnknown = location.startsWith("s3://") && configuration.get("fs.s3.impl") == null;
        return new Path(isUnknown ? "s3a" + location.substring("s3".length()) : location);
    }

    private TextFile recordFile(String run) throws IOException {
        return TextFile.at(new Path(StagedRun.folder(home(), run), RunRecord.FILE_NAME), configuration);
    }

    @Override
    public Optional<String> record(String run) throws IOException {
        return table.exists() ? recordFile(run).read() : Optional.empty();
    }

    @Override
    public SortedMap<String, RunRecord> finished() throws IOException {
        SortedMap<String, RunRecord> finished = new TreeMap<>();
        if (table.exists()) {
            for (String run : StagedRun.all(home(), configuration)) {
                Optional<String> json = record(run);
                if (json.isPresent()) {
                    finished.put(run, RunRecord.parse(run + "/" + RunRecord.FILE_NAME, json.get()));
                }
            }
        }
        return finished;
    }

    @Override
    public Optional<String> otherRun(String run) {
        return rows().map(rows -> rows.where(col(RUN).notEqual(run)).select(RUN).takeAsList(1).stream()
                        .map(row -> row.getString(0))
                        .findFirst())
                .orElse(Optional.empty());
    }

    @Override
    public List<SameModel.Facts> models() {
        return rows().map(SameModel::of).orElse(List.of());
    }

    @Override
    public Optional<Dataset<Row>> rows() {
        return table.exists() ? Optional.of(table.snapshot()) : Optional.empty();
    }

    @Override
    public void write(
            String run,
            Attempt attempt,
            Optional<Dataset<Row>> rows,
            boolean skipInvalid,
            Optional<Dataset<Row>> replaced) {
        boolean hasBegun = !table.snapshot().where(col(RUN).equalTo(run)).isEmpty();
        if (rows.isEmpty()) {
            if (hasBegun) { // an attempt has merged rows of objects that have left the lake since
                change(() -> spark.sql("DELETE FROM %s WHERE run = '%s'".formatted(table.sqlName(), run)));
            }
            return;
        }
        String source = "swinlake_" + UUID.randomUUID().toString().replace('-', '_');
        Dataset<Row> computed = rows.get().withColumn(RUN, lit(run));
        computed.createOrReplaceTempView(source);
        String columns = names(computed, "", "%s");
        String values = names(computed, "computed.", "%s");
        String assignments = names(computed, "", "%1$s = computed.%1$s");
        String valid = skipInvalid ? " AND computed.error IS NULL" : "";
        try {
            String merge = "MERGE INTO " + table.sqlName() + " AS held USING " + source
                    + " AS computed ON held.path = computed.path"
                    + (skipInvalid ? " WHEN MATCHED AND computed.error IS NOT NULL THEN DELETE" : "")
                    + " WHEN MATCHED THEN UPDATE SET " + assignments
                    + " WHEN NOT MATCHED" + valid + " THEN INSERT (" + columns + ") VALUES (" + values + ")"
                    + (hasBegun ? " WHEN NOT MATCHED BY SOURCE AND held.run = '" + run + "' THEN DELETE" : "");
            change(() -> spark.sql(merge));
        } finally {
            spark.catalog().dropTempView(source);
        }
    }

    /**
     * Changes the table. Delta stores Parquet as the session says; other readers take Spark's default times for local ones, and
     * name the elements of its old lists otherwise.
     */
    private <E extends Exception> void change(Change<E> change) throws E {
        Map<String, String> theirs = new TreeMap<>();
        ParquetRows.TYPES.forEach((setting, ours) -> {
            theirs.put(setting, spark.conf().get(setting));
            spark.conf().set(setting, ours);
        });
        try {
            change.run();
        } finally {
            theirs.forEach(spark.conf()::set);
        }
    }

    @FunctionalInterface
    private interface Change<E extends Exception> {
        void run() throws E;
    }

    private static String names(Dataset<Row> rows, String prefix, String pattern) {
        return Arrays.stream(rows.columns())
                .map(name -> prefix + "`" + name + "`")
                .map(name -> pattern.replace("%1$s", name).replace("%s", name))
                .collect(Collectors.joining(", "));
    }

    @Override
    public Optional<Dataset<Row>> written(String run, Attempt attempt) {
        return Optional.of(table.snapshot().where(col(RUN).equalTo(run)));
    }

    @Override
    public boolean commit(String run, String record) throws IOException {
        return recordFile(run).create(record);
    }

    /** Its rows are those of any other attempt. */
    @Override
    public void discard(String run, Attempt attempt) {}

    /** Formats of their own remove what no snapshot needs. */
    @Override
    public void clean(String run, RunRecord record) {}
}
