package io.swinlake.jobs;

import io.swinlake.spark.SwinlakeTable;
import java.util.List;
import java.util.SortedMap;

/**
 * What {@code infer} did: the last line on stdout and {@link #FILE_NAME} beside {@code _SUCCESS}, in snake case.
 *
 * @param runId as given, or made of the time at which the run began
 * @param incremental whether objects that the table has rows of were left out
 * @param status {@code ok} or {@code error_budget_exceeded}
 * @param started ISO 8601, UTC
 * @param seconds of computing and writing, without start-up and listing
 * @param listed objects found at the inputs; each is unchanged, or a written or a skipped row
 * @param unchanged objects whose rows the table has already
 * @param resumed objects whose rows an earlier, broken attempt had computed
 * @param replaced rows of earlier runs that rows of this one take the place of
 * @param failed images with an error, by {@code stage/code}
 * @param errorRate failed images, divided by those that are not unchanged
 * @param options of the command line that decide what the rows are
 * @param devices tasks by the device that they ran on
 */
record RunSummary(
        String command,
        String runId,
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
        long written,
        long skipped,
        long replaced,
        long failed,
        SortedMap<String, Long> failedBy,
        double errorRate,
        double maxErrorRate,
        Model model,
        SortedMap<String, String> options,
        SortedMap<String, Long> devices,
        Software versions) {
    static final String FILE_NAME = SwinlakeTable.RECORD;

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
