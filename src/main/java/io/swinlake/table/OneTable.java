package io.swinlake.table;

import io.swinlake.storage.TextFile;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** A table without runs: all rows straight into a new folder, which nobody adds to. */
public final class OneTable {
    private static final String OK = "ok";

    private OneTable() {}

    /**
     * Writes all rows, and the record when they are there.
     *
     * @throws TableException if there is not one row for each object
     */
    public static Runs.Finished write(SparkSession spark, RunRequest request, RunWork work) throws IOException {
        Instant started = Instant.now();
        work.begins(new RunWork.Plan(
                request.id(),
                work.objects().noun(),
                work.objects().size(),
                work.objects().bytes(),
                0,
                0,
                0,
                work.objects().size()));
        try {
            ParquetRows.write(work.compute(work.objects().toDataset(spark)), new Path(request.output()));
        } finally {
            work.ends();
        }
        SortedMap<String, Long> failedBy = new TreeMap<>(work.outcomes());
        failedBy.remove(OK);
        long skipped = request.skipInvalid()
                ? failedBy.values().stream().mapToLong(Long::longValue).sum()
                : 0;
        long written = LookAgain.untilItAddsUp(() -> requireAllWritten(spark, request, work, skipped));
        RunRecord record = RunRecord.of(
                request,
                work,
                null,
                started,
                new RunRecord.Counts(
                        written + skipped, 0, 0, work.reused(), written, Optional.empty(), skipped, 0, failedBy));
        String json = record.toJson();
        TextFile.at(
                        new Path(request.output(), RunRecord.FILE_NAME),
                        spark.sessionState().newHadoopConf())
                .replace(json + "\n");
        return new Runs.Finished(record, json, false);
    }

    private static long requireAllWritten(SparkSession spark, RunRequest request, RunWork work, long skipped) {
        long written = ParquetRows.found(
                        new Path(request.output()),
                        "do not use this table",
                        () -> ParquetRows.read(spark, request.output()))
                .count();
        if (work.objects().isOneRowEach() && written + skipped != work.objects().size()) {
            throw TableException.failed(
                    "%s: %d %s were listed, but %d rows written and %d skipped; do not use this table",
                    request.output(), work.objects().size(), work.objects().noun(), written, skipped);
        }
        return written;
    }
}
