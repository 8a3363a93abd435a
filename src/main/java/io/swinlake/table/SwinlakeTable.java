package io.swinlake.table;

import io.swinlake.PublicApi;
import io.swinlake.storage.TextFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * An output of {@code infer} as its readers should see it: the rows of committed runs, one for each image, all of one moment.
 * It may be a Parquet table with runs or without, a Delta table or an Iceberg table; which one, the place itself tells.
 */
@PublicApi(since = "0.1.0")
public final class SwinlakeTable {
    /** Column with the id of the run that wrote a row. */
    public static final String RUN = RunTable.RUN;

    private SwinlakeTable() {}

    /**
     * The rows of all committed runs, one for each path, with the column {@code run}; of an output without runs, the table.
     *
     * @param spark with the jar of the format of the table
     * @param uri folder of the table, or the name of an Iceberg or Delta table in a catalog
     * @return the rows
     * @throws IOException if the folder cannot be listed, or holds runs of which none is committed
     * @throws TableException if a record cannot be read, or the jar of the table's format is missing
     */
    public static Dataset<Row> read(SparkSession spark, String uri) throws IOException {
        Optional<LakeTable> lake = LakeTable.find(spark, uri);
        if (lake.isPresent()) {
            return lake.get().snapshot();
        }
        ParquetRuns runs = ParquetRuns.at(spark, uri);
        List<String> begun = runs.begun();
        if (!begun.isEmpty()) {
            return runs.rows()
                    .orElseThrow(() ->
                            new IOException("none of its runs is committed and has rows: " + String.join(", ", begun)));
        }
        return exists(spark, uri) ? ParquetRows.read(spark, uri) : ParquetRows.readPattern(spark, uri);
    }

    /**
     * Whether a catalog has a table of this name.
     *
     * @param spark whose catalogs are asked
     * @param name {@code catalog.database.table} or shorter
     * @return whether it is one
     */
    public static boolean isInCatalog(SparkSession spark, String name) {
        return LakeTable.isInCatalog(spark, name);
    }

    private static boolean exists(SparkSession spark, String uri) throws IOException {
        Path path = new Path(uri);
        return path.getFileSystem(spark.sessionState().newHadoopConf()).exists(path);
    }

    /**
     * What the committed runs have said about themselves, the one that began last first; also those whose rows a compaction holds,
     * which itself has computed nothing and is left out.
     *
     * @param spark with the jar of the format of the table
     * @param uri as {@link #read} takes it
     * @return the records; none of an output without runs that was written elsewhere
     * @throws IOException if the folder cannot be listed
     */
    public static List<RunRecord> records(SparkSession spark, String uri) throws IOException {
        List<RunRecord> records = new ArrayList<>(finished(spark, uri).values());
        records.removeIf(RunRecord::isCompaction);
        Configuration configuration = spark.sessionState().newHadoopConf();
        TextFile.at(new Path(uri, RunRecord.FILE_NAME), configuration)
                .read()
                .ifPresent(json -> records.add(RunRecord.parse(uri + "/" + RunRecord.FILE_NAME, json)));
        records.sort((one, other) -> other.started().compareTo(one.started()));
        return records;
    }

    private static SortedMap<String, RunRecord> finished(SparkSession spark, String uri) throws IOException {
        Optional<LakeTable> lake = LakeTable.find(spark, uri);
        if (lake.isPresent()) {
            return new MergedTable(spark, lake.get(), Optional.empty()).finished();
        }
        ParquetRuns table = ParquetRuns.at(spark, uri);
        SortedMap<String, RunRecord> all = table.history();
        all.putAll(table.finished());
        return all;
    }

    /**
     * What runs have left in a Parquet table that no reader needs, each with what becomes of it, in words.
     *
     * @param spark with the jar of the format of the table
     * @param uri as {@link #read} takes it
     * @return one line for each; empty for Delta and Iceberg
     * @throws IOException if the folder cannot be listed
     */
    public static List<String> leftovers(SparkSession spark, String uri) throws IOException {
        if (LakeTable.find(spark, uri).isPresent()) {
            return List.of(); // what Delta and Iceberg do not need any more is their own business
        }
        ParquetRuns table = ParquetRuns.at(spark, uri);
        Configuration configuration = spark.sessionState().newHadoopConf();
        List<String> leftovers = new ArrayList<>();
        for (String run : StagedRun.all(table.home(), configuration)) {
            if (StagedRun.of(table.home(), run, configuration).exists()) {
                leftovers.add(
                        table.finished().containsKey(run)
                                ? "%s: of run '%s', which is committed; the next run removes it"
                                        .formatted(StagedRun.folder(table.home(), run), run)
                                : "%s: of run '%s', which is not finished; %s completes it"
                                        .formatted(
                                                StagedRun.folder(table.home(), run),
                                                run,
                                                CompactedRuns.isId(run) ? "compact" : "infer --run-id " + run));
            }
        }
        for (String run : table.begun()) {
            if (table.compacted().runs().contains(run)) {
                leftovers.add("%s: run '%s' holds its rows; compact removes it some days later"
                        .formatted(table.runFolder(run), table.compacted().id().orElseThrow()));
            }
        }
        for (Map.Entry<String, RunRecord> run : table.finished().entrySet()) {
            for (FileStatus file : table.leftInRunFolder(run.getKey(), run.getValue())) {
                leftovers.add("%s: of another attempt at run '%s', which is committed; %s removes it"
                        .formatted(
                                file.getPath(),
                                run.getKey(),
                                CompactedRuns.isId(run.getKey()) ? "compact" : "infer --run-id " + run.getKey()));
            }
        }
        return leftovers;
    }
}
