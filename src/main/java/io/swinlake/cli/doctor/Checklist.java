package io.swinlake.cli.doctor;

import io.swinlake.cli.command.Json;
import io.swinlake.cli.doctor.CheckResult.Wrong;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;

/** The checks made so far: each is said as soon as it is made. */
final class Checklist {
    static final String DRIVER = "driver";
    static final String EXECUTOR = "executor";

    /** An executor that takes longer to come is worth a look at the cluster. */
    private static final int EXECUTOR_SECONDS = 15;

    private final List<CheckResult> results = new ArrayList<>();
    private final PrintWriter out;

    Checklist(PrintWriter out) {
        this.out = out;
    }

    List<CheckResult> results() {
        return results;
    }

    long failed() {
        return results.stream().filter(CheckResult::isFailed).count();
    }

    /** Makes a check. Returns whether it did not fail. */
    boolean check(String name, String where, Callable<String> work) {
        CheckResult result = CheckResult.of(name, where, work);
        say(result);
        return !result.isFailed();
    }

    /** Makes a check of a place, which its line names. */
    boolean checkAt(String place, String name, Callable<String> work) {
        CheckResult result = CheckResult.of(name, DRIVER, work).at(place);
        say(result);
        return !result.isFailed();
    }

    void skip(String name, String where, String reason) {
        say(CheckResult.skipped(name, where, reason));
    }

    /** Makes checks in a task. Returns whether an executor took it, whatever they came to. */
    boolean checkOnExecutor(JavaSparkContext context, Function<String, List<CheckResult>> checks) {
        // As text, because Spark's serialisers differ in what they can carry.
        JavaFutureAction<List<String>> task = context.parallelize(new ArrayList<>(List.of(0)), 1)
                .flatMap(any ->
                        checks.call(JvmChecks.name()).stream().map(Json::line).iterator())
                .collectAsync();
        CheckResult came = CheckResult.of("executor", EXECUTOR, () -> {
            try {
                for (String line : task.get(EXECUTOR_SECONDS, TimeUnit.SECONDS)) {
                    say(Json.read(line, CheckResult.class));
                }
                return "";
            } catch (TimeoutException e) {
                task.cancel(true);
                throw new Wrong(
                        "ask for smaller executors (--executor-memory, --executor-cores), or look at the cluster's page for"
                                + " what they wait for",
                        "none took a task within %d s",
                        EXECUTOR_SECONDS);
            }
        });
        if (came.isFailed()) {
            say(came);
        }
        return !came.isFailed();
    }

    private void say(CheckResult result) {
        results.add(result);
        out.println(result.line());
    }
}
