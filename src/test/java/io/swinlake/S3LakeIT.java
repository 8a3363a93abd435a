package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.s3.AmazonS3;
import io.swinlake.Launcher.Run;
import io.swinlake.bench.LoopbackS3;
import io.swinlake.bench.LoopbackS3.Request;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A lake, a model, its labels and a table in S3, through the launcher and the settings in {@code conf/}. */
class S3LakeIT {
    private static final int IMAGES = 20;

    /** What the user interface shows of a running job, as pages and as JSON. */
    private static final List<String> PAGES =
            List.of("jobs/", "stages/", "storage/", "environment/", "executors/", "SQL/", "SQL/execution/?id=0");

    private static final Pattern APPLICATION_ID = Pattern.compile("\"id\" : \"(local-\\d+)\"");

    @TempDir
    private Path temp;

    private static LoopbackS3 s3;
    private static AmazonS3 client;

    @BeforeAll
    static void start() throws IOException {
        s3 = LoopbackS3.start();
        client = s3.client();
        client.createBucket("lake");
    }

    @BeforeEach
    void putImagesAndNothingElse() {
        client.listObjectsV2("lake")
                .getObjectSummaries()
                .forEach(object -> client.deleteObject("lake", object.getKey()));
        for (int i = 0; i < IMAGES; i++) {
            upload(String.format(Locale.ROOT, "images/digit-%03d.png", i));
        }
    }

    @AfterAll
    static void stop() {
        s3.close();
    }

    @Test
    void readsEachImageWithOneGetAndCommitsTheTable() throws Exception {
        LoopbackS3.upload(client, "model/", Path.of("examples/demo/model"));
        client.putObject("lake", "names.txt", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
        s3.forgetRequests();

        List<String> words = new ArrayList<>(List.of("--master", "local[2]"));
        s3.endpointSettings().forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
        words.addAll(infer("s3a://lake/model", "--labels", "s3a://lake/names.txt"));
        Run run = Launcher.swinlake(LoopbackS3.environment(), words);

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.summary().get("written").asInt()).isEqualTo(IMAGES);
        Map<String, List<String>> methods = s3.requests().stream()
                .filter(request -> request.path().startsWith("/lake/images/digit-"))
                .collect(
                        Collectors.groupingBy(Request::path, Collectors.mapping(Request::method, Collectors.toList())));
        assertThat(methods).hasSize(IMAGES).allSatisfy((path, of) -> assertThat(of)
                .containsExactly("GET"));
        assertThat(client.getObjectAsString("lake", "table/_SUCCESS")).contains("\"committer\" : \"magic\"");
        assertThat(client.getObjectAsString("lake", "table/_run.json").strip()).isEqualTo(lastLine(run.out()));
        assertHidesCredentials(written(run));
    }

    @Test
    void credentialsAreNowhereInLogEventLogUserInterfaceAndTable() throws Exception {
        Path events = Files.createDirectory(temp.resolve("events"));
        int port = freePort();
        Map<String, String> settings = new HashMap<>(s3.sparkSettings());
        settings.put("spark.eventLog.enabled", "true");
        settings.put("spark.eventLog.dir", events.toUri().toString());
        settings.put("spark.ui.enabled", "true");
        settings.put("spark.ui.port", "" + port);
        List<String> words = new ArrayList<>(List.of("--master", "local[2]"));
        settings.forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
        words.addAll(infer("examples/demo/model"));

        CompletableFuture<Run> running = CompletableFuture.supplyAsync(() -> swinlake(words));
        Map<String, String> pages = visit(port, running);
        Run run = running.get();

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(pages.get("environment/"))
                .as("the page that would show them")
                .contains("spark.hadoop.fs.s3a.secret.key", "redacted");
        assertThat(pages.get("api")).contains("spark.hadoop.fs.s3a.secret.key", "redacted");
        assertHidesCredentials(pages);
        try (Stream<Path> files = Files.list(events)) {
            Path log = files.findFirst().orElseThrow();
            assertThat(log).content().contains("spark.hadoop.fs.s3a.secret.key", "redacted");
            assertHidesCredentials(Map.of("event log", Files.readString(log)));
        }
        assertHidesCredentials(written(run));
    }

    /** Folder of a run's rows, by the record that it prints. */
    private static String attemptOf(Run run) {
        return run.out().replaceAll("(?s).*\"attempt\":\"([^\"]+)\".*", "$1");
    }

    @Test
    void aRunWithAnIdIsCommittedByOneObjectAndDoneOnce() {
        List<String> words = new ArrayList<>(List.of("--master", "local[2]"));
        s3.sparkSettings().forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
        words.addAll(infer("examples/demo/model", "--incremental", "--run-id", "1"));

        Run first = swinlake(words);
        s3.forgetRequests();
        Run again = swinlake(words);
        List<Request> requests = s3.requests();
        upload("images/digit-001.png"); // the same bytes at another time: the etag tells that nothing has changed
        client.putObject(
                "lake",
                "images/digit-000.png",
                Path.of("examples/demo/images/digit-005.png").toFile());
        words.set(words.size() - 1, "2");
        Run second = swinlake(words);

        assertThat(first.exit()).as(first.err()).isZero();
        assertThat(again.exit()).as(again.err()).isZero();
        assertThat(again.out()).isEqualTo(first.out());
        assertThat(requests).extracting(Request::method).isSubsetOf("GET", "HEAD");
        assertThat(client.getObjectAsString("lake", "table/run=1/_run.json")).isEqualTo(first.out());
        assertThat(client.getObjectAsString("lake", "table/run=1/" + attemptOf(first) + "/_SUCCESS"))
                .contains("\"committer\" : \"magic\"");
        assertThat(second.exit()).as(second.err()).isZero();
        assertThat(second.err()).contains("19 unchanged, 0 done by an earlier attempt, 1 to compute");
        assertThat(client.getObjectAsString("lake", "table/run=2/_run.json"))
                .isEqualTo(second.out())
                .contains("\"replaced\":1");
        assertThat(client.getObjectAsString("lake", "table/run=2/" + attemptOf(second) + "/_replaced/_SUCCESS"))
                .contains("\"committer\" : \"magic\"");
        assertThat(client.listObjectsV2("lake", "table/_runs").getObjectSummaries())
                .isEmpty();
    }

    @Test
    void aMissingBucketIsOneLine() {
        List<String> words = new ArrayList<>(List.of("--master", "local[2]"));
        s3.sparkSettings().forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
        words.addAll(List.of("infer", "--model", "examples/demo/model"));
        words.addAll(List.of("--input", "s3a://no-lake/images", "--output", "s3a://no-lake/table"));
        Run run = swinlake(words);

        assertThat(run.exit()).isEqualTo(4);
        assertThat(run.err().lines()).hasSize(1).first().asString().contains("no-lake");
    }

    @Test
    void theDoctorListsReadsAndWritesInS3AndKnowsWrongCredentials() throws Exception {
        List<String> words = new ArrayList<>(List.of("--master", "local[2]"));
        s3.endpointSettings().forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
        words.addAll(List.of("doctor", "--model", "examples/demo/model"));
        words.addAll(List.of("--input", "s3a://lake/images", "--output", "s3a://lake/table"));

        Run good = Launcher.swinlake(LoopbackS3.environment(), words);
        Run denied = Launcher.swinlake(
                Map.of("AWS_ACCESS_KEY_ID", LoopbackS3.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", "another"), words);

        assertThat(good.exit()).as(good.out() + good.err()).isZero();
        assertThat(good.out())
                .contains(
                        "s3a://lake/images: listed 20 objects, read digit-000.png of ",
                        "s3a://lake/table: wrote, committed (by magic), listed and deleted a table of one row",
                        "through Spark on cpu in fp32: class 6 six, cosine 1.000000 with the driver's embedding");
        assertThat(client.listObjectsV2("lake", "table").getObjectSummaries()).isEmpty();
        assertThat(denied.exit()).isEqualTo(4);
        assertThat(denied.out().lines().filter(line -> line.startsWith("failed")))
                .hasSize(2)
                .allSatisfy(line -> assertThat(line)
                        .containsPattern(
                                "(input|output) +driver +s3a://lake/.*To do: .*let this identity list and read"));
    }

    private static List<String> infer(String model, String... more) {
        List<String> words = new ArrayList<>(List.of("infer", "--model", model));
        words.addAll(List.of("--input", "s3a://lake/images", "--output", "s3a://lake/table"));
        words.addAll(List.of(more));
        return words;
    }

    private static Run swinlake(List<String> words) {
        try {
            return Launcher.swinlake(Map.of(), words);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void upload(String key) {
        client.putObject("lake", key, Path.of("examples/demo").resolve(key).toFile());
    }

    private static void assertHidesCredentials(Map<String, String> texts) {
        assertThat(texts).isNotEmpty().allSatisfy((name, text) -> assertThat(text)
                .doesNotContain(LoopbackS3.ACCESS_KEY, LoopbackS3.SECRET_KEY));
    }

    /** Everything that a run left for others to read: its streams and the objects of its table. */
    private static Map<String, String> written(Run run) {
        Map<String, String> texts = new TreeMap<>(Map.of("out", run.out(), "err", run.err()));
        client.listObjectsV2("lake", "table/")
                .getObjectSummaries()
                .forEach(object -> texts.put(object.getKey(), client.getObjectAsString("lake", object.getKey())));
        assertThat(texts).containsKey("table/_run.json").hasSizeGreaterThan(4);
        return texts;
    }

    /** Looks at Spark's pages, again and again until the job ends: what they showed last. */
    private static Map<String, String> visit(int port, CompletableFuture<Run> running) throws Exception {
        HttpClient browser =
                HttpClient.newBuilder().followRedirects(Redirect.ALWAYS).build();
        Map<String, String> pages = new TreeMap<>();
        while (!running.isDone()) {
            try {
                for (String page : PAGES) {
                    pages.merge(page, get(browser, port, page), String::concat);
                }
                Matcher id = APPLICATION_ID.matcher(get(browser, port, "api/v1/applications"));
                if (id.find()) {
                    pages.put("api", get(browser, port, "api/v1/applications/" + id.group(1) + "/environment"));
                }
            } catch (IOException e) {
                Thread.sleep(50); // not there yet, or no longer
            }
        }
        return pages;
    }

    private static String get(HttpClient browser, int port, String page) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + port + "/" + page);
        return browser.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString(StandardCharsets.UTF_8))
                .body();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String lastLine(String text) {
        List<String> lines = text.lines().toList();
        return lines.get(lines.size() - 1);
    }
}
