package io.swinlake.cli.command;

import io.swinlake.spark.inference.OutcomeCounts;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Says on stderr every few seconds how far a job is; on a terminal Spark's own progress bar does. */
public final class Progress {
    private static final int PERIOD_SECONDS = 10;

    private final PrintWriter err;
    private final OutcomeCounts outcomes;
    private final long images;
    private final long startNanos = System.nanoTime();
    private final ScheduledExecutorService timer;

    private Progress(PrintWriter err, OutcomeCounts outcomes, long images) {
        this.err = err;
        this.outcomes = outcomes;
        this.images = images;
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "swinlake-progress");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Starts to report.
     *
     * @param images in all; 0 if nobody knows yet
     */
    public static Progress start(PrintWriter err, OutcomeCounts outcomes, long images) {
        Progress progress = new Progress(err, outcomes, images);
        if (!onTerminal()) {
            var unused = progress.timer.scheduleAtFixedRate(
                    progress::report, PERIOD_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
        }
        return progress;
    }

    @SuppressWarnings("SystemConsoleNull") // from Java 22 on it is never null; this is 17
    static boolean onTerminal() {
        return System.console() != null;
    }

    private void report() {
        long done = outcomes.total();
        long failed = done - outcomes.count(OutcomeCounts.OK);
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        err.println(line(done, images, failed, seconds));
    }

    static String line(long done, long images, long failed, double seconds) {
        String part = images == 0 ? "" : String.format(Locale.ROOT, " of %d", images);
        String percent = images == 0 ? "" : String.format(Locale.ROOT, " (%d %%)", done * 100 / images);
        return String.format(
                Locale.ROOT, "%d%s images%s, %.1f images/s, %d failed", done, part, percent, done / seconds, failed);
    }

    public void stop() {
        timer.shutdownNow();
    }
}
