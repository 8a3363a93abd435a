package io.swinlake.jobs;

import static org.apache.spark.sql.functions.col;

import io.swinlake.spark.SwinlakeTable;
import java.io.IOException;
import java.util.Optional;
import java.util.SortedSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** A Parquet table as {@link SwinlakeTable} describes it: a folder for each run, and the run's record as its commit. */
final class RunFolders implements ResultTable {
    private final SparkSession spark;
    private final Configuration configuration;
    private final FileSystem fileSystem;
    private final SwinlakeTable table;
    private final SortedSet<String> committed;

    RunFolders(SparkSession spark, String output) throws IOException {
        this.spark = spark;
        this.configuration = spark.sessionState().newHadoopConf();
        this.table = SwinlakeTable.at(spark, output);
        this.fileSystem = table.root().getFileSystem(configuration);
        if (table.isOneTable()) {
            throw JobException.preflight(
                    "%s: exists already as one table, without runs; choose another --output, or move all that is in it to"
                            + " %s to add runs to it",
                    output, table.runFolder("first"));
        }
        this.committed = table.committedRuns();
    }

    @Override
    public Optional<String> record(String run) throws IOException {
        return StagedRun.read(fileSystem, table.record(run));
    }

    @Override
    public Optional<FinishedRun> anyFinished() throws IOException {
        if (committed.isEmpty()) {
            return Optional.empty();
        }
        String run = committed.last();
        return record(run).map(record -> new FinishedRun(run, record));
    }

    @Override
    public Optional<Dataset<Row>> rowsOfOthers(String run) throws IOException {
        return table.committedRows()
                .map(rows -> rows.where(col(SwinlakeTable.RUN).notEqual(run)));
    }

    /** A folder comes with its files. */
    @Override
    public void create(StructType columns) {}

    @Override
    public Path home() {
        return table.root();
    }

    /** Invisible to those who read committed runs, until {@link #finish}. */
    @Override
    public void publish(String run, Optional<Dataset<Row>> rows, Optional<Dataset<Row>> replaced) throws IOException {
        fileSystem.delete(table.runFolder(run), true); // what a broken attempt has published
        if (rows.isPresent()) {
            EmbeddingFiles.write(rows.get(), table.runFolder(run));
        }
        if (replaced.isPresent()) {
            replaced.get()
                    .coalesce(1)
                    .write()
                    .mode(SaveMode.Overwrite)
                    .parquet(table.replacedRows(run).toString());
        }
    }

    @Override
    public Optional<Dataset<Row>> rowsOf(String run) throws IOException {
        Path folder = table.runFolder(run);
        return fileSystem.exists(folder) ? Optional.of(spark.read().parquet(folder.toString())) : Optional.empty();
    }

    @Override
    public void finish(String run, String record) throws IOException {
        if (!table.committedRuns().equals(committed)) {
            throw JobException.failed(
                    "%s: another run was committed meanwhile; run this one again, it will take those rows into account",
                    table.root());
        }
        StagedRun.writeAtOnce(configuration, table.record(run), record);
    }
}
