package io.swinlake.bench;

import com.amazonaws.services.s3.AmazonS3;
import io.swinlake.ShortRun;
import io.swinlake.spark.Demo;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * {@code infer}, {@code infer --incremental}, {@code compact} and {@code nearest} over a lake in S3, with the shipped settings, while a part of
 * all requests fails. What must hold: every object is one row, each row that is no error is that of a calm run, and what is an
 * error is one that the next run tries again. Arguments: rounds (1), share of requests that fail (0.1), seed, photos for Swin-T instead
 * of the demo's digits. {@code scripts/bench faults}
 */
final class FaultCampaign implements AutoCloseable {
    private static final int MOST_RERUNS = 3;

    private final String model;
    private final List<Path> images;
    private final Path logs = Files.createDirectories(Path.of("target", "bench", "faults"));
    private final LoopbackS3 s3;
    private final FaultyProxy proxy;
    private final AmazonS3 client;
    private final SparkSession spark;

    /** @param photos how many for Swin-T; without them, the digits of the demo for its network */
    private FaultCampaign(LoopbackS3 s3, FaultyProxy proxy, int photos) throws IOException {
        this.s3 = s3;
        this.proxy = proxy;
        this.client = s3.client();
        if (photos > 0) {
            Path folder = Path.of("target", "bench");
            this.model = SwinT.checkpoint(SwinT.model(), folder).toString();
            this.images = Photos.jpegs(folder, photos);
        } else {
            this.model = Demo.MODEL;
            try (Stream<Path> digits = Files.list(Path.of(Demo.IMAGES))) {
                this.images = digits.sorted().toList();
            }
        }
        this.spark = KillCampaign.reader(s3.sparkSettings());
    }

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        double share = args.length > 1 ? Double.parseDouble(args[1]) : 0.1;
        long seed = args.length > 2 ? Long.parseLong(args[2]) : System.nanoTime();
        int photos = args.length > 3 ? Integer.parseInt(args[3]) : 0;
        System.out.printf("%d rounds, %.0f %% of the requests fail, seed %d%n", rounds, 100 * share, seed);
        long wrong = 0;
        try (LoopbackS3 s3 = LoopbackS3.start();
                FaultyProxy proxy = new FaultyProxy(s3.endpoint(), seed);
                FaultCampaign campaign = new FaultCampaign(s3, proxy, photos)) {
            campaign.client.createBucket("faults");
            for (int round = 0; round < rounds; round++) {
                wrong += campaign.round(round, share);
            }
        }
        System.out.println(
                wrong == 0 ? "nothing lost, doubled or different" : wrong + " rows lost, doubled or different");
        System.exit(wrong == 0 ? 0 : 1);
    }

    private record Outcome(double seconds, Map<String, List<Row>> rows, long tryAgain, String neighbors) {}

    private long round(int round, double share) throws Exception {
        proxy.setShare(0);
        Outcome calm = commands("calm-" + round);
        System.out.printf(Locale.ROOT, "round %d, calm: %.1f s, %s%n", round, calm.seconds(), proxy.takeCounts());
        proxy.setShare(share);
        Outcome faulty = commands("faulty-" + round);
        proxy.setShare(0);
        System.out.printf(
                Locale.ROOT,
                "round %d, with faults: %.1f s, %.2f times as long, %s; %d errors that the next run tries again%n",
                round,
                faulty.seconds(),
                faulty.seconds() / calm.seconds(),
                proxy.takeCounts(),
                faulty.tryAgain());
        long wrong = 0;
        for (Map.Entry<String, List<Row>> entry : calm.rows().entrySet()) {
            List<Row> rows = faulty.rows().getOrDefault(entry.getKey(), List.of());
            boolean isSame =
                    rows.size() == 1 && same(rows.get(0), entry.getValue().get(0));
            if (!isSame) {
                System.out.println("  " + entry.getKey() + ": " + rows);
            }
            wrong += isSame ? 0 : 1;
        }
        wrong += calm.rows().size() == images.size() ? 0 : 1;
        if (faulty.tryAgain() == 0 && !faulty.neighbors().equals(calm.neighbors())) {
            System.out.println("  other neighbors: " + faulty.neighbors() + "; calm: " + calm.neighbors());
            wrong++;
        }
        return wrong;
    }

    private static boolean same(Row actual, Row expected) {
        if (!actual.getString(2).isEmpty()) {
            return actual.getString(2).startsWith("read/"); // tried again by the next run
        }
        return KillCampaign.same(actual.getList(1), expected.getList(1));
    }

    private Outcome commands(String name) throws Exception {
        String lake = "s3a://faults/" + name + "/images";
        String table = "s3a://faults/" + name + "/table";
        double seconds = 0;
        int first = images.size() * 2 / 3;
        upload(name, images.subList(0, first));
        seconds += swinlake(name + "-first", infer(lake, table, "first"));
        upload(name, images.subList(first, images.size()));
        seconds += swinlake(name + "-second", infer(lake, table, "second"));
        seconds += swinlake(name + "-compact", List.of("compact", "--embeddings", table));
        String found = name + "-nearest";
        seconds += swinlake(
                found,
                List.of(
                        "nearest",
                        "--embeddings",
                        table,
                        "--query",
                        images.get(0).getFileName().toString(),
                        "--k",
                        "5"));
        Map<String, List<Row>> rows = new TreeMap<>();
        long tryAgain = 0;
        for (Row row : SwinlakeTable.read(spark, table)
                .selectExpr("path", "embedding", "concat_ws('/', error.stage, error.code) AS error")
                .collectAsList()) {
            String file = row.getString(0).substring(row.getString(0).lastIndexOf('/') + 1);
            rows.computeIfAbsent(file, key -> new ArrayList<>()).add(row);
            tryAgain += row.getString(2).isEmpty() ? 0 : 1;
        }
        String neighbors = Files.readString(logs.resolve(found + ".out")).replace(name, "");
        return new Outcome(seconds, rows, tryAgain, neighbors);
    }

    private List<String> infer(String lake, String table, String run) {
        return List.of("infer", "--model", model, "--input", lake, "--output", table, "--incremental", "--run-id", run);
    }

    private void upload(String name, List<Path> files) {
        for (Path file : files) {
            client.putObject("faults", name + "/images/" + file.getFileName(), file.toFile());
        }
    }

    /** Seconds of a command, given again where it fails, as a scheduler does; exit code 3 says that some images have errors. */
    private double swinlake(String log, List<String> words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of("scripts/swinlake", "--conf", "spark.ui.enabled=false", "--master", "local[2,4]"));
        Map<String, String> settings = new HashMap<>(s3.sparkSettings());
        settings.put("spark.hadoop.fs.s3a.endpoint", proxy.endpoint().toString());
        settings.forEach((key, value) -> command.addAll(List.of("--conf", key + "=" + value)));
        command.addAll(words);
        Path err = logs.resolve(log + ".err");
        ProcessBuilder process = new ProcessBuilder(command)
                .redirectOutput(logs.resolve(log + ".out").toFile())
                .redirectError(err.toFile());
        process.environment().remove("SPARK_HOME");
        process.environment().merge("SPARK_SUBMIT_OPTS", ShortRun.JAVA_OPTIONS, (own, more) -> own + " " + more);
        long start = System.nanoTime();
        int exit = process.start().waitFor();
        for (int again = 0; again < MOST_RERUNS && exit != 0 && exit != 3; again++) {
            List<String> lines = Files.readAllLines(err);
            System.out.printf("  %s is given again: %s%n", log, lines.get(lines.size() - 1));
            exit = process.start().waitFor();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(Locale.ROOT, "  %s: %.1f s, %s%n", log, seconds, proxy.counts());
        if (exit != 0 && exit != 3) {
            throw new IllegalStateException("%s ended with %s: see %s".formatted(words.get(0), exit, err));
        }
        return seconds;
    }

    @Override
    public void close() {
        spark.stop();
    }
}
