package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.model.S3ObjectSummary;
import io.swinlake.bench.LoopbackS3;
import io.swinlake.bench.RefusingProxy;
import io.swinlake.bench.RefusingProxy.Refusal;
import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A store that from the middle of a run on refuses what it allowed before: the run ends with one line that says so, readers see the
 * table as it was, and the same command completes it when the store is well again. Settings are those of {@code conf/}.
 */
class StorageFaultsIT {
    private static final int BEFORE = 4;
    private static final int AFTER = 24;

    private static LoopbackS3 s3;
    private static AmazonS3 client;
    private static RefusingProxy proxy;

    @BeforeAll
    static void makeATableAndMoreImages() throws IOException {
        s3 = LoopbackS3.start();
        client = s3.client();
        proxy = new RefusingProxy(s3.endpoint());
        Configuration configuration = LocalSpark.session().sparkContext().hadoopConfiguration();
        for (String line : Files.readAllLines(Path.of("conf/spark-defaults.conf"))) {
            if (line.startsWith("spark.hadoop.")) {
                String[] words = line.substring("spark.hadoop.".length()).split("\\s+", 2);
                configuration.set(words[0], words[1]);
            }
        }
        s3.hadoopSettings().forEach(configuration::set);
        configuration.set("fs.s3a.endpoint", proxy.endpoint().toString());
        client.createBucket("lake");
        client.createBucket("before");
        put(0, BEFORE);
        Run before = infer("before", "before");
        assertThat(before.exitCode()).as(before.err()).isZero();
        put(BEFORE, AFTER);
    }

    @AfterAll
    static void stop() throws IOException {
        LocalSpark.session().stop(); // its settings lead to a server that is gone
        proxy.close();
        s3.close();
    }

    @BeforeEach
    void heal() {
        proxy.heal();
    }

    private static void put(int from, int to) {
        for (int i = from; i < to; i++) {
            String name = String.format(Locale.ROOT, "digit-%03d.png", i);
            client.putObject(
                    "lake", "images/" + name, Path.of(Demo.IMAGES, name).toFile());
        }
    }

    /** A bucket with the table of the first images. */
    private static void copyTableTo(String bucket) {
        client.createBucket(bucket);
        for (S3ObjectSummary object : client.listObjectsV2("before").getObjectSummaries()) {
            client.copyObject("before", object.getKey(), bucket, object.getKey());
        }
    }

    private static Run infer(String bucket, String run) {
        String output = "s3a://" + bucket + "/table";
        List<String> words =
                List.of("infer", "--model", Demo.MODEL, "--input", "s3a://lake/images", "--output", output);
        List<String> more = List.of("--incremental", "--run-id", run, "--checkpoint-every", "8");
        return Run.swinlake(Stream.concat(words.stream(), more.stream()).toArray(String[]::new));
    }

    /** Refuses such requests once a task's rows are stored. */
    private static void refuseInTheMiddle(Refusal refusal, Predicate<String> requests) {
        AtomicBoolean middle = new AtomicBoolean();
        proxy.refuse(refusal, request -> {
            boolean refuses = middle.get() && requests.test(request);
            if (request.startsWith("PUT ") && request.contains("/table/_runs/") && request.endsWith(".unfinished")) {
                middle.set(true);
            }
            return refuses;
        });
    }

    /** Rows and distinct paths, as a reader sees them now. */
    private static List<Long> counts(String bucket) throws IOException {
        Row counts = SwinlakeTable.read(LocalSpark.session(), "s3a://" + bucket + "/table")
                .selectExpr("count(1)", "count(DISTINCT path)")
                .first();
        return List.of(counts.getLong(0), counts.getLong(1));
    }

    private static void assertFailsWithOneLineAndIsCompletedLater(String bucket, String message) throws IOException {
        Run failed = infer(bucket, "broken");

        assertThat(failed.exitCode()).as(failed.err()).isEqualTo(1);
        assertThat(failed.err().lines().filter(line -> line.startsWith("swinlake infer: ")))
                .singleElement()
                .asString()
                .startsWith("swinlake infer: the store refuses a request: ")
                .contains(message, "renew the credentials");
        assertThat(failed.out()).isEmpty();
        proxy.heal();
        assertThat(counts(bucket)).containsExactly((long) BEFORE, (long) BEFORE);

        Run again = infer(bucket, "broken");

        assertThat(again.exitCode()).as(again.err()).isZero();
        assertThat(again.summary().get("failed").asInt()).isZero();
        assertThat(again.summary().get("resumed").asInt()).isPositive();
        assertThat(counts(bucket)).containsExactly((long) AFTER, (long) AFTER);
    }

    @Test
    void credentialsThatExpireEndTheRunAndNewOnesCompleteIt() throws IOException {
        copyTableTo("expired");
        refuseInTheMiddle(Refusal.EXPIRED_TOKEN, request -> true);

        assertFailsWithOneLineAndIsCompletedLater("expired", "Status Code: 400");
    }

    @Test
    void aBucketThatTurnsReadOnlyEndsTheRunAndLeavesTheTableAsItWas() throws IOException {
        copyTableTo("read-only");
        refuseInTheMiddle(
                Refusal.ACCESS_DENIED, request -> !request.startsWith("GET ") && !request.startsWith("HEAD "));

        assertFailsWithOneLineAndIsCompletedLater("read-only", "AccessDenied");
    }

    /** The client takes the store's time from the answer, and asks again. */
    @Test
    void aClockThatJumpsCostsNothing() throws IOException {
        copyTableTo("jump");
        Set<String> refused = ConcurrentHashMap.newKeySet();
        // Not of what is cleaned up, where a failure costs nothing.
        Predicate<String> wanted = Pattern.compile("^GET /.*\\.parquet").asPredicate();
        refuseInTheMiddle(
                Refusal.REQUEST_TIME_TOO_SKEWED,
                request -> wanted.test(request) && refused.size() < 3 && refused.add(request));

        Run run = infer("jump", "jumped");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.summary().get("failed").asInt()).isZero();
        assertThat(refused).hasSize(3);
        assertThat(counts("jump")).containsExactly((long) AFTER, (long) AFTER);
    }

    /** As where another attempt writes the file between S3A's two requests for it. */
    @Test
    void aTextThatIsReplacedWhileItIsReadIsReadAnew() throws IOException {
        copyTableTo("replaced");
        AtomicInteger reads = new AtomicInteger();
        proxy.refuse(
                Refusal.PRECONDITION_FAILED,
                request -> request.startsWith("GET ")
                        && request.endsWith("/_runs/read-anew/attempt")
                        && reads.getAndIncrement() == 0);

        Run run = infer("replaced", "read-anew");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(reads.get()).isGreaterThan(1);
        assertThat(counts("replaced")).containsExactly((long) AFTER, (long) AFTER);
    }

    /** A listing of a moment ago lacks files of a part that is done, of the rows that a run has written, or of a committed run. */
    @ParameterizedTest
    @ValueSource(strings = {"_runs/listed/parts/", "run=listed/", "run=before/"})
    void whatAStoreListsLateIsListedAgain(String folder) throws IOException {
        String bucket = "late-" + folder.replaceAll("[^a-z]", "");
        copyTableTo(bucket);
        AtomicInteger listings = new AtomicInteger();
        // Spark's listing of the files with rows; S3A asks with max-keys=2 whether there is a folder.
        Predicate<String> wanted = Pattern.compile("delimiter=%2F&max-keys=5000&prefix="
                        + URLEncoder.encode("table/" + folder, StandardCharsets.UTF_8) + "[^%&]+%2F&")
                .asPredicate();
        proxy.listNothing(request -> wanted.test(request) && listings.getAndIncrement() == 0);

        Run run = infer(bucket, "listed");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(listings.get()).isGreaterThan(1);
        assertThat(counts(bucket)).containsExactly((long) AFTER, (long) AFTER);
    }

    /** As where the answer to an upload's completion is lost: asked again, the store no longer knows its parts. */
    @Test
    void rowsThatAreNotCommittedAreWrittenAgain() throws IOException {
        copyTableTo("lost");
        AtomicInteger completions = new AtomicInteger();
        proxy.refuse(
                Refusal.INVALID_PART,
                request -> request.startsWith("POST ")
                        && request.contains("/run%3Dagain/")
                        && request.contains("uploadId=")
                        && completions.getAndIncrement() == 0);

        Run run = infer("lost", "again");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(completions.get()).isGreaterThan(1);
        assertThat(counts("lost")).containsExactly((long) AFTER, (long) AFTER);
    }
}
