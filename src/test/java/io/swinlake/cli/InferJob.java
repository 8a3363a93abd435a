package io.swinlake.cli;

import io.swinlake.bench.ExecutorEnvironment;
import io.swinlake.bench.Job;
import io.swinlake.bench.Worker;
import io.swinlake.spark.SwinlakeExtensions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;

/**
 * {@code infer} as a benchmark's job, in a session that stays. Arguments: Spark's master; {@code wall} for the time of the
 * whole verb or {@code tasks} for that from the first task to the commit; the model; further options.
 */
final class InferJob {
    private final List<String> options;

    private InferJob(List<String> options) {
        this.options = options;
    }

    public static void main(String[] arguments) throws IOException {
        String master = arguments[0];
        SparkSession.Builder spark = SparkSession.builder()
                .master(master)
                .appName("infer on " + master)
                .config("spark.ui.enabled", false)
                .config("spark.sql.extensions", SwinlakeExtensions.class.getName())
                .config("spark.log.level", "WARN")
                .config("spark.executor.memory", "1g")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config(
                        "spark.executorEnv.SPARK_SCALA_VERSION",
                        "2.12") // a Spark home of Maven's jars does not tell it
                .config("spark.scheduler.minRegisteredResourcesRatio", "1");
        ExecutorEnvironment.ofThisRun()
                .forEach((name, value) -> spark.config(ExecutorEnvironment.PREFIX + name, value));
        var unused = spark.getOrCreate();
        List<String> options = new ArrayList<>(List.of("--model", arguments[2]));
        options.addAll(List.of(arguments).subList(3, arguments.length));
        InferJob job = new InferJob(options);
        Worker.serve(
                arguments[1].equals("wall")
                        ? Job.timed(job::run)
                        : Job.reporting((input, output) ->
                                job.run(input, output).summary().get("seconds").asDouble()));
    }

    private Run run(Path input, Path output) {
        List<String> words =
                new ArrayList<>(List.of("infer", "--input", input.toString(), "--output", output.toString()));
        words.addAll(options);
        Run run = Run.inCurrentSession(words.toArray(String[]::new));
        if (run.exitCode() != 0) {
            throw new IllegalStateException("infer ended with %s: %s".formatted(run.exitCode(), run.err()));
        }
        return run;
    }
}
