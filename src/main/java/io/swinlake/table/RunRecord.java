package io.swinlake.table;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.swinlake.PublicApi;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a run did: the object {@value #FILE_NAME} that commits it, and the last line on the standard output of {@code infer}.
 * JSON in snake case; {@code docs/table-format.md} lists the fields.
 *
 * @param version of the format, see {@link #VERSION}; records of before there were versions have none, which is 1
 * @param runId as given, or made of the time at which the run began
 * @param attempt folder with the rows, in that of the run; null in records of version 1, whose rows lie in the run's
 * @param incremental whether objects that the table has rows of were left out
 * @param status {@code ok} or {@code error_budget_exceeded}
 * @param started ISO 8601, UTC
 * @param seconds of computing and writing, without start-up and listing
 * @param listed objects found at the inputs; each is unchanged, or a written or a skipped row
 * @param unchanged objects whose rows the table has already
 * @param resumed objects whose rows an earlier, broken attempt had computed
 * @param reused objects with the content of another, and with its result: of a row of the table, or computed by the same task
 * @param files of Parquet that hold the written rows; null in tables of other formats, in those without runs, and in records of
 *     releases that did not count them
 * @param replaced rows of earlier runs that rows of this one take the place of
 * @param failed images with an error, by {@code stage/code}
 * @param errorRate failed images, divided by those that are not unchanged
 * @param options of the command line that decide what the rows are
 * @param devices tasks by the device that they ran on
 * @param throughput how fast each stage was; null where nothing was computed, and in records of releases that did not measure it
 * @param compacts of a compaction: runs whose rows its own take the place of; empty for all others
 */
@PublicApi(since = "0.1.0")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunRecord(
        int version,
        String command,
        String runId,
        String attempt,
        boolean incremental,
        String status,
        String started,
        String ended,
        double seconds,
        double imagesPerSecond,
        List<String> inputs,
        String glob,
        String output,
        String format,
        long listed,
        long listedBytes,
        long unchanged,
        long resumed,
        long reused,
        long written,
        Integer files,
        long skipped,
        long replaced,
        long failed,
        SortedMap<String, Long> failedBy,
        double errorRate,
        double maxErrorRate,
        Model model,
        SortedMap<String, String> options,
        SortedMap<String, Long> devices,
        Software versions,
        Throughput throughput,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> compacts) {

    /** Begins with an underscore, as {@code _SUCCESS} does, because readers of a Parquet folder skip such names only. */
    public static final String FILE_NAME = "_run.json";

    /** What runs of this code write, except compactions. */
    public static final int VERSION = 2;

    /** Of compactions: a release that does not know them must stop, since it would see their rows and those of the runs. */
    static final int WITH_COMPACTIONS = 3;

    /** Of the records that have no version. */
    static final int FIRST_VERSION = 1;

    private static final String COMPACT = "compact";

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES) // a later release may say more
            .build();

    public RunRecord {
        version = version == 0 ? FIRST_VERSION : version;
        inputs = inputs == null ? List.of() : List.copyOf(inputs);
        failedBy = sorted(failedBy);
        options = sorted(options);
        devices = sorted(devices);
        compacts = compacts == null ? List.of() : List.copyOf(compacts);
    }

    /**
     * The network that ran.
     *
     * @param sha256 of its weights
     * @param digest of weights, network and recipe together; null in records of version 1
     * @param inputSize height and width, pixels
     * @param assumptions what no file and no option told of it, each in one line; empty or null where that is nothing
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Model(
            String uri,
            String name,
            String sha256,
            String digest,
            String recipe,
            String inputSize,
            String precision,
            int classes,
            int embeddingSize,
            List<String> assumptions) {}

    /**
     * How fast the stages of the work were, each by itself.
     *
     * @param cores that Spark counts
     * @param imagesPerSecond by stage: of all cores if they did nothing else. The times of the stages add up, so the
     *     whole is the inverse of the sum of inverses.
     * @param limitingStage the slowest
     * @param memoryMib most memory that one executor's process had; 0 where the system does not tell
     */
    public record Throughput(
            int cores, SortedMap<String, Double> imagesPerSecond, String limitingStage, long memoryMib) {}

    /** What ran it. */
    public record Software(String swinlake, String spark, String java) {}

    private static <V> SortedMap<String, V> sorted(SortedMap<String, V> map) {
        return map == null ? Collections.emptySortedMap() : Collections.unmodifiableSortedMap(new TreeMap<>(map));
    }

    /** {@return one line, without its end} */
    public String toJson() {
        return json(this);
    }

    /**
     * What {@link #toJson} of this or another release has written.
     *
     * @param place what the message of a failure begins with
     * @throws TableException if it is no record, or one of a later version
     */
    static RunRecord parse(String place, String json) {
        RunRecord record = parse(place, json, new TypeReference<RunRecord>() {});
        if (record == null || record.runId == null || record.model == null || record.started == null) {
            throw TableException.refused(
                    "%s: is not the record of a run: it names no run, no model or no start; restore it, or delete it to compute its"
                            + " run again",
                    place);
        }
        requireKnown(place, record.version);
        return record;
    }

    static void requireKnown(String place, int version) {
        if (version > WITH_COMPACTIONS) {
            throw TableException.refused(
                    "%s: has version %d, this release of Swinlake knows up to %d: use the release that wrote it or a later one",
                    place, version, WITH_COMPACTIONS);
        }
    }

    static <T> T parse(String place, String json, TypeReference<T> type) {
        try {
            return MAPPER.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw TableException.refused(
                    e,
                    "%s: is not the JSON that a run writes: %s; restore it, or delete it to compute its run again"
                            .formatted(
                                    place,
                                    e.getOriginalMessage().lines().findFirst().orElse("")));
        }
    }

    static String json(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The folder with the rows, in that of the run; empty where they lie in the run's folder itself. */
    Optional<String> attemptFolder() {
        return Optional.ofNullable(attempt);
    }

    /**
     * How many objects and rows a run had, see the fields of the same names.
     *
     * @param listed objects, or rows where objects have several
     * @param files empty where nobody is to count them
     * @param failedBy images with an error, by {@code stage/code}
     */
    record Counts(
            long listed,
            long unchanged,
            long resumed,
            long reused,
            long written,
            Optional<Integer> files,
            long skipped,
            long replaced,
            SortedMap<String, Long> failedBy) {}

    /** What a run was asked and what came of it, as of now. */
    static RunRecord of(RunRequest request, RunWork work, String attempt, Instant started, Counts counts) {
        Instant ended = Instant.now();
        long looked = counts.listed - counts.unchanged;
        long failed =
                counts.failedBy.values().stream().mapToLong(Long::longValue).sum();
        double errorRate = looked == 0 ? 0 : (double) failed / looked;
        double seconds = ChronoUnit.MILLIS.between(started, ended) / 1e3;
        return new RunRecord(
                VERSION,
                "infer",
                request.id(),
                attempt,
                request.incremental(),
                errorRate > request.maxErrorRate() ? "error_budget_exceeded" : "ok",
                started.toString(),
                ended.toString(),
                seconds,
                Math.round((looked - counts.resumed - counts.reused) / seconds * 10) / 10.0,
                request.inputs(),
                request.glob(),
                request.output(),
                request.format().word(),
                counts.listed,
                work.objects().bytes(),
                counts.unchanged,
                counts.resumed,
                counts.reused,
                counts.written,
                counts.files.orElse(null),
                counts.skipped,
                counts.replaced,
                failed,
                counts.failedBy,
                errorRate,
                request.maxErrorRate(),
                work.model(),
                request.options().values(),
                work.devices(),
                request.versions(),
                work.throughput().orElse(null),
                List.of());
    }

    /**
     * What a compaction did.
     *
     * @param newest of the runs that it compacts, for what all of them have in common
     * @param compacts ids of the runs whose rows lie in it from now on
     * @param rows of the table
     * @param files that hold them
     */
    static RunRecord ofCompaction(
            String id,
            Attempt attempt,
            Instant started,
            String output,
            RunRecord newest,
            List<String> compacts,
            long rows,
            int files,
            Software versions) {
        Instant ended = Instant.now();
        return new RunRecord(
                WITH_COMPACTIONS,
                COMPACT,
                id,
                attempt.name(),
                false,
                "ok",
                started.toString(),
                ended.toString(),
                ChronoUnit.MILLIS.between(started, ended) / 1e3,
                0,
                List.of(),
                "",
                output,
                TableFormat.PARQUET.word(),
                rows,
                0,
                0,
                0,
                0,
                rows,
                files,
                0,
                0,
                0,
                new TreeMap<>(),
                0,
                0,
                newest.model,
                newest.options,
                new TreeMap<>(),
                versions,
                null,
                compacts);
    }

    /** Whether it takes the place of other runs, and computed nothing. */
    boolean isCompaction() {
        return COMPACT.equals(command);
    }
}
