package io.swinlake.bench;

import com.amazonaws.auth.AWSStaticCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.AmazonS3ClientBuilder;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A real S3 server (s3proxy, objects in memory) on a loopback port, in a JVM of its own, that remembers every request.
 * Maven writes its class path before the integration tests. {@code scripts/quickstart --s3} runs this source file as it is.
 */
public final class LoopbackS3 implements AutoCloseable {
    /** Like real ones, without a word that would make a log hide them: tests look for them where they must not be. */
    public static final String ACCESS_KEY = "AKIALOOPBACKLAKE";

    public static final String SECRET_KEY = "q8VxJ0pXw1Lk2/c4n4ryZq+7";

    private static final Path CLASS_PATH = Path.of("target", "s3proxy.classpath");
    private static final Path LOGGING = Path.of("src", "test", "resources", "s3proxy");
    private static final Pattern STARTED = Pattern.compile("Started ServerConnector.*\\{127\\.0\\.0\\.1:(\\d+)}");
    private static final Pattern REQUEST = Pattern.compile("request: Request\\((\\S+) https?://[^/]+(\\S*)\\)@.*");
    private static final String MARKER = "/no-such-bucket/marker-";

    private final Process server;
    private final CompletableFuture<Integer> port = new CompletableFuture<>();
    private final List<Request> requests = new ArrayList<>();
    private int markers;

    /** One request: {@code GET}, and the encoded path with its query, such as {@code /lake/images/a.jpg?acl}. */
    public record Request(String method, String path) {}

    /**
     * Serves a folder as the bucket {@code lake} until standard input ends. Prints the endpoint once all is there; then
     * answers each line, the beginning of a path such as {@code /lake/images/}, with the requests below it so far.
     */
    public static void main(String[] args) throws IOException {
        try (LoopbackS3 s3 = start()) {
            AmazonS3 client = s3.client();
            client.createBucket("lake");
            upload(client, "", Path.of(args[0]));
            s3.forgetRequests();
            System.out.println(s3.endpoint());
            BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String path = questions.readLine(); path != null; path = questions.readLine()) {
                String beginning = path;
                Map<String, Long> asked = s3.requests().stream()
                        .filter(request -> request.path().startsWith(beginning))
                        .collect(Collectors.groupingBy(Request::method, TreeMap::new, Collectors.counting()));
                System.out.println(asked);
            }
        }
    }

    /** Puts all files below a folder into the bucket {@code lake}, under a prefix and their paths from that folder. */
    public static void upload(AmazonS3 client, String prefix, Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.walk(folder)) {
            files = found.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            client.putObject("lake", prefix + folder.relativize(file), file.toFile());
        }
    }

    private LoopbackS3(Process server) {
        this.server = server;
        Thread reader = new Thread(this::readLog, "s3proxy-log");
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts a server without buckets. */
    public static LoopbackS3 start() throws IOException {
        Path properties = Files.createTempFile("s3proxy", ".properties");
        Files.write(
                properties,
                List.of(
                        "s3proxy.endpoint=http://127.0.0.1:0",
                        "s3proxy.authorization=aws-v2-or-v4",
                        "s3proxy.identity=" + ACCESS_KEY,
                        "s3proxy.credential=" + SECRET_KEY,
                        "jclouds.provider=transient",
                        "jclouds.identity=unused",
                        "jclouds.credential=unused"));
        String java = ProcessHandle.current().info().command().orElse("java");
        String classPath = LOGGING + File.pathSeparator + Files.readString(CLASS_PATH);
        Process process = new ProcessBuilder(List.of(
                        java, "-Xmx256m", "-cp", classPath, "org.gaul.s3proxy.Main", "--properties", "" + properties))
                .redirectErrorStream(true)
                .start();
        LoopbackS3 s3 = new LoopbackS3(process);
        s3.endpoint(); // waits until it listens
        Files.delete(properties);
        return s3;
    }

    public URI endpoint() {
        try {
            return URI.create("http://127.0.0.1:" + port.get(60, TimeUnit.SECONDS));
        } catch (Exception e) {
            throw new IllegalStateException("s3proxy did not start", e);
        }
    }

    /** A client for buckets and objects; what it does is remembered like any other request. */
    public AmazonS3 client() {
        return AmazonS3ClientBuilder.standard()
                .withEndpointConfiguration(new EndpointConfiguration(endpoint().toString(), "us-east-1"))
                .withCredentials(new AWSStaticCredentialsProvider(new BasicAWSCredentials(ACCESS_KEY, SECRET_KEY)))
                .withPathStyleAccessEnabled(true)
                .build();
    }

    /** Settings that make {@code s3a://} URIs of a Spark session lead here, apart from the credentials. */
    public Map<String, String> endpointSettings() {
        return Map.of(
                "spark.hadoop.fs.s3a.endpoint", endpoint().toString(), "spark.hadoop.fs.s3a.path.style.access", "true");
    }

    /** Settings that make {@code s3a://} URIs of a Spark session lead here, with the credentials. */
    public Map<String, String> sparkSettings() {
        Map<String, String> settings = new HashMap<>(endpointSettings());
        settings.put("spark.hadoop.fs.s3a.access.key", ACCESS_KEY);
        settings.put("spark.hadoop.fs.s3a.secret.key", SECRET_KEY);
        return settings;
    }

    /** The same by their names in Hadoop. */
    public Map<String, String> hadoopSettings() {
        return sparkSettings().entrySet().stream()
                .collect(Collectors.toMap(
                        setting -> setting.getKey().substring("spark.hadoop.".length()), Map.Entry::getValue));
    }

    /** Variables that give a process the credentials, by S3A's own provider for the environment. */
    public static Map<String, String> environment() {
        return Map.of("AWS_ACCESS_KEY_ID", ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    }

    /** Every request since the start or the last {@link #forgetRequests()}. */
    public List<Request> requests() {
        waitForLog();
        synchronized (requests) {
            return requests.stream()
                    .filter(request -> !request.path().startsWith(MARKER))
                    .toList();
        }
    }

    public void forgetRequests() {
        waitForLog();
        synchronized (requests) {
            requests.clear();
        }
    }

    /** The log comes through a pipe: once a request made now is in it, so are all earlier ones. */
    private void waitForLog() {
        String marker = MARKER + markers++;
        client().doesObjectExist("no-such-bucket", marker.substring(marker.lastIndexOf('/') + 1));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        synchronized (requests) {
            while (requests.stream().noneMatch(request -> request.path().equals(marker))) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    throw new IllegalStateException("s3proxy logs no requests");
                }
                try {
                    requests.wait(left);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    private void readLog() {
        List<String> unexpected = new ArrayList<>();
        try (BufferedReader log = server.inputReader(StandardCharsets.UTF_8)) {
            for (String line = log.readLine(); line != null; line = log.readLine()) {
                Matcher started = STARTED.matcher(line);
                Matcher request = REQUEST.matcher(line);
                if (request.matches()) {
                    synchronized (requests) {
                        requests.add(new Request(request.group(1), request.group(2)));
                        requests.notifyAll();
                    }
                } else if (started.find()) {
                    port.complete(Integer.parseInt(started.group(1)));
                } else {
                    unexpected.add(line);
                }
            }
        } catch (IOException e) {
            unexpected.add(e.toString()); // the pipe of an ended process
        }
        port.completeExceptionally(new IllegalStateException(String.join("\n", unexpected)));
    }

    @Override
    public void close() {
        server.destroy();
        try {
            server.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
