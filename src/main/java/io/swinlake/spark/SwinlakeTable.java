package io.swinlake.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A Parquet output of {@code infer} as its readers should see it: the rows of committed runs, one for each image.
 *
 * <pre>
 * OUTPUT/run=ID/part-*.parquet    rows of one run
 * OUTPUT/run=ID/_replaced/        (path, run): rows of earlier runs that this one computed again, Parquet
 * OUTPUT/run=ID/_run.json         written last: with it the run is committed
 * OUTPUT/_runs/ID/                what an unfinished run has so far; gone when it is committed
 * </pre>
 *
 * Nothing that is committed is ever changed or moved, so a reader needs no lock, also on S3: what it lists as committed
 * is there as long as it reads. A run appears with all its rows and replacements at once, because one object makes it
 * appear. Spark's plain Parquet reader sees the same files, with {@code run} as a column, but also replaced rows and a
 * run whose files are just being put in place.
 *
 * <p>An output without folders {@code run=} is one table, as {@code infer} writes it without a run id.
 */
public final class SwinlakeTable {
    /** Column with the id of the run that wrote a row. */
    public static final String RUN = "run";

    /** Begins with an underscore, as {@code _SUCCESS} does, because readers of a Parquet folder skip such names only. */
    public static final String RECORD = "_run.json";

    private static final String REPLACED = "_replaced";

    private static final StructType REPLACED_ROWS =
            new StructType().add("path", DataTypes.StringType).add(RUN, DataTypes.StringType);

    private final SparkSession spark;
    private final Path root;
    private final FileSystem fileSystem;

    private SwinlakeTable(SparkSession spark, Path root, FileSystem fileSystem) {
        this.spark = spark;
        this.root = root;
        this.fileSystem = fileSystem;
    }

    /**
     * The table in a folder, which need not exist yet.
     *
     * @throws IOException if there is no such file system
     */
    public static SwinlakeTable at(SparkSession spark, String uri) throws IOException {
        Path path = new Path(uri);
        FileSystem fileSystem = path.getFileSystem(spark.sessionState().newHadoopConf());
        return new SwinlakeTable(spark, fileSystem.makeQualified(path), fileSystem);
    }

    /**
     * The rows of all committed runs, one for each path, with the column {@code run}; of an output without runs, the table.
     *
     * @throws IOException if the folder cannot be listed, or holds runs of which none is committed
     */
    public static Dataset<Row> read(SparkSession spark, String uri) throws IOException {
        SwinlakeTable table = at(spark, uri);
        SortedMap<String, RunFiles> runs = table.runs();
        if (runs.isEmpty()) {
            return spark.read().parquet(uri);
        }
        return table.rows(runs.values())
                .orElseThrow(() -> new IOException(
                        "none of its runs is committed and has rows: " + String.join(", ", runs.keySet())));
    }

    /** What a folder {@code run=ID} has. */
    private record RunFiles(String id, boolean isCommitted, boolean hasRows, List<String> replaced) {}

    /** All runs, by id. Runs are listed side by side, since on S3 each costs a request. */
    private SortedMap<String, RunFiles> runs() throws IOException {
        FileStatus[] folders;
        try {
            folders = fileSystem.listStatus(root);
        } catch (FileNotFoundException e) {
            return new TreeMap<>();
        }
        try {
            return Arrays.stream(folders)
                    .map(FileStatus::getPath)
                    .filter(folder -> folder.getName().startsWith(RUN + "="))
                    .parallel()
                    .map(this::filesOf)
                    .collect(Collectors.toMap(RunFiles::id, run -> run, (one, same) -> one, TreeMap::new));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private RunFiles filesOf(Path folder) {
        String id = ExternalCatalogUtils.unescapePathName(folder.getName().substring(RUN.length() + 1));
        List<Path> files = list(folder);
        boolean isCommitted = files.stream().anyMatch(file -> file.getName().equals(RECORD));
        boolean replaces = files.stream().anyMatch(file -> file.getName().equals(REPLACED));
        List<String> replaced = isCommitted && replaces
                ? list(new Path(folder, REPLACED)).stream()
                        .filter(SwinlakeTable::isParquet)
                        .map(Path::toString)
                        .toList()
                : List.of();
        return new RunFiles(id, isCommitted, files.stream().anyMatch(SwinlakeTable::isParquet), replaced);
    }

    private static boolean isParquet(Path file) {
        return file.getName().endsWith(".parquet");
    }

    /** What is in a folder; nothing if it is gone, as that of a broken run may be. */
    private List<Path> list(Path folder) {
        try {
            return Arrays.stream(fileSystem.listStatus(folder))
                    .map(FileStatus::getPath)
                    .toList();
        } catch (FileNotFoundException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ids of the runs that readers see, sorted. */
    public SortedSet<String> committedRuns() throws IOException {
        return runs().values().stream()
                .filter(run -> run.isCommitted)
                .map(run -> run.id)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The rows of all committed runs, one for each path; empty if there are none. */
    public Optional<Dataset<Row>> committedRows() throws IOException {
        return rows(runs().values());
    }

    private Optional<Dataset<Row>> rows(Collection<RunFiles> runs) {
        List<RunFiles> committed = runs.stream().filter(run -> run.isCommitted).toList();
        String[] folders = committed.stream()
                .filter(run -> run.hasRows)
                .map(run -> runFolder(run.id).toString())
                .toArray(String[]::new);
        if (folders.length == 0) {
            return Optional.empty();
        }
        // Given, because Spark would take run=2026-11-21 for a date and run=007 for a number.
        StructType schema = spark.read().parquet(folders[0]).schema().add(RUN, DataTypes.StringType);
        Dataset<Row> rows =
                spark.read().schema(schema).option("basePath", root.toString()).parquet(folders);
        String[] replacing =
                committed.stream().flatMap(run -> run.replaced.stream()).toArray(String[]::new);
        if (replacing.length == 0) {
            return Optional.of(rows);
        }
        Dataset<Row> replaced = spark.read().schema(REPLACED_ROWS).parquet(replacing);
        return Optional.of(rows.join(
                replaced,
                rows.col("path").equalTo(replaced.col("path")).and(rows.col(RUN).equalTo(replaced.col(RUN))),
                "left_anti"));
    }

    /** The folder itself, as its file system names it. */
    public Path root() {
        return root;
    }

    /** Whether it holds anything that readers of Parquet would see, other than runs: then it is one table, not runs. */
    public boolean isOneTable() throws IOException {
        try {
            for (FileStatus file : fileSystem.listStatus(root)) {
                String name = file.getPath().getName();
                if (!name.startsWith("_") && !name.startsWith(".") && !name.startsWith(RUN + "=")) {
                    return true;
                }
            }
            return false;
        } catch (FileNotFoundException e) {
            return false;
        }
    }

    /** Where a run's rows are written. */
    public Path runFolder(String id) {
        return new Path(root, RUN + "=" + ExternalCatalogUtils.escapePathName(id));
    }

    /** Where a run lists the rows of earlier runs that it replaces: {@code path string, run string}. */
    public Path replacedRows(String id) {
        return new Path(runFolder(id), REPLACED);
    }

    /** The object that commits a run. */
    public Path record(String id) {
        return new Path(runFolder(id), RECORD);
    }
}
