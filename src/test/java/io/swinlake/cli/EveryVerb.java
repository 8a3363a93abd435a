package io.swinlake.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.SparkSession;

/**
 * All verbs one after the other in one session, as a process that {@link EnvironmentsIT} starts in some environment: settings of
 * Spark come as system properties. What a verb says goes to {@code VERB.out} and {@code VERB.err} in a folder, its exit code
 * to standard output.
 */
final class EveryVerb {
    static final List<String> VERBS = List.of(
            "infer", "evaluate", "nearest", "duplicates", "sql", "report", "inspect", "convert", "doctor", "again");

    private static final String DEMO = "examples/demo";

    private EveryVerb() {}

    /** Arguments: an empty folder, and a language tag for the JVM. */
    public static void main(String[] arguments) {
        Locale.setDefault(Locale.forLanguageTag(arguments[1]));
        Main.prepareJvm();
        Path folder = Path.of(arguments[0]);
        for (String verb : VERBS) {
            System.out.println(verb + " " + run(verb, folder));
        }
        SparkSession.active().stop();
    }

    private static int run(String verb, Path folder) {
        List<String> words = new ArrayList<>(words(verb, folder));
        words.add("--verbose");
        try (PrintWriter out = writer(folder.resolve(verb + ".out"));
                PrintWriter err = writer(folder.resolve(verb + ".err"))) {
            return Main.run(out, err, words.toArray(String[]::new));
        }
    }

    private static PrintWriter writer(Path file) {
        try {
            return new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8), true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> words(String verb, Path folder) {
        String model = DEMO + "/model";
        String table = folder.resolve("table").toString();
        return switch (verb) {
            case "infer", "again" ->
                List.of(
                        "infer",
                        "--model",
                        model,
                        "--input",
                        DEMO + "/images",
                        "--glob",
                        verb.equals("infer") ? "digit-00*.png" : "digit-0[0-2]*.png",
                        "--output",
                        table,
                        "--incremental",
                        "--run-id",
                        verb);
            case "evaluate" -> List.of("evaluate", "--embeddings", table, "--truth", DEMO + "/labels.csv");
            case "nearest" -> List.of("nearest", "--embeddings", table, "--query", table, "--k", "3");
            case "duplicates" ->
                List.of(
                        "duplicates",
                        "--embeddings",
                        table,
                        "--threshold",
                        "0.95",
                        "--output",
                        folder.resolve("duplicates").toString());
            case "sql" -> List.of("sql", "--embeddings", table, "jobs/sql/neighbours.sql");
            case "report" ->
                List.of(
                        "report",
                        "--embeddings",
                        table,
                        "--output",
                        folder.resolve("report.html").toString());
            case "inspect" -> List.of("inspect", "--model", model);
            case "convert" ->
                List.of(
                        "convert",
                        "--model",
                        model,
                        "--output",
                        folder.resolve("model.safetensors").toString());
            case "doctor" ->
                List.of(
                        "doctor",
                        "--model",
                        model,
                        "--input",
                        DEMO + "/images",
                        "--output",
                        folder.resolve("other").toString());
            default -> throw new IllegalArgumentException(verb);
        };
    }
}
