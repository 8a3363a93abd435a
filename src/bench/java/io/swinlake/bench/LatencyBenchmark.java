package io.swinlake.bench;

import com.amazonaws.services.s3.AmazonS3;
import io.swinlake.cli.Run;
import io.swinlake.spark.LocalSpark;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;

/**
 * What a distant store costs: {@code infer} on photos in S3 (a real server on loopback), by turns with no delay and with one
 * for each request. The table goes to a local folder, so that reading is what is told; then to S3 too, where the committer
 * makes some forty requests for a task, one after the other. {@code scripts/bench latency [images] [rounds]
 * [milliseconds]}
 */
final class LatencyBenchmark {
    private static final Path FOLDER = Path.of("target", "bench");

    private LatencyBenchmark() {}

    public static void main(String[] args) throws Exception {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 600;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        int delayMillis = args.length > 2 ? Integer.parseInt(args[2]) : 30;

        Path model = SwinT.checkpoint(SwinT.model(), FOLDER);
        List<Path> photos = Photos.jpegs(FOLDER, count);
        String local = FOLDER.resolve("tables").toUri().toString();
        FileUtils.deleteDirectory(FOLDER.resolve("tables").toFile());
        try (LoopbackS3 s3 = LoopbackS3.start();
                DelayedProxy proxy = new DelayedProxy(s3.endpoint())) {
            AmazonS3 client = s3.client();
            client.createBucket("lake");
            photos.forEach(photo -> client.putObject("lake", "photos/" + photo.getFileName(), photo.toFile()));
            useS3(s3, proxy);

            Lake lake = new Lake(model, proxy, delayMillis);
            lake.near(count, local);
            Map<String, Callable<Double>> contenders = new LinkedHashMap<>();
            Map<String, String> tables = Map.of("on the local disk", local, "in S3 too", "s3a://lake/tables/");
            tables.forEach((place, folder) -> {
                contenders.put("near " + place, () -> count / lake.near(count, folder));
                contenders.put("far " + place, () -> count / lake.far(count, folder));
            });
            Turns turns = Turns.take(rounds, contenders);
            for (String place : tables.keySet()) {
                System.out.printf(
                        "%d photos in S3, the table %s, Swin-T fp32, 2 threads: %s images/s without delay, %s with %d ms for"
                                + " each request: %s; target 0.95%n",
                        count,
                        place,
                        turns.figure("near " + place).withDecimals(1),
                        turns.figure("far " + place).withDecimals(1),
                        delayMillis,
                        turns.ratio("far " + place, "near " + place).withDecimals(3));
            }
        }
        System.exit(0);
    }

    /** As conf/spark-defaults.conf sets a session up for S3. */
    private static void useS3(LoopbackS3 s3, DelayedProxy proxy) {
        Configuration hadoop = LocalSpark.session().sparkContext().hadoopConfiguration();
        s3.hadoopSettings().forEach(hadoop::set);
        hadoop.set("fs.s3a.endpoint", proxy.endpoint().toString());
        hadoop.set("fs.s3a.experimental.input.fadvise", "normal");
    }

    /** The photos behind the proxy. */
    private record Lake(Path model, DelayedProxy proxy, int delayMillis) {
        double near(int images, String tables) {
            return seconds(images, tables);
        }

        double far(int images, String tables) {
            proxy.setDelay(delayMillis);
            try {
                return seconds(images, tables);
            } finally {
                proxy.setDelay(0);
            }
        }

        /** From the first task to the commit, of one run to a new folder below {@code tables}. */
        private double seconds(int images, String tables) {
            Run run = Run.inCurrentSession(
                    "infer",
                    "--model",
                    model.toString(),
                    "--input",
                    "s3a://lake/photos",
                    "--limit",
                    Integer.toString(images),
                    "--output",
                    tables + UUID.randomUUID());
            if (run.exitCode() != 0) {
                throw new IllegalStateException(run.err());
            }
            return run.summary().get("seconds").asDouble();
        }
    }
}
