package io.swinlake.jobs;

import java.util.List;
import java.util.SortedMap;

/**
 * What {@code infer} did: the last line on stdout and {@link #FILE_NAME} beside {@code _SUCCESS}, in snake case.
 *
 * @param status {@code ok} or {@code error_budget_exceeded}
 * @param started ISO 8601, UTC
 * @param seconds of computing and writing, without start-up and listing
 * @param listed objects found at the inputs; each is a written or a skipped row
 * @param failed images with an error, by {@code stage/code}
 * @param errorRate failed images, divided by listed ones
 * @param devices tasks by the device that they ran on
 */
record RunSummary(
        String command,
        String status,
        String started,
        String ended,
        double seconds,
        double imagesPerSecond,
        List<String> inputs,
        String glob,
        String output,
        long listed,
        long listedBytes,
        long written,
        long skipped,
        long failed,
        SortedMap<String, Long> failedBy,
        double errorRate,
        double maxErrorRate,
        Model model,
        SortedMap<String, Long> devices,
        Software versions) {
    /** Begins with an underscore, as {@code _SUCCESS} does, because readers of a Parquet folder skip such names only. */
    static final String FILE_NAME = "_run.json";

    /** The network that ran. */
    record Model(
            String uri,
            String name,
            String sha256,
            String recipe,
            String inputSize,
            String precision,
            int classes,
            int embeddingSize) {}

    /** What ran it. */
    record Software(String swinlake, String spark, String java) {}
}
