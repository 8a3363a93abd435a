package io.swinlake.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.swinlake.spark.ImageLake;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/**
 * {@code [milliseconds] [objects...]}: how long it takes to list so many objects that lie right in one folder of S3, by S3A as it is, where
 * the store answers after so many milliseconds. The store is a loopback server that knows LIST alone; names follow from numbers.
 */
final class FlatPrefix {
    private static final int PAGE = 1000;
    private static final String FOLDER = "images/";

    private final long objects;
    private final int delayMillis;
    private final AtomicLong requests = new AtomicLong();

    private FlatPrefix(long objects, int delayMillis) {
        this.objects = objects;
        this.delayMillis = delayMillis;
    }

    public static void main(String[] args) throws IOException {
        int delayMillis = args.length > 0 ? Integer.parseInt(args[0]) : 50;
        List<String> sizes = args.length > 1 ? List.of(args).subList(1, args.length) : List.of("1000000");
        SparkSession spark = LocalSpark.session();
        System.out.printf("%12s %10s %10s %14s%n", "objects", "seconds", "requests", "ms a request");
        for (String size : sizes) {
            new FlatPrefix(Long.parseLong(size), delayMillis).measure(spark);
        }
        System.exit(0);
    }

    private void measure(SparkSession spark) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
        Configuration hadoop = spark.sparkContext().hadoopConfiguration();
        String bucket = "flat-" + objects;
        hadoop.set("fs.s3a.endpoint", "http://127.0.0.1:" + server.getAddress().getPort());
        hadoop.set("fs.s3a.path.style.access", "true");
        hadoop.set("fs.s3a.access.key", LoopbackS3.ACCESS_KEY);
        hadoop.set("fs.s3a.secret.key", LoopbackS3.SECRET_KEY);
        long start = System.nanoTime();
        ImageLake lake = ImageLake.list(spark, List.of("s3a://" + bucket + "/" + FOLDER), "*");
        long found = lake.size();
        double seconds = (System.nanoTime() - start) / 1e9;
        server.stop(0);
        System.out.printf(
                Locale.ROOT,
                "%12d %10.1f %10d %14.1f%n",
                found,
                seconds,
                requests.get(),
                seconds * 1e3 / requests.get());
        if (found != objects) {
            throw new IllegalStateException(found + " objects");
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        try (exchange) {
            Thread.sleep(delayMillis);
            Map<String, String> query = query(exchange);
            if (!exchange.getRequestMethod().equals("GET") || !query.containsKey("list-type")) {
                exchange.sendResponseHeaders(404, -1); // there is no object of the folder's own name
                return;
            }
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

    private String page(Map<String, String> query) {
        long first = Long.parseLong(query.getOrDefault("continuation-token", "0"));
        int most = Math.min(PAGE, Integer.parseInt(query.getOrDefault("max-keys", "" + PAGE)));
        long end = Math.min(objects, first + most);
        StringBuilder xml = new StringBuilder(400 * PAGE);
        xml.append(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
        xml.append("<Name>flat</Name><Prefix>")
                .append(FOLDER)
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
            xml.append("<Contents><Key>").append(FOLDER).append("photo-");
            String digits = Long.toString(number);
            xml.append("0".repeat(32 - digits.length())).append(digits);
            xml.append(".jpg</Key><LastModified>2026-11-21T10:00:00.000Z</LastModified><ETag>&quot;");
            xml.append(SyntheticFileSystem.etag(number)).append("&quot;</ETag><Size>");
            xml.append(SyntheticFileSystem.length(number));
            xml.append("</Size><StorageClass>STANDARD</StorageClass></Contents>");
        }
        return xml.append("</ListBucketResult>").toString();
    }
}
