package io.swinlake.bench;

import io.swinlake.cli.Run;
import io.swinlake.spark.Demo;
import io.swinlake.storage.TextFile;
import io.swinlake.table.SwinlakeTable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Kills {@code compact} at random moments, by SIGKILL: executors and drivers, while runs are rewritten, and drivers while the
 * rewritten runs are removed; then the same command is given again. The table has the runs of two days of hours, each of which replaces a
 * row. In every second trial an {@code infer --incremental} runs beside it, which nobody repeats. All the while a reader reads the whole
 * table: every row has to be there once, with the embedding that a calm run without a table gives.
 */
final class CompactKillCampaign implements AutoCloseable {
    private static final int HOURS = 48;
    private static final int NEW_IN_AN_HOUR = 3;

    /** What the run adds and replaces that is beside a compaction. */
    private static final int NEW_BESIDE = 40;

    private static final int CHANGED_BESIDE = 10;

    /** Contents of images that take the place of others: the demo's last ones. */
    private static final int FIRST_CHANGE = 200;

    /** The last command of a step is left alone. */
    private static final int MOST_COMMANDS = 4;

    private final java.nio.file.Path folder;
    private final java.nio.file.Path images;
    private final Map<String, String> settings;
    private final String tables;
    private final SparkSession spark;
    private final Configuration configuration;
    private final Random random;
    private Map<String, List<Float>> before = Map.of();
    private Map<String, List<Float>> after = Map.of();
    private int changes;

    /** From the moment at which a compaction begins to the end of its process. */
    private long calmMillis;

    private int killsLeft;
    private final SortedMap<String, Integer> kills = new TreeMap<>();
    private int commandsAgain;
    private int unfinished;

    /**
     * Makes the table that every trial begins with.
     *
     * @param tables folder for the tables
     * @param settings that lead there
     */
    CompactKillCampaign(java.nio.file.Path folder, String tables, Map<String, String> settings, long seed)
            throws Exception {
        this.folder = folder;
        this.images = Files.createDirectories(folder.resolve("images"));
        this.tables = tables;
        this.settings = settings;
        this.random = new Random(seed);
        this.spark = KillCampaign.reader(settings);
        this.configuration = spark.sessionState().newHadoopConf();
        prepare();
    }

    /** {@code [KILLS] [local|s3] [SEED]}. */
    public static void main(String[] args) throws Exception {
        int kills = args.length > 0 ? Integer.parseInt(args[0]) : 20;
        boolean onS3 = args.length > 1 && args[1].equals("s3");
        long seed = args.length > 2 ? Long.parseLong(args[2]) : System.nanoTime();
        System.out.printf("%d kills of compact, %s, seed %d%n", kills, onS3 ? "S3" : "local files", seed);
        long start = System.nanoTime();
        java.nio.file.Path folder = Files.createTempDirectory("kills");
        boolean isGood;
        try (LoopbackS3 s3 = onS3 ? LoopbackS3.start() : null) {
            if (s3 != null) {
                s3.client().createBucket("kills");
            }
            try (CompactKillCampaign campaign = new CompactKillCampaign(
                    folder,
                    s3 == null ? folder.resolve("tables").toString() : "s3a://kills",
                    s3 == null ? Map.of() : s3.sparkSettings(),
                    seed)) {
                isGood = campaign.run(kills);
            }
        }
        System.out.printf("%d s%n", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
        System.exit(isGood ? 0 : 1);
    }

    @Override
    public void close() {
        spark.stop();
    }

    private void prepare() throws Exception {
        String base = folder.resolve("base").toString();
        for (int hour = 0; hour < HOURS; hour++) {
            for (int i = 0; i < NEW_IN_AN_HOUR; i++) {
                put(hour * NEW_IN_AN_HOUR + i, hour * NEW_IN_AN_HOUR + i);
            }
            if (hour > 0) {
                change(hour * NEW_IN_AN_HOUR);
            }
            infer(base, "--incremental", "--run-id", String.format(Locale.ROOT, "%03d", hour));
        }
        before = calm("before");
        int images = HOURS * NEW_IN_AN_HOUR;
        for (int i = 0; i < NEW_BESIDE; i++) {
            put(images + i, images + i);
        }
        for (int i = 0; i < CHANGED_BESIDE; i++) {
            change(images);
        }
        after = calm("after");
        copy("calm");
        KilledCommand calm = compact("calm");
        awaitWork(calm, "calm", Map.of());
        long start = System.nanoTime();
        if (calm.awaitEnd() != 0) {
            throw new IllegalStateException(calm.err());
        }
        calmMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        System.out.printf(
                "%d runs, %d rows; a calm compaction takes %d ms from its beginning%n",
                HOURS, before.size(), calmMillis);
    }

    private static String name(int image) {
        return String.format(Locale.ROOT, "digit-%03d.png", image);
    }

    private void put(int content, int image) throws IOException {
        Files.copy(
                java.nio.file.Path.of(Demo.IMAGES, name(content)),
                images.resolve(name(image)),
                StandardCopyOption.REPLACE_EXISTING);
    }

    /** Gives one of the first images another content. */
    private void change(int among) throws IOException {
        int image = random.nextInt(among);
        put(FIRST_CHANGE + changes, image);
        Files.setLastModifiedTime(
                images.resolve(name(image)), FileTime.fromMillis(1_700_000_000_000L + 1000L * changes++));
    }

    private void infer(String output, String... more) {
        List<String> words =
                new ArrayList<>(List.of("infer", "--model", Demo.MODEL, "--input", "" + images, "--output", output));
        words.addAll(List.of(more));
        Run run = Run.inCurrentSession(words.toArray(String[]::new));
        if (run.exitCode() != 0) {
            throw new IllegalStateException(run.err());
        }
    }

    /** What a run gives that knows of no other. */
    private Map<String, List<Float>> calm(String name) throws IOException {
        String output = folder.resolve(name).toString();
        infer(output);
        Map<String, List<Float>> embeddings = new HashMap<>();
        for (Row row : TableWatch.rows(spark, output)) {
            embeddings.put(row.getString(0), row.getList(1));
        }
        return embeddings;
    }

    private String table(String name) {
        return tables + "/" + name;
    }

    private FileSystem fileSystem() throws IOException {
        return new Path(tables).getFileSystem(configuration);
    }

    private void copy(String name) throws IOException {
        Path base = new Path(folder.resolve("base").toString());
        FileUtil.copy(
                base.getFileSystem(configuration), base, fileSystem(), new Path(table(name)), false, configuration);
    }

    private KilledCommand compact(String name, String... more) throws IOException {
        List<String> verb = new ArrayList<>(List.of("compact", "--embeddings", table(name)));
        verb.addAll(List.of(more));
        return KilledCommand.start(folder, settings, verb);
    }

    /** Trials until so many processes were killed; whether nothing was wrong. */
    boolean run(int most) throws Exception {
        killsLeft = most;
        boolean good = true;
        long looks = 0;
        for (int trial = 0; killsLeft > 0; trial++) {
            String name = "trial-" + trial;
            boolean isBeside = trial % 2 == 1;
            copy(name);
            TableWatch watch = new TableWatch(spark, table(name), isBeside ? List.of(before, after) : List.of(before));
            try (watch) {
                watch.start();
                trial(name, watch, isBeside);
            }
            TableWatch.Difference difference =
                    TableWatch.Difference.of(TableWatch.rows(spark, table(name)), isBeside ? after : before);
            List<String> left = SwinlakeTable.leftovers(spark, table(name));
            System.out.printf(
                    "trial %d%s: %s; %d looks, %d wrong; left over: %s%n",
                    trial, isBeside ? ", beside infer" : "", difference, watch.looks(), watch.wrong(), left);
            looks += watch.looks();
            good &= difference.isNone() && watch.wrong() == 0;
        }
        System.out.printf(
                "kills %s; %d commands given again, %d not finished; %d looks; %s%n",
                kills, commandsAgain, unfinished, looks, good && unfinished == 0 ? "good" : "BAD");
        return good && unfinished == 0;
    }

    private void trial(String name, TableWatch watch, boolean isBeside) throws Exception {
        if (isBeside) {
            KilledCommand infer = KilledCommand.start(
                    folder,
                    settings,
                    List.of(
                            "infer",
                            "--model",
                            Demo.MODEL,
                            "--input",
                            "" + images,
                            "--output",
                            table(name),
                            "--incremental",
                            "--run-id",
                            "beside",
                            "--checkpoint-every",
                            "12"));
            if (random.nextBoolean()) {
                infer.awaitWork();
            }
            rewrite(name);
            if (infer.awaitEnd() != 0) {
                unfinished++;
                System.out.println("  infer beside it failed: " + infer.err());
            }
        }
        rewrite(name);
        watch.look(); // one that began when the runs were still needed is over then
        remove(name);
        watch.look();
    }

    /** Gives the command until it comes to its end, and kills it meanwhile. */
    private void rewrite(String name) throws Exception {
        for (int command = 1; ; command++) {
            Map<String, String> begun = begun(name);
            KilledCommand attempt = compact(name);
            if (command < MOST_COMMANDS && killsLeft > 0 && awaitWork(attempt, name, begun)) {
                Thread.sleep(random.nextLong(calmMillis));
                if (random.nextInt(3) == 0) {
                    count(attempt.killExecutor(random), "executor");
                } else {
                    boolean wasAlive = attempt.killDriver();
                    count(wasAlive, "driver " + moment(name));
                }
            }
            if (isFinished(attempt, command)) {
                return;
            }
        }
    }

    private void remove(String name) throws Exception {
        for (int command = 1; ; command++) {
            int runs = runs(name).size();
            int left = runs < 2 ? 0 : 1 + random.nextInt(runs - 1);
            KilledCommand attempt = compact(name, "--remove-only", "--retain", "0");
            if (command < MOST_COMMANDS && killsLeft > 0 && left > 0) {
                while (attempt.isAlive() && runs(name).size() > left) {
                    Thread.sleep(1);
                }
                count(attempt.killDriver(), "driver while runs are removed");
            }
            if (isFinished(attempt, command)) {
                return;
            }
        }
    }

    private boolean isFinished(KilledCommand attempt, int command) throws InterruptedException {
        int exit = attempt.awaitEnd();
        attempt.endExecutors();
        if (exit == 0) {
            return true;
        }
        if (command == MOST_COMMANDS) {
            unfinished++;
            System.out.println("  not finished: " + attempt.err());
            return true;
        }
        commandsAgain++;
        return false;
    }

    private void count(boolean wasKilled, String what) {
        if (wasKilled) {
            killsLeft--;
            kills.merge(what, 1, Integer::sum);
        }
    }

    /** Waits until a compaction has begun that is none of those before; false if the command ends without. */
    private boolean awaitWork(KilledCommand attempt, String name, Map<String, String> before)
            throws IOException, InterruptedException {
        while (attempt.isAlive()) {
            Map<String, String> now = begun(name);
            if (!now.isEmpty() && !now.equals(before)) {
                return true;
            }
            Thread.sleep(20);
        }
        return false;
    }

    /** Names of the attempts at compactions, by the ids of these. */
    private Map<String, String> begun(String name) throws IOException {
        Map<String, String> attempts = new TreeMap<>();
        for (String id : names(new Path(table(name), "_runs"), "compact-")) {
            TextFile.at(new Path(table(name) + "/_runs/" + id, "attempt"), configuration)
                    .read()
                    .ifPresent(attempt -> attempts.put(id, attempt));
        }
        return attempts;
    }

    private List<String> runs(String name) throws IOException {
        return names(new Path(table(name)), "run=");
    }

    private List<String> names(Path parent, String beginning) throws IOException {
        try {
            return Arrays.stream(fileSystem().listStatus(parent))
                    .map(FileStatus::getPath)
                    .map(Path::getName)
                    .filter(name -> name.startsWith(beginning))
                    .sorted()
                    .toList();
        } catch (FileNotFoundException e) {
            return List.of();
        }
    }

    /** How far the newest compaction is. */
    private String moment(String name) throws IOException {
        Map<String, String> attempts = begun(name);
        Optional<String> newest = attempts.keySet().stream().reduce((first, last) -> last);
        if (newest.isEmpty()) {
            return "after its end";
        }
        Path run = new Path(table(name), "run=" + newest.get());
        if (fileSystem().exists(new Path(run, "_run.json"))) {
            return "after the record";
        }
        Path rows = new Path(run, attempts.get(newest.get()));
        if (fileSystem().exists(new Path(rows, "_SUCCESS"))) {
            return "after the rows";
        }
        return fileSystem().exists(rows) ? "while rows are written" : "before rows are written";
    }
}
