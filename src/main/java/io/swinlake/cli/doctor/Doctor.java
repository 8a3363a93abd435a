package io.swinlake.cli.doctor;

import io.swinlake.cli.command.DeviceArguments;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.Json;
import io.swinlake.cli.command.ModelArguments;
import io.swinlake.cli.command.Sessions;
import io.swinlake.cli.command.Versions;
import io.swinlake.model.SwinModel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Looks, before a long job does, whether everything that {@code infer} needs is there, by doing each thing once: on the
 * driver and, where they are processes of their own, on an executor. Every check is a line; a failed one says what to do.
 */
@Command(
        name = "doctor",
        description = "Checks engine, devices, memory, model, lake and one image from end to end, in less than 30 s.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
public final class Doctor implements Callable<Integer> {
    /** Says what is wrong rather than wait for it to get better, as the settings in {@code conf/} do. */
    private static final Map<String, String> IMPATIENT = Map.of(
            "spark.task.maxFailures", "1",
            "spark.hadoop.fs.s3a.attempts.maximum", "0",
            "spark.hadoop.fs.s3a.retry.limit", "1",
            "spark.hadoop.fs.s3a.connection.timeout", "4000",
            "spark.hadoop.fs.s3a.connection.establish.timeout", "2000");

    @Spec
    private CommandSpec spec;

    @ArgGroup(exclusive = false)
    private ModelArguments model;

    @Option(
            names = "--input",
            paramLabel = "URI",
            description = "Folder or object to list and read, as infer takes them; may be repeated.")
    private List<String> inputs = List.of();

    @Option(
            names = "--output",
            paramLabel = "URI",
            description = "Folder to write a table of one row to, and remove it.")
    private Optional<String> output = Optional.empty();

    @Mixin
    private DeviceArguments on;

    private Checklist checks; // from call on, as the session from its check on
    private SparkSession spark;
    private SwinModel opened;
    private StorageCheck.Sample image;

    /**
     * The last line on stdout.
     *
     * @param status {@code ok} if no check failed
     */
    private record Summary(String command, String status, long failed, double seconds, List<CheckResult> checks) {}

    @Override
    public Integer call() {
        long start = System.nanoTime();
        checks = new Checklist(spec.commandLine().getOut());
        checks.check("java", Checklist.DRIVER, JvmChecks::java);
        checks.check("engine", Checklist.DRIVER, JvmChecks::engine);
        checks.check("webp", Checklist.DRIVER, JvmChecks::webp);
        if (checks.check("spark", Checklist.DRIVER, this::startSpark)) {
            checkCluster();
        }
        long failed = checks.failed();
        Summary summary = new Summary(
                "doctor",
                failed == 0 ? "ok" : "failed",
                failed,
                Math.round((System.nanoTime() - start) / 1e8) / 10.0,
                checks.results());
        spec.commandLine().getOut().println(Json.line(summary));
        return (failed == 0 ? Exit.GOOD : Exit.PREFLIGHT).code();
    }

    private void checkCluster() {
        Configuration configuration = spark.sessionState().newHadoopConf();
        boolean apart = !spark.sparkContext().isLocal();
        boolean executor = true;
        if (apart) {
            executor = checks.checkOnExecutor(
                    context(),
                    where -> List.of(
                            CheckResult.of("java", where, JvmChecks::java),
                            CheckResult.of("engine", where, JvmChecks::engine),
                            CheckResult.of("webp", where, JvmChecks::webp),
                            CheckResult.of("device", where, JvmChecks::devices)));
        } else {
            checks.check("device", Checklist.DRIVER, JvmChecks::devices);
        }
        checkModel(configuration);
        checkInputs(configuration, apart && executor);
        checkOutput(executor);
        checkImage(executor);
        checks.check("memory", Checklist.DRIVER, JvmChecks::memory);
        if (apart && executor) {
            checks.checkOnExecutor(context(), where -> List.of(CheckResult.of("memory", where, JvmChecks::memory)));
        }
    }

    private String startSpark() {
        spark = Sessions.open("doctor", IMPATIENT);
        return "Spark %s at %s, %s tasks at a time"
                .formatted(
                        Versions.spark(),
                        spark.sparkContext().master(),
                        spark.sparkContext().defaultParallelism());
    }

    private void checkModel(Configuration configuration) {
        if (model == null) {
            checks.skip("model", Checklist.DRIVER, "no --model is given");
            return;
        }
        checks.checkAt(model.model, "model", () -> {
            opened = model.request().open(configuration);
            return "%s, input %s, recipe %s"
                    .formatted(
                            opened.name(), opened.inputSize(), opened.recipe().name());
        });
    }

    private void checkInputs(Configuration configuration, boolean onExecutor) {
        if (inputs.isEmpty()) {
            checks.skip("input", Checklist.DRIVER, "no --input is given");
        }
        for (String input : inputs) {
            boolean good = checks.checkAt(input, "input", () -> {
                StorageCheck.Sample sample = StorageCheck.listAndRead(input, configuration);
                image = sample.isWhole() ? sample : image; // else it is no photo
                return sample.toString();
            });
            if (good && onExecutor) {
                Broadcast<SerializableConfiguration> hadoop =
                        context().broadcast(new SerializableConfiguration(configuration));
                checks.checkOnExecutor(
                        context(),
                        where -> List.of(CheckResult.of("input", where, () -> StorageCheck.listAndRead(
                                                input, hadoop.value().value())
                                        .toString())
                                .at(input)));
            }
        }
    }

    private void checkOutput(boolean executor) {
        if (output.isEmpty()) {
            checks.skip("output", Checklist.DRIVER, "no --output is given");
        } else if (!executor) {
            checks.skip("output", Checklist.EXECUTOR, "there is no executor that could write");
        } else {
            checks.checkAt(output.get(), "output", () -> StorageCheck.write(output.get(), spark));
        }
    }

    /** One image through the network: on the driver's CPU, and as infer does it. */
    private void checkImage(boolean executor) {
        if (opened == null) {
            checks.skip("image", Checklist.DRIVER, "no model is open");
            return;
        }
        ImageCheck check = new ImageCheck(opened, Optional.ofNullable(image));
        boolean good = checks.check("image", Checklist.DRIVER, check::runOnDriver);
        if (good && executor) {
            String task = spark.sparkContext().isLocal() ? "task" : Checklist.EXECUTOR;
            if (checks.check("image", task, () -> {
                on.decide(spark);
                return check.runOnExecutor(spark, model.transformer(on));
            })) {
                checks.check("search", task, () -> SearchCheck.run(spark, check.embedding()));
            }
        }
    }

    private JavaSparkContext context() {
        return JavaSparkContext.fromSparkContext(spark.sparkContext());
    }
}
