package io.swinlake;

import io.swinlake.cli.Run;
import io.swinlake.spark.Demo;
import io.swinlake.spark.SwinlakeExtensions;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Runs with the output, and then with Spark's folder, on a small disk that is full but for some pages. */
final class FullDiskRuns {
    private static final int BEFORE = 4;
    private static final int AFTER = 24;

    private final Path images;
    private final Path table;
    private final SparkSession spark;

    private FullDiskRuns(Path images, Path table, Path local) {
        this.images = images;
        this.table = table;
        this.spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", false)
                .config("spark.local.dir", local.toString())
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.sql.extensions", SwinlakeExtensions.class.getName())
                .getOrCreate();
    }

    /** Argument: the disk. */
    public static void main(String[] args) throws IOException {
        Path disk = Path.of(args[0]);
        Path elsewhere = Files.createTempDirectory("swinlake-full-disk");
        report("output", new FullDiskRuns(elsewhere.resolve("images-1"), disk.resolve("table"), elsewhere), disk, 40);
        report(
                "spark.local.dir",
                new FullDiskRuns(elsewhere.resolve("images-2"), elsewhere.resolve("table"), disk),
                disk,
                8);
    }

    private static void report(String what, FullDiskRuns runs, Path disk, int kibibytesLeft) throws IOException {
        Files.createDirectory(runs.images);
        runs.put(0, BEFORE);
        Run before = runs.infer("before");
        if (before.exitCode() != 0) {
            throw new IllegalStateException(before.err());
        }
        runs.put(BEFORE, AFTER);
        Path filler = fill(disk, kibibytesLeft);
        Run broken = runs.infer("broken");
        List<String> lines = broken.err()
                .lines()
                .filter(line -> line.startsWith("swinlake infer: "))
                .toList();
        Files.delete(filler);
        String seen = runs.counts();
        Run again = runs.infer("broken");
        System.out.printf(
                "%s: exit %d with %s; a reader sees %s; again exit %d; %s%n",
                what, broken.exitCode(), lines, seen, again.exitCode(), runs.counts());
        runs.spark.stop();
    }

    private void put(int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            String name = String.format(Locale.ROOT, "digit-%03d.png", i);
            Files.copy(Path.of(Demo.IMAGES, name), images.resolve(name));
        }
    }

    /** Leaves so much room. */
    private static Path fill(Path disk, int kibibytesLeft) throws IOException {
        Path filler = disk.resolve("filler");
        FileStore store = Files.getFileStore(disk);
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (store.getUsableSpace() > kibibytesLeft * 1024L) {
                out.write(new byte[4096]);
            }
        }
        return filler;
    }

    private Run infer(String run) {
        return Run.inCurrentSession(
                "infer",
                "--model",
                Demo.MODEL,
                "--input",
                images.toString(),
                "--output",
                table.toString(),
                "--incremental",
                "--run-id",
                run,
                "--checkpoint-every",
                "8");
    }

    private String counts() throws IOException {
        Row counts = SwinlakeTable.read(spark, table.toString())
                .selectExpr("count(1)", "count(DISTINCT path)")
                .first();
        return counts.getLong(0) + " rows of " + counts.getLong(1) + " paths";
    }
}
