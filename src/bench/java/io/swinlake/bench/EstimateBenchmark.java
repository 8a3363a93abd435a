package io.swinlake.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.cli.Run;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.io.FileUtils;

/**
 * {@code [photos] [rounds] [model]}: what {@code infer --estimate} says beside what the job then takes, on photos, by Swin-T where no other model is named. The first
 * round's estimate is that of a JVM that has computed nothing.
 */
final class EstimateBenchmark {
    private static final Path FOLDER = Path.of("target", "bench");

    private EstimateBenchmark() {}

    public static void main(String[] args) throws IOException {
        int photos = args.length > 0 ? Integer.parseInt(args[0]) : 5000;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        LocalSpark.session();
        Path checkpoint = args.length > 2 ? Path.of(args[2]) : SwinT.checkpoint(SwinT.model(), FOLDER);
        Photos.jpegs(FOLDER, photos);
        Path home = Files.createTempDirectory(FOLDER, "estimate");
        try {
            for (int round = 1; round <= rounds; round++) {
                List<String> words = new ArrayList<>(List.of(
                        "infer",
                        "--model",
                        checkpoint.toString(),
                        "--input",
                        FOLDER.resolve("photos-" + photos).toString(),
                        "--output",
                        home.resolve("table-" + round).toString(),
                        "--run-id",
                        "1"));
                words.add("--estimate");
                JsonNode estimate = run(words);
                words.remove("--estimate");
                JsonNode job = run(words);
                double estimated = estimate.get("hours").asDouble() * 3600;
                double seconds = job.get("seconds").asDouble();
                System.out.printf(
                        "round %d: %d photos, estimated %.1f s, took %.1f s: %+.1f %%; estimate %s, run %s%n",
                        round,
                        photos,
                        estimated,
                        seconds,
                        (estimated / seconds - 1) * 100,
                        estimate.get("throughput"),
                        job.get("throughput"));
            }
        } finally {
            FileUtils.deleteDirectory(home.toFile());
        }
        System.exit(0);
    }

    private static JsonNode run(List<String> words) {
        Run run = Run.inCurrentSession(words.toArray(String[]::new));
        if (run.exitCode() != 0) {
            throw new IllegalStateException(run.err());
        }
        return run.summary();
    }
}
