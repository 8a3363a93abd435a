package io.swinlake.table;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.SortedMap;

/** Puts together what a run was asked and what came of it. */
final class RecordBuilder {
    private final RunRequest request;
    private final RunWork work;
    private final Instant started;
    private final Instant ended;
    private String attempt; // null in the record of a table without runs

    private RecordBuilder(RunRequest request, RunWork work, Instant started, Instant ended) {
        this.request = request;
        this.work = work;
        this.started = started;
        this.ended = ended;
    }

    static RecordBuilder of(RunRequest request, RunWork work, Instant started, Instant ended) {
        return new RecordBuilder(request, work, started, ended);
    }

    RecordBuilder attempt(String name) {
        attempt = name;
        return this;
    }

    RunRecord counts(
            long unchanged, long resumed, long written, long skipped, long replaced, SortedMap<String, Long> failedBy) {
        long listed = work.objects().size();
        long looked = listed - unchanged;
        long failed = failedBy.values().stream().mapToLong(Long::longValue).sum();
        double errorRate = looked == 0 ? 0 : (double) failed / looked;
        double seconds = ChronoUnit.MILLIS.between(started, ended) / 1e3;
        return new RunRecord(
                RunRecord.VERSION,
                "infer",
                request.id(),
                attempt,
                request.incremental(),
                errorRate > request.maxErrorRate() ? "error_budget_exceeded" : "ok",
                started.toString(),
                ended.toString(),
                seconds,
                Math.round((looked - resumed) / seconds * 10) / 10.0,
                request.inputs(),
                request.glob(),
                request.output(),
                request.format().word(),
                listed,
                work.objects().bytes(),
                unchanged,
                resumed,
                written,
                skipped,
                replaced,
                failed,
                failedBy,
                errorRate,
                request.maxErrorRate(),
                work.model(),
                request.options().values(),
                work.devices(),
                request.versions());
    }
}
