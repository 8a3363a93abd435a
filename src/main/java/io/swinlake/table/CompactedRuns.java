package io.swinlake.table;

import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;

/**
 * What the newest compaction of a Parquet table says: which runs it stands for, and what they have said about themselves.
 *
 * <p>Compactions are numbered. Two that are made at once have the same number, so they are two attempts at one run, of which
 * one commits; and the newest lists all that were before it, so that readers need no other.
 *
 * @param id of the newest compaction; empty if there is none
 * @param runs ids of the runs that readers leave out
 */
record CompactedRuns(Optional<String> id, Set<String> runs) {
    static final CompactedRuns NONE = new CompactedRuns(Optional.empty(), Set.of());

    private static final Pattern ID = Pattern.compile("compact-(\\d{6})");

    /** A folder, so that who looks for JSON of runs and of replaced rows does not come across it. */
    private static final String RECORDS = "_compacted/runs.jsonl.gz";

    /** Of the record of the newest compaction. */
    static CompactedRuns of(RunRecord compaction) {
        return new CompactedRuns(Optional.of(compaction.runId()), Set.copyOf(compaction.compacts()));
    }

    /** Whether only a compaction may have this id. */
    static boolean isId(String run) {
        return ID.matcher(run).matches();
    }

    /** The id of the compaction after those that are committed. */
    static String next(Collection<String> committed) {
        int newest = committed.stream()
                .map(ID::matcher)
                .filter(Matcher::matches)
                .mapToInt(id -> Integer.parseInt(id.group(1)))
                .max()
                .orElse(0);
        return String.format(Locale.ROOT, "compact-%06d", newest + 1);
    }

    /**
     * The run in whose folder a row lies that was of some run: a run that was committed while the compaction was made knows
     * the rows that it replaces by the runs that they had.
     */
    Column holder(Column run) {
        return id.map(compaction ->
                        functions.when(run.isin(runs.toArray()), compaction).otherwise(run))
                .orElse(run);
    }

    /** Keeps what the runs have said, beside the rows of an attempt at a compaction. */
    static void write(FileSystem fileSystem, Path attempt, Collection<RunRecord> records) throws IOException {
        try (Writer lines = new OutputStreamWriter(
                new GZIPOutputStream(fileSystem.create(new Path(attempt, RECORDS), true)), StandardCharsets.UTF_8)) {
            for (RunRecord record : records) {
                lines.write(record.toJson() + "\n");
            }
        }
    }

    /** What all the runs have said whose rows lie in a compaction, by their ids. */
    static SortedMap<String, RunRecord> read(FileSystem fileSystem, Path attempt) throws IOException {
        Path place = new Path(attempt, RECORDS);
        List<String> lines = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(fileSystem.open(place)), StandardCharsets.UTF_8))) {
            reader.lines().forEach(lines::add);
        } catch (FileNotFoundException e) {
            throw TableException.refused(
                    e, place + ": is missing, which holds the records of compacted runs; restore it");
        }
        SortedMap<String, RunRecord> records = new TreeMap<>();
        for (String line : lines) {
            RunRecord record = RunRecord.parse(place.toString(), line);
            records.put(record.runId(), record);
        }
        return records;
    }
}
