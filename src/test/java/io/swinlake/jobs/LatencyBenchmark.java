package io.swinlake.jobs;

import com.amazonaws.services.s3.AmazonS3;
import io.swinlake.DelayedProxy;
import io.swinlake.LoopbackS3;
import io.swinlake.RuleWeights;
import io.swinlake.bench.Photos;
import io.swinlake.spark.LocalSpark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/**
 * What a distant store costs: {@code infer} on photos in S3 (a real server on loopback), by turns with no delay and with one
 * for each request: of photos, commits and uploads. {@code scripts/bench latency [images] [rounds] [milliseconds]}
 */
final class LatencyBenchmark {
    private static final Path FOLDER = Path.of("target", "bench");

    private LatencyBenchmark() {}

    public static void main(String[] args) throws Exception {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 500;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        int delayMillis = args.length > 2 ? Integer.parseInt(args[2]) : 30;

        Files.createDirectories(FOLDER);
        Files.write(
                FOLDER.resolve("swin_t.safetensors"),
                RuleWeights.model("full/swin_tiny_patch4_window7_224").toSafetensors());
        List<Path> photos = Photos.jpegs(FOLDER, count);
        try (LoopbackS3 s3 = LoopbackS3.start();
                DelayedProxy proxy = new DelayedProxy(s3.endpoint())) {
            AmazonS3 client = s3.client();
            client.createBucket("lake");
            photos.forEach(photo -> client.putObject("lake", "photos/" + photo.getFileName(), photo.toFile()));
            useS3(s3, proxy);

            seconds("warm-up");
            List<Double> ratios = new ArrayList<>();
            for (int round = 1; round <= rounds; round++) {
                proxy.setDelay(0);
                double near = seconds("near-" + round);
                proxy.setDelay(delayMillis);
                s3.forgetRequests();
                double far = seconds("far-" + round);
                proxy.setDelay(0);
                ratios.add(near / far);
                System.out.printf(
                        "round %d: %.1f images/s without delay, %.1f with %d ms for each of %d requests: %.3f%n",
                        round,
                        count / near,
                        count / far,
                        delayMillis,
                        s3.requests().size(),
                        near / far);
            }
            ratios.sort(null);
            System.out.printf(
                    "%d images, Swin-T fp32, 2 threads: the rate with %d ms a request is %.3f (%.3f to %.3f) of that without;"
                            + " target 0.95%n",
                    count, delayMillis, ratios.get(rounds / 2), ratios.get(0), ratios.get(rounds - 1));
        }
        System.exit(0);
    }

    /** As conf/spark-defaults.conf sets a session up for S3. */
    private static void useS3(LoopbackS3 s3, DelayedProxy proxy) {
        Configuration hadoop = LocalSpark.session().sparkContext().hadoopConfiguration();
        s3.sparkSettings().forEach((key, value) -> hadoop.set(key.replace("spark.hadoop.", ""), value));
        hadoop.set("fs.s3a.endpoint", proxy.endpoint().toString());
        hadoop.set("fs.s3a.committer.name", "magic");
        hadoop.set("fs.s3a.experimental.input.fadvise", "sequential");
        LocalSpark.session()
                .conf()
                .set(
                        "spark.sql.sources.commitProtocolClass",
                        "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol");
        LocalSpark.session()
                .conf()
                .set(
                        "spark.sql.parquet.output.committer.class",
                        "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter");
    }

    /** From the first task to the commit. */
    private static double seconds(String table) {
        Run run = Run.inCurrentSession(
                "infer",
                "--model",
                FOLDER.resolve("swin_t.safetensors").toString(),
                "--input",
                "s3a://lake/photos",
                "--output",
                "s3a://lake/tables/" + table);
        if (run.exitCode() != 0) {
            throw new IllegalStateException(run.err());
        }
        return run.summary().get("seconds").asDouble();
    }
}
