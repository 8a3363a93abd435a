package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.bench.LoopbackS3;
import io.swinlake.bench.RefusingProxy;
import io.swinlake.bench.RefusingProxy.Refusal;
import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A store that from the middle of a run on refuses what it allowed before: the run ends with one line that says so, readers see the
 * table as it was, and the same command completes it when the store is well again. Settings are those of {@code conf/}.
 */
class StorageFaultsIT {
    private static final int BEFORE = 4;
    private static final int AFTER = 24;

    private static LoopbackS3 s3;

    @BeforeAll
    static void start() throws IOException {
        s3 = LoopbackS3.start();
        Configuration configuration = LocalSpark.session().sparkContext().hadoopConfiguration();
        for (String line : Files.readAllLines(Path.of("conf/spark-defaults.conf"))) {
            if (line.startsWith("spark.hadoop.")) {
                String[] words = line.substring("spark.hadoop.".length()).split("\\s+", 2);
                configuration.set(words[0], words[1]);
            }
        }
        s3.sparkSettings().forEach((key, value) -> configuration.set(key.substring("spark.hadoop.".length()), value));
    }

    @AfterAll
    static void stop() {
        LocalSpark.session().stop(); // its settings lead to a server that is gone
        s3.close();
    }

    /** A bucket with a table of the first images, and more of them; commands reach it through a proxy. */
    private static final class Lake implements AutoCloseable {
        private final String bucket;
        private final RefusingProxy proxy;

        Lake(String bucket, Refusal refusal) throws IOException {
            this.bucket = bucket;
            this.proxy = new RefusingProxy(s3.endpoint(), refusal);
            s3.client().createBucket(bucket);
            put(0, BEFORE);
            Configuration configuration = LocalSpark.session().sparkContext().hadoopConfiguration();
            configuration.set(
                    "fs.s3a.bucket." + bucket + ".endpoint", proxy.endpoint().toString());
            Run before = infer("before");
            assertThat(before.exitCode()).as(before.err()).isZero();
            put(BEFORE, AFTER);
        }

        private void put(int from, int to) {
            for (int i = from; i < to; i++) {
                String name = String.format(Locale.ROOT, "digit-%03d.png", i);
                s3.client()
                        .putObject(
                                bucket,
                                "images/" + name,
                                Path.of(Demo.IMAGES, name).toFile());
            }
        }

        Run infer(String run) {
            String place = "s3a://" + bucket;
            return Run.swinlake(
                    "infer",
                    "--model",
                    Demo.MODEL,
                    "--input",
                    place + "/images",
                    "--output",
                    place + "/table",
                    "--incremental",
                    "--run-id",
                    run,
                    "--checkpoint-every",
                    "8");
        }

        /** Refuses such requests once a part of the rows is done. */
        void refuseInTheMiddle(Predicate<String> requests) {
            AtomicBoolean middle = new AtomicBoolean();
            proxy.refuse(request -> {
                boolean refuses = middle.get() && requests.test(request);
                if (request.startsWith("PUT /" + bucket + "/table/_runs/") && request.endsWith("/_SUCCESS")) {
                    middle.set(true);
                }
                return refuses;
            });
        }

        /** Rows and distinct paths, as a reader sees them now. */
        List<Long> counts() throws IOException {
            Row counts = SwinlakeTable.read(LocalSpark.session(), "s3a://" + bucket + "/table")
                    .selectExpr("count(1)", "count(DISTINCT path)")
                    .first();
            return List.of(counts.getLong(0), counts.getLong(1));
        }

        void assertFailsWithOneLineAndIsCompletedLater(String message) throws IOException {
            Run failed = infer("broken");

            assertThat(failed.exitCode()).as(failed.err()).isEqualTo(1);
            assertThat(failed.err().lines().filter(line -> line.startsWith("swinlake infer: ")))
                    .singleElement()
                    .asString()
                    .contains(message);
            assertThat(failed.out()).isEmpty();
            proxy.refuse(request -> false);
            assertThat(counts()).containsExactly((long) BEFORE, (long) BEFORE);

            Run again = infer("broken");

            assertThat(again.exitCode()).as(again.err()).isZero();
            assertThat(again.summary().get("failed").asInt()).isZero();
            assertThat(again.summary().get("resumed").asInt()).isPositive();
            assertThat(counts()).containsExactly((long) AFTER, (long) AFTER);
        }

        @Override
        public void close() throws IOException {
            proxy.close();
        }
    }

    @Test
    void credentialsThatExpireEndTheRunAndNewOnesCompleteIt() throws IOException {
        try (Lake lake = new Lake("expired", Refusal.EXPIRED_TOKEN)) {
            lake.refuseInTheMiddle(request -> true);

            lake.assertFailsWithOneLineAndIsCompletedLater("ExpiredToken");
        }
    }

    @Test
    void aBucketThatTurnsReadOnlyEndsTheRunAndLeavesTheTableAsItWas() throws IOException {
        try (Lake lake = new Lake("read-only", Refusal.ACCESS_DENIED)) {
            lake.refuseInTheMiddle(request -> !request.startsWith("GET ") && !request.startsWith("HEAD "));

            lake.assertFailsWithOneLineAndIsCompletedLater("AccessDenied");
        }
    }

    @Test
    void aClockThatIsWrongFromNowOnEndsTheRun() throws IOException {
        try (Lake lake = new Lake("skewed", Refusal.REQUEST_TIME_TOO_SKEWED)) {
            lake.refuseInTheMiddle(request -> true);

            lake.assertFailsWithOneLineAndIsCompletedLater("RequestTimeTooSkewed");
        }
    }

    /** The client takes the store's time from its answer, and asks again. */
    @Test
    void aClockThatJumpsCostsNothing() throws IOException {
        try (Lake lake = new Lake("jump", Refusal.REQUEST_TIME_TOO_SKEWED)) {
            AtomicInteger refusals = new AtomicInteger();
            lake.refuseInTheMiddle(request -> refusals.incrementAndGet() <= 3);

            Run run = lake.infer("jumped");

            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.summary().get("failed").asInt()).isZero();
            assertThat(refusals.get()).isGreaterThan(3);
            assertThat(lake.counts()).containsExactly((long) AFTER, (long) AFTER);
        }
    }
}
