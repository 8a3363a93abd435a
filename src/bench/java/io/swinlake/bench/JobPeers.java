package io.swinlake.bench;

import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.Row;

/**
 * A whole {@code infer} job beside other Spark jobs that do the same: the same folder, network and cores, each in a JVM and a
 * session of its own that stay while the jobs take turns. {@code scripts/bench jobs [images] [rounds] [peer...]}
 */
final class JobPeers {
    private static final Path FOLDER = Path.of("target", "bench");
    private static final String MASTER = "local[2]";
    private static final String BATCH = "8";
    private static final int SQUARES = 32;
    private static final String PLAIN = "plain";
    private static final String SYNAPSE_ML = "synapseml";
    private static final String SPARK_NLP = "spark-nlp";
    private static final Set<String> PEERS = Set.of(PLAIN, SYNAPSE_ML, SPARK_NLP);
    private static final List<String> PRECISIONS = List.of("fp32", "bf16", "int8");
    private static final String SWINLAKE = "Swinlake ";
    private static final String OURS = SWINLAKE + "fp32";
    /** Share of images with our best class, of a network whose scores hardly differ. */
    static final double LEAST_AGREEMENT = 0.75;

    private final Map<String, WorkerProcess> workers = new LinkedHashMap<>();

    private final Map<String, List<Double>> cpuSeconds = new HashMap<>();

    private JobPeers() {}

    public static void main(String[] arguments) throws Exception {
        int count = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 600;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
        Set<String> wanted = arguments.length > 2 ? Set.of(Arrays.copyOfRange(arguments, 2, arguments.length)) : PEERS;
        if (!PEERS.containsAll(wanted)) {
            throw new IllegalArgumentException("the peers are %s, found %s".formatted(PEERS, wanted));
        }
        Path reference = Path.of(System.getenv("SWINLAKE_REFERENCE"));
        List<Path> squares = Photos.squares(FOLDER, SQUARES, 224);
        List<Path> photos = Photos.jpegs(FOLDER, count);
        System.out.println(Machine.describe());

        JobPeers peers = new JobPeers();
        peers.start(reference, wanted);
        peers.warmUp(squares.get(0).getParent());
        peers.compare();
        peers.measure(photos, rounds);
        peers.workers.values().forEach(WorkerProcess::close);
        System.exit(0);
    }

    private void start(Path reference, Set<String> wanted) throws IOException {
        String model = reference.resolve("swin_t.pth").toString();
        for (String precision : PRECISIONS) {
            // Squashed to 224 pixels, as the others do.
            start(
                    SWINLAKE + precision,
                    Map.of(),
                    "io.swinlake.cli.InferJob",
                    MASTER,
                    "wall",
                    model,
                    "--recipe",
                    "hf",
                    "--precision",
                    precision);
        }
        if (wanted.contains(PLAIN)) {
            String traced = reference.resolve("traced").toString();
            start("binaryFile, DJL traced, row by row", withoutSettings(), NaiveJob.class.getName(), MASTER, traced);
            start("the same, with our settings", Map.of(), NaiveJob.class.getName(), MASTER, traced);
        }
        if (wanted.contains(SYNAPSE_ML)) {
            start(
                    "SynapseML ONNXModel",
                    classPath("SYNAPSEML_CLASSPATH"),
                    "src/bench/java/io/swinlake/bench/peers/SynapseMlJob.java",
                    MASTER,
                    reference.resolve("swin_t.onnx").toString(),
                    BATCH);
        }
        if (wanted.contains(SPARK_NLP)) {
            start(
                    "Spark NLP Swin",
                    classPath("SPARK_NLP_CLASSPATH"),
                    "src/bench/java/io/swinlake/bench/peers/SparkNlpJob.java",
                    MASTER,
                    reference.resolve("spark-nlp").toString(),
                    BATCH);
        }
    }

    /** A job that one writes oneself leaves libtorch's threads and memory as they are. */
    private static Map<String, String> withoutSettings() throws IOException {
        return ExecutorEnvironment.shipped().keySet().stream()
                .filter(name -> name.startsWith("OMP_") || name.startsWith("MALLOC_"))
                .collect(Collectors.toMap(name -> name, name -> ""));
    }

    private static Optional<String> classPath(String variable) {
        return Optional.ofNullable(System.getenv(variable)).filter(path -> !path.isEmpty());
    }

    private void start(String name, Map<String, String> environment, String... main) throws IOException {
        workers.put(name, WorkerProcess.java(name, WorkerProcess.ownClassPath(), List.of(main), environment));
    }

    private void start(String name, Optional<String> classPath, String... main) throws IOException {
        if (classPath.isPresent()) {
            workers.put(name, WorkerProcess.java(name, classPath.get(), List.of(main), Map.of()));
        } else {
            System.out.printf("%s is skipped: its jars cannot be fetched%n", name);
        }
    }

    /** Runs every job once; one that fails says so and takes no further part. */
    private void warmUp(Path squares) throws IOException {
        for (String name : List.copyOf(workers.keySet())) {
            try {
                run(name, squares);
            } catch (IllegalStateException e) {
                System.out.printf("%s stops at %s%n", name, e.getMessage());
                workers.remove(name).close();
            }
        }
    }

    private double run(String name, Path input) throws IOException {
        Path output = table(name);
        FileUtils.deleteDirectory(output.toFile());
        WorkerProcess worker = workers.get(name);
        double before = worker.cpuSeconds();
        double seconds = worker.ask(Job.request(input, output));
        cpuSeconds.computeIfAbsent(name, key -> new ArrayList<>()).add(worker.cpuSeconds() - before);
        return seconds;
    }

    private static Path table(String name) {
        return FOLDER.resolve("tables").resolve(name.replaceAll("\\W+", "-"));
    }

    /**
     * Prints how often each job's last table has our best class.
     *
     * @throws IllegalStateException if one has it so seldom that something is wrong with it: its speed would mean nothing
     */
    private void compare() {
        Map<String, Integer> expected = predictions(OURS);
        List<String> lines = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        for (String name : workers.keySet()) {
            Map<String, Integer> actual = predictions(name);
            long same = expected.entrySet().stream()
                    .filter(entry -> entry.getValue().equals(actual.get(entry.getKey())))
                    .count();
            lines.add("%s %s of %s".formatted(name, same, expected.size()));
            if (same < LEAST_AGREEMENT * expected.size()) {
                wrong.add(name);
            }
        }
        System.out.printf(
                "%d different best classes; the same as that of %s: %s%n",
                expected.values().stream().distinct().count(), OURS, String.join("; ", lines));
        if (!wrong.isEmpty()) {
            throw new IllegalStateException("other results than those of " + OURS + ": " + wrong);
        }
    }

    private static Map<String, Integer> predictions(String name) {
        Map<String, Integer> byFile = new HashMap<>();
        for (Row row : LocalSpark.session()
                .read()
                .parquet(table(name).toString())
                .selectExpr("element_at(split(path, '/'), -1)", "prediction")
                .collectAsList()) {
            byFile.put(row.getString(0), row.getInt(1));
        }
        return byFile;
    }

    private void measure(List<Path> photos, int rounds) throws Exception {
        Map<String, Callable<Double>> contenders = new LinkedHashMap<>();
        workers.keySet()
                .forEach(name ->
                        contenders.put(name, () -> run(name, photos.get(0).getParent())));
        cpuSeconds.clear();
        Turns turns = Turns.take(rounds, contenders);
        System.out.printf(
                "%n%d JPEGs of 500x375, %s: seconds of a whole job, median of %d rounds (least to most)%n",
                photos.size(), MASTER, rounds);
        for (String name : workers.keySet()) {
            String ratios = PRECISIONS.stream()
                    .map(precision -> "%s %s"
                            .formatted(
                                    precision,
                                    turns.ratio(name, SWINLAKE + precision).withDecimals(2)))
                    .collect(Collectors.joining(", "));
            System.out.printf(
                    "  %-36s %s, %.1f images/s, CPU %s s%s%n",
                    name,
                    turns.figure(name).withDecimals(1),
                    photos.size() / turns.figure(name).median(),
                    Turns.Spread.of(cpuSeconds.get(name)).withDecimals(1),
                    name.startsWith(SWINLAKE) ? "" : "; Swinlake's rate is this times " + ratios);
        }
        compare();
    }
}
