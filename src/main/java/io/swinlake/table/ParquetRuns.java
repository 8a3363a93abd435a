package io.swinlake.table;

import io.swinlake.storage.TextFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
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
 * A Parquet table of runs.
 *
 * <pre>
 * OUTPUT/run=ID/ATTEMPT/part-*.parquet    rows that an attempt has written
 * OUTPUT/run=ID/ATTEMPT/_replaced/        (path, run) of rows of earlier runs that these replace, as lines of JSON
 * OUTPUT/run=ID/_run.json                 the record, written last: with it the run is committed; it names the ATTEMPT
 * OUTPUT/_runs/ID/                        what an unfinished run has so far; gone when it is committed
 * </pre>
 *
 * Nothing that is committed is ever changed or moved, so a reader needs no lock, also on S3: what it finds committed is
 * there as long as it reads. A run appears with all its rows and replacements at once, because one object makes it appear.
 * A {@link Compaction} is a run too; the runs that it stands for are left out from the moment at which it appears.
 */
final class ParquetRuns implements RunTable {
    private static final String REPLACED = "_replaced";

    private static final StructType REPLACED_ROWS =
            new StructType().add("path", DataTypes.StringType).add(RUN, DataTypes.StringType);

    private final SparkSession spark;
    private final Configuration configuration;
    private final FileSystem fileSystem;
    private final Path root;
    private final List<String> names;
    private final CompactedRuns compacted;
    private final SortedMap<String, RunRecord> finished;

    @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
    private Optional<Dataset<Row>> rows;

    private ParquetRuns(SparkSession spark, Configuration configuration, FileSystem fileSystem, Path root)
            throws IOException {
        this.spark = spark;
        this.configuration = configuration;
        this.fileSystem = fileSystem;
        this.root = root;
        this.names = list(root).stream().map(file -> file.getPath().getName()).toList();
        SortedMap<String, RunRecord> compactions =
                readRecords(begun().stream().filter(CompactedRuns::isId).toList());
        this.compacted =
                compactions.isEmpty() ? CompactedRuns.NONE : CompactedRuns.of(compactions.get(compactions.lastKey()));
        this.finished = readRecords(
                begun().stream().filter(run -> !compacted.runs().contains(run)).toList());
    }

    /** The table in a folder, which need not exist yet, with the runs that are committed now. */
    static ParquetRuns at(SparkSession spark, String uri) throws IOException {
        Configuration configuration = spark.sessionState().newHadoopConf();
        Path path = new Path(uri);
        FileSystem fileSystem = path.getFileSystem(configuration);
        return new ParquetRuns(spark, configuration, fileSystem, fileSystem.makeQualified(path));
    }

    /** The same, for writing: refuses a folder with other things than runs. */
    static ParquetRuns forWriting(SparkSession spark, String uri) throws IOException {
        ParquetRuns runs = at(spark, uri);
        if (runs.hasOtherFiles()) {
            throw TableException.refused(
                    "%s: exists already as one table, without runs; choose another --output, or move all that is in it to"
                            + " %s to add runs to it",
                    uri, runs.runFolder("first"));
        }
        return runs;
    }

    /** Whether it holds anything that readers of Parquet would see, other than runs. */
    private boolean hasOtherFiles() {
        return names.stream()
                .anyMatch(name -> !name.startsWith("_") && !name.startsWith(".") && !name.startsWith(RUN + "="));
    }

    private List<FileStatus> list(Path folder) throws IOException {
        try {
            return Arrays.asList(fileSystem.listStatus(folder));
        } catch (FileNotFoundException e) {
            return List.of();
        }
    }

    /** Ids of all runs that had a folder when this was opened, committed or not. */
    List<String> begun() {
        return begun(names);
    }

    private static List<String> begun(List<String> names) {
        return names.stream()
                .filter(name -> name.startsWith(RUN + "="))
                .map(name -> ExternalCatalogUtils.unescapePathName(name.substring(RUN.length() + 1)))
                .toList();
    }

    /** Records are read side by side, since in S3 each costs a request. */
    private SortedMap<String, RunRecord> readRecords(List<String> runs) throws IOException {
        try {
            return runs.parallelStream()
                    .flatMap(run ->
                            readRecord(run).map(json -> Map.entry(run, RunRecord.parse(place(run), json))).stream())
                    .collect(
                            Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (one, same) -> one, TreeMap::new));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private Optional<String> readRecord(String run) {
        try {
            return storedRecord(run);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String place(String run) {
        return recordPath(run).toString();
    }

    /** Without those whose rows a compaction holds. */
    @Override
    public SortedMap<String, RunRecord> finished() {
        return finished;
    }

    /** What the newest compaction stands for. */
    CompactedRuns compacted() {
        return compacted;
    }

    /** The records of runs whose rows a compaction holds. */
    SortedMap<String, RunRecord> history() throws IOException {
        return compacted.id().isEmpty()
                ? new TreeMap<>()
                : CompactedRuns.read(
                        fileSystem,
                        rowsFolder(
                                compacted.id().get(),
                                finished.get(compacted.id().get())));
    }

    /** Also of a run whose folder is removed, because a compaction holds its rows. */
    @Override
    public Optional<String> record(String run) throws IOException {
        Optional<String> stored = storedRecord(run);
        return stored.isPresent()
                ? stored
                : Optional.ofNullable(history().get(run)).map(RunRecord::toJson);
    }

    Optional<String> storedRecord(String run) throws IOException {
        return TextFile.at(recordPath(run), configuration).read();
    }

    @Override
    public Optional<String> otherRun(String run) {
        return finished.keySet().stream().filter(id -> !id.equals(run)).reduce((first, second) -> second);
    }

    /** The records tell all: a run is one attempt's, and an attempt has one model. */
    @Override
    public List<SameModel.Facts> models() {
        return List.of();
    }

    /** Found once: a table of many runs is not listed again by whoever asks next. */
    @Override
    public synchronized Optional<Dataset<Row>> rows() {
        if (rows == null) {
            rows = LookAgain.untilItAddsUp(() -> storedRows().map(this::withoutReplaced));
        }
        return rows;
    }

    private List<Map.Entry<String, RunRecord>> withRows() {
        return finished.entrySet().stream()
                .filter(run -> run.getValue().written() > 0)
                .toList();
    }

    /** Also those that have given way. */
    private Optional<Dataset<Row>> storedRows() {
        List<Map.Entry<String, RunRecord>> withRows = withRows();
        // The newest has the columns of all: later releases only add some. Given, because Spark would take an id like
        // 2026-11-21 for a date and 007 for a number.
        Optional<Map.Entry<String, RunRecord>> newest = withRows.stream()
                .max(Comparator.comparingInt((Map.Entry<String, RunRecord> run) -> Math.min(
                                run.getValue().version(), RunRecord.VERSION)) // a compaction is not newer by that
                        .thenComparing(run -> run.getValue().started()));
        Optional<StructType> schema = newest.map(run -> {
            Path folder = rowsFolder(run.getKey(), run.getValue());
            return ParquetRows.found(folder, toRepair(run.getKey()), () -> ParquetRows.read(spark, folder.toString())
                    .schema());
        });
        Optional<Dataset<Row>> stored = schema.map(columns -> ParquetRows.found(
                root,
                "restore what is missing",
                () -> ParquetRows.read(
                        spark,
                        columns.add(RUN, DataTypes.StringType),
                        root,
                        withRows.stream().flatMap(this::rowsOf).toList())));
        stored.ifPresent(rows -> requireFilesOfRecords(withRows, rows));
        return stored;
    }

    /** A file that is lost, or not listed yet, must not make a smaller table of it, nor one that is left over a larger. */
    private void requireFilesOfRecords(List<Map.Entry<String, RunRecord>> runs, Dataset<Row> rows) {
        Map<Path, Long> files =
                ParquetRows.files(rows).stream().collect(Collectors.groupingBy(Path::getParent, Collectors.counting()));
        for (Map.Entry<String, RunRecord> run : runs) {
            Path folder = rowsFolder(run.getKey(), run.getValue());
            Integer expected = run.getValue().files();
            long found = files.getOrDefault(folder, 0L);
            if (expected != null && found != expected) {
                throw TableException.refused(
                        "%s: %d Parquet files, but the record of run '%s' says %d; %s",
                        folder, found, run.getKey(), expected, toRepair(run.getKey()));
            }
        }
    }

    private String toRepair(String run) {
        return "restore what was there, or remove %s: infer --incremental computes its images again"
                .formatted(runFolder(run));
    }

    /**
     * {@link #rows}, of one listing in which the runs have as many rows as their records say. Counts them, which only the records of
     * today's releases make certain by the number of files.
     *
     * @throws TableException if a run has not as many
     */
    Optional<Dataset<Row>> countedRows() {
        return LookAgain.untilItAddsUp(() -> {
            Optional<Dataset<Row>> stored = storedRows();
            requireRowsOfRecords(stored);
            return stored.map(this::withoutReplaced);
        });
    }

    private void requireRowsOfRecords(Optional<Dataset<Row>> stored) {
        Map<String, Long> counts = new HashMap<>();
        stored.ifPresent(rows ->
                rows.groupBy(RUN).count().collectAsList().forEach(row -> counts.put(row.getString(0), row.getLong(1))));
        for (Map.Entry<String, RunRecord> run : withRows()) {
            long found = counts.getOrDefault(run.getKey(), 0L);
            if (found != run.getValue().written()) {
                throw TableException.refused(
                        "%s: %d rows, but its record says %d; %s",
                        rowsFolder(run.getKey(), run.getValue()),
                        found,
                        run.getValue().written(),
                        toRepair(run.getKey()));
            }
        }
    }

    /** What Spark is to read of a run. Where rows lie in the run's folder itself, there may be folders of attempts in it. */
    private Stream<Path> rowsOf(Map.Entry<String, RunRecord> run) {
        Path folder = rowsFolder(run.getKey(), run.getValue());
        return run.getValue().attemptFolder().isPresent() ? Stream.of(folder) : filesIn(folder);
    }

    private Dataset<Row> withoutReplaced(Dataset<Row> rows) {
        List<Path> asJson = replacing(run -> run.version() > RunRecord.FIRST_VERSION);
        List<Path> asParquet = replacing(run -> run.version() == RunRecord.FIRST_VERSION);
        Optional<Dataset<Row>> json = Optional.of(asJson)
                .filter(some -> !some.isEmpty())
                .map(some -> ParquetRows.complete(spark.read())
                        .schema(REPLACED_ROWS)
                        .option("mode", "FAILFAST")
                        .json(ParquetRows.texts(some)));
        Optional<Dataset<Row>> parquet = Optional.of(asParquet)
                .filter(some -> !some.isEmpty())
                .map(some ->
                        ParquetRows.complete(spark.read()).schema(REPLACED_ROWS).parquet(ParquetRows.texts(some)));
        Optional<Dataset<Row>> replaced =
                json.flatMap(some -> parquet.map(some::union)).or(() -> json).or(() -> parquet);
        return replaced.map(some -> rows.join(
                        some,
                        rows.col("path")
                                .equalTo(some.col("path"))
                                .and(rows.col(RUN).equalTo(compacted.holder(some.col(RUN)))),
                        "left_anti"))
                .orElse(rows);
    }

    /** The files in which some runs list the rows that they replace. */
    private List<Path> replacing(Predicate<RunRecord> some) {
        try {
            return finished.entrySet().parallelStream()
                    .filter(run -> run.getValue().replaced() > 0 && some.test(run.getValue()))
                    .flatMap(this::replacingFiles)
                    .toList();
        } catch (UncheckedIOException e) {
            throw TableException.refused(
                    e, "%s: cannot be listed: %s".formatted(root, e.getCause().getMessage()));
        }
    }

    private Stream<Path> replacingFiles(Map.Entry<String, RunRecord> run) {
        Path folder = new Path(rowsFolder(run.getKey(), run.getValue()), REPLACED);
        List<Path> files = filesIn(folder).toList();
        if (files.isEmpty()) {
            throw TableException.refused(
                    "%s: is empty, but the record of run '%s' says that %d rows of others give way; %s",
                    folder, run.getKey(), run.getValue().replaced(), toRepair(run.getKey()));
        }
        return files.stream();
    }

    private Stream<Path> filesIn(Path folder) {
        try {
            return Arrays.stream(fileSystem.listStatus(folder))
                    .map(FileStatus::getPath)
                    .filter(file -> file.getName().startsWith("part-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A folder comes with its files. */
    @Override
    public void create(StructType columns) {}

    @Override
    public List<Path> folders() {
        return List.of(root);
    }

    @Override
    public Path home() {
        return root;
    }

    @Override
    public void write(
            String run,
            Attempt attempt,
            Optional<Dataset<Row>> rows,
            boolean skipInvalid,
            Optional<Dataset<Row>> replaced)
            throws IOException {
        if (rows.isPresent()) {
            ParquetRows.writeInTwoTries(
                    skipInvalid ? rows.get().where("error IS NULL") : rows.get(), attemptFolder(run, attempt.name()));
        }
        if (replaced.isPresent()) {
            // Not as Parquet: many readers take every *.parquet below the table for rows.
            ParquetRows.writeJson(
                    replaced.get().repartition(1), new Path(attemptFolder(run, attempt.name()), REPLACED));
        }
    }

    @Override
    public Optional<Dataset<Row>> written(String run, Attempt attempt) throws IOException {
        Path folder = attemptFolder(run, attempt.name());
        return fileSystem.exists(folder)
                ? Optional.of(
                        ParquetRows.found(folder, "run it again", () -> ParquetRows.read(spark, folder.toString())))
                : Optional.empty();
    }

    /** A compaction that was committed meanwhile is in no one's way: what it holds, this run has seen. */
    @Override
    public boolean commit(String run, String record) throws IOException {
        for (String other :
                begun(list(root).stream().map(file -> file.getPath().getName()).toList())) {
            if (other.equals(run) || isKnown(other)) {
                continue;
            }
            Optional<String> theirs = storedRecord(other);
            if (theirs.isPresent() && !isOfKnownRuns(RunRecord.parse(place(other), theirs.get()))) {
                throw TableException.failed(
                        "%s: run '%s' was committed meanwhile; run this one again, it will take those rows into account",
                        root, other);
            }
        }
        return create(run, record);
    }

    private boolean isKnown(String run) {
        return finished.containsKey(run) || compacted.runs().contains(run);
    }

    private boolean isOfKnownRuns(RunRecord other) {
        return other.isCompaction() && other.compacts().stream().allMatch(this::isKnown);
    }

    /** Stores a record unless the run has one. */
    boolean create(String run, String record) throws IOException {
        return TextFile.at(recordPath(run), configuration).create(record);
    }

    @Override
    public void discard(String run, Attempt attempt) throws IOException {
        fileSystem.delete(attemptFolder(run, attempt.name()), true);
    }

    @Override
    public void clean(String run, RunRecord record) throws IOException {
        for (String other : StagedRun.all(root, configuration)) {
            if (storedRecord(other).isPresent()) { // its driver died between its commit and its cleaning
                StagedRun.of(root, other, configuration).delete();
            }
        }
        List<FileStatus> left = leftInRunFolder(run, record);
        boolean isGuarded =
                !left.isEmpty() && TextFile.at(recordPath(run), configuration).isGuarded();
        for (FileStatus file : left) {
            String name = file.getPath().getName();
            boolean abandoned = Attempt.isAbandoned(name)
                    || (file.isFile()
                            && System.currentTimeMillis() - file.getModificationTime() > Attempt.ABANDONED.toMillis());
            // Elsewhere an attempt that looked before there was a record may still put its own in its place.
            if (isGuarded || abandoned) {
                fileSystem.delete(file.getPath(), true);
            }
        }
    }

    /** What lies in the folder of a committed run and is not its own. */
    List<FileStatus> leftInRunFolder(String run, RunRecord record) throws IOException {
        boolean rowsLieHere = record.attemptFolder().isEmpty();
        return list(runFolder(run)).stream()
                .filter(file -> {
                    String name = file.getPath().getName();
                    return rowsLieHere
                            ? Attempt.isOne(name)
                            : !name.equals(RunRecord.FILE_NAME)
                                    && !name.equals(record.attempt())
                                    && !name.startsWith("."); // a record that is being written
                })
                .toList();
    }

    Path runFolder(String run) {
        return new Path(root, RUN + "=" + ExternalCatalogUtils.escapePathName(run));
    }

    private Path recordPath(String run) {
        return new Path(runFolder(run), RunRecord.FILE_NAME);
    }

    Path attemptFolder(String run, String attempt) {
        return new Path(runFolder(run), attempt);
    }

    private Path rowsFolder(String run, RunRecord record) {
        return record.attemptFolder()
                .map(attempt -> attemptFolder(run, attempt))
                .orElseGet(() -> runFolder(run));
    }
}
