package io.swinlake.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * A bucket with very many objects right in one folder, whose names follow from their numbers: a loopback server that knows LIST
 * alone, and that no object is there when it is asked for one.
 */
public final class FlatBucket implements AutoCloseable {
    public static final String FOLDER = "s3a://flat/images";

    private static final String PREFIX = "images/";
    private static final int PAGE = 1000;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final long objects;
    private final int delayMillis;
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong started = new AtomicLong();

    private FlatBucket(long objects, int delayMillis) throws IOException {
        this.objects = objects;
        this.delayMillis = delayMillis;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        server.start();
    }

    /** A server that answers after so many milliseconds. */
    public static FlatBucket start(long objects, int delayMillis) throws IOException {
        return new FlatBucket(objects, delayMillis);
    }

    /** Settings of Hadoop's with which S3A finds it; its keys are those of {@link LoopbackS3}. */
    public Map<String, String> settings() {
        return Map.of(
                "fs.s3a.bucket.flat.endpoint",
                "http://127.0.0.1:" + server.getAddress().getPort(),
                "fs.s3a.bucket.flat.path.style.access",
                "true",
                "fs.s3a.bucket.flat.access.key",
                LoopbackS3.ACCESS_KEY,
                "fs.s3a.bucket.flat.secret.key",
                LoopbackS3.SECRET_KEY);
    }

    /** LIST requests so far. */
    public long requests() {
        return requests.get();
    }

    /** Those of them that began at some key. */
    public long requestsFromAKey() {
        return started.get();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Map<String, String> query = query(exchange);
            exchange.getRequestBody().readAllBytes();
            if (!exchange.getRequestMethod().equals("GET") || !query.containsKey("list-type")) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            Thread.sleep(delayMillis);
            requests.incrementAndGet();
            byte[] page = page(query).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/xml");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Map<String, String> query(HttpExchange exchange) {
        String query = exchange.getRequestURI().getRawQuery();
        return query == null
                ? Map.of()
                : Arrays.stream(query.split("&"))
                        .map(pair -> pair.split("=", 2))
                        .collect(Collectors.toMap(
                                pair -> pair[0],
                                pair -> pair.length < 2 ? "" : URLDecoder.decode(pair[1], StandardCharsets.UTF_8)));
    }

    private static String key(long number) {
        String digits = Long.toString(number);
        return PREFIX + "photo-" + "0".repeat(32 - digits.length()) + digits + ".jpg";
    }

    /** How many keys do not come after a text. */
    private long notAfter(String text) {
        long low = 0;
        long high = objects;
        while (low < high) {
            long middle = (low + high) / 2;
            if (key(middle).compareTo(text) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private String page(Map<String, String> query) {
        long first;
        if (!PREFIX.startsWith(query.getOrDefault("prefix", ""))) {
            first = objects;
        } else if (query.containsKey("continuation-token")) {
            first = Long.parseLong(query.get("continuation-token"));
        } else {
            first = notAfter(query.getOrDefault("start-after", ""));
            started.addAndGet(query.containsKey("start-after") ? 1 : 0);
        }
        int most = Math.min(PAGE, Integer.parseInt(query.getOrDefault("max-keys", "" + PAGE)));
        long end = Math.min(objects, first + most);
        StringBuilder xml = new StringBuilder(400 * PAGE);
        xml.append(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
        xml.append("<Name>flat</Name><Prefix>")
                .append(PREFIX)
                .append("</Prefix><KeyCount>")
                .append(end - first);
        xml.append("</KeyCount><MaxKeys>").append(most).append("</MaxKeys>");
        if (end < objects) {
            xml.append("<IsTruncated>true</IsTruncated><NextContinuationToken>").append(end);
            xml.append("</NextContinuationToken>");
        } else {
            xml.append("<IsTruncated>false</IsTruncated>");
        }
        for (long number = first; number < end; number++) {
            xml.append("<Contents><Key>").append(key(number));
            xml.append("</Key><LastModified>2026-11-21T10:00:00.000Z</LastModified><ETag>&quot;");
            xml.append(SyntheticFileSystem.etag(number)).append("&quot;</ETag><Size>");
            xml.append(SyntheticFileSystem.length(number));
            xml.append("</Size><StorageClass>STANDARD</StorageClass></Contents>");
        }
        return xml.append("</ListBucketResult>").toString();
    }
}
