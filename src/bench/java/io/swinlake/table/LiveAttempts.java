package io.swinlake.table;

import io.swinlake.bench.LoopbackS3;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;

/**
 * Two attempts at one run, both alive: the first stops at a step, the second goes on to a step of its own or to its end, the
 * first ends, the second ends. Whatever the steps, the table has each file's row once, from the moment one of them commits.
 */
final class LiveAttempts {
    private static final int LOST_PATIENCE_SECONDS = 120;

    private final SparkSession spark;
    private final TinyLake lake;
    private final String tables;
    private final Map<String, Long> expected = new TreeMap<>();
    private int count;

    /** @param tables folder for a table of each interleaving */
    LiveAttempts(SparkSession spark, Path images, String tables) throws IOException {
        this.spark = spark;
        this.tables = tables;
        this.lake = new TinyLake(spark, images);
        for (int i = 0; i < 4; i++) {
            lake.put(i + ".txt", "x".repeat(i + 1));
            expected.put(i + ".txt", i + 1L);
        }
    }

    /** {@code [local|s3]}: all interleavings. */
    public static void main(String[] args) throws Exception {
        Path folder = Files.createTempDirectory("attempts");
        Path images = Files.createDirectory(folder.resolve("images"));
        SparkSession spark = LocalSpark.session();
        int bad = 0;
        int all = 0;
        boolean onS3 = args.length > 0 && args[0].equals("s3");
        try (LoopbackS3 s3 = onS3 ? LoopbackS3.start() : null) {
            String tables = folder.resolve("tables").toString();
            if (s3 != null) {
                useMagic(spark, s3, "attempts");
                tables = "s3a://attempts";
            }
            LiveAttempts attempts = new LiveAttempts(spark, images, tables);
            for (Step first : Step.values()) {
                List<Optional<Step>> seconds = new ArrayList<>(List.of(Optional.empty()));
                List.of(Step.values()).forEach(step -> seconds.add(Optional.of(step)));
                for (Optional<Step> second : seconds) {
                    Optional<String> fault = attempts.fault(first, second);
                    all++;
                    bad += fault.isPresent() ? 1 : 0;
                    System.out.printf(
                            "first stops at %s, second %s: %s%n",
                            first, second.map(step -> "at " + step).orElse("does not"), fault.orElse("good"));
                }
            }
        }
        System.out.printf("%d interleavings, %d lost, doubled or changed rows%n", all, bad);
        System.exit(bad == 0 ? 0 : 1);
    }

    /**
     * Makes a bucket that a session reaches, committed to by the magic committer as the shipped settings do.
     *
     * @param bucket of a name of its own: Hadoop keeps the file system of one, and with it the server that it was on
     */
    static void useMagic(SparkSession spark, LoopbackS3 s3, String bucket) {
        s3.client().createBucket(bucket);
        s3.hadoopSettings().forEach(spark.sparkContext().hadoopConfiguration()::set);
    }

    /** What is wrong with the table at any moment of an interleaving; empty if nothing is. */
    Optional<String> fault(Step firstStops, Optional<Step> secondStops) throws Exception {
        String table = tables + "/table-" + count++;
        // Something to replace: an earlier run with another content of a file.
        lake.put("3.txt", "before");
        Runs.of(spark, TableFormat.PARQUET, table, Optional.empty())
                .complete(TinyLake.request(table, "before"), lake::work);
        lake.put("3.txt", "xxxx");
        lake.put("4.txt", "xxxxx");
        expected.put("4.txt", 5L);

        Stopping first = new Stopping(table, Optional.of(firstStops));
        first.awaitStop();
        Stopping second = new Stopping(table, secondStops);
        second.awaitStop();
        boolean committed = first.isCommitted() || second.isCommitted();
        Optional<String> fault = committed ? differs(table) : Optional.empty();
        first.goOn();
        if (first.isCommitted() || committed) {
            fault = fault.or(() -> differs(table));
        }
        second.goOn();
        if (!first.isCommitted() && !second.isCommitted()) {
            // Each took the other for dead: the scheduler's next attempt finishes it.
            Runs.of(spark, TableFormat.PARQUET, table, Optional.empty())
                    .complete(TinyLake.request(table, "both"), lake::work);
        }
        fault = fault.or(() -> differs(table));
        return fault;
    }

    private Optional<String> differs(String table) {
        try {
            Map<String, Long> seen = TinyLake.lengths(SwinlakeTable.read(spark, table));
            return seen.equals(expected) ? Optional.empty() : Optional.of("a reader sees " + seen);
        } catch (IOException | RuntimeException | AssertionError e) {
            return Optional.of("a reader fails: " + e);
        }
    }

    /** An attempt in a thread of its own, which stops when it comes to a step. */
    private final class Stopping {
        private final CountDownLatch stopped = new CountDownLatch(1);
        private final CountDownLatch goingOn = new CountDownLatch(1);
        private final CompletableFuture<Runs.Finished> end = new CompletableFuture<>();

        Stopping(String table, Optional<Step> at) {
            Thread thread = new Thread(
                    () -> {
                        try {
                            end.complete(Runs.of(spark, TableFormat.PARQUET, table, Optional.empty())
                                    .complete(
                                            TinyLake.request(table, "both"),
                                            () -> lake.work(step -> {
                                                if (at.equals(Optional.of(step))) {
                                                    stop();
                                                }
                                            })));
                        } catch (Exception | Error e) {
                            end.completeExceptionally(e);
                        } finally {
                            stopped.countDown();
                        }
                    },
                    "attempt");
            thread.start();
        }

        private void stop() {
            stopped.countDown();
            try {
                goingOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        void awaitStop() throws InterruptedException {
            if (!stopped.await(LOST_PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("an attempt hangs");
            }
        }

        /** Lets it come to its end, good or bad. */
        void goOn() throws Exception {
            goingOn.countDown();
            try {
                end.get(LOST_PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TableException)) {
                    throw e;
                }
            }
        }

        boolean isCommitted() {
            return end.isDone() && !end.isCompletedExceptionally();
        }
    }
}
