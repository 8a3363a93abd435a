package io.swinlake;

import io.swinlake.cli.Run;
import io.swinlake.spark.Demo;
import io.swinlake.spark.SwinlakeExtensions;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
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
                // Else a garbage collection makes room by what an earlier command left there.
                .config("spark.cleaner.referenceTracking", false)
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.sql.extensions", SwinlakeExtensions.class.getName())
                .getOrCreate();
    }

    /** Argument: the disk. */
    public static void main(String[] args) throws IOException {
        Path disk = Path.of(args[0]);
        Path elsewhere = Files.createTempDirectory("swinlake-full-disk");
        FullDiskRuns output = new FullDiskRuns(elsewhere.resolve("images-1"), disk.resolve("table"), elsewhere);
        output.report("output", disk, 40, () -> output.infer("broken"));
        // An incremental run over a few images moves no rows between tasks; a search keeps all of them there.
        FullDiskRuns local = new FullDiskRuns(elsewhere.resolve("images-2"), elsewhere.resolve("table"), disk);
        local.report("spark.local.dir", disk, 0, () -> local.duplicates(elsewhere.resolve("duplicates")));
    }

    /** How a command ends without room, and then with it. */
    private void report(String what, Path disk, int kibibytesLeft, Supplier<Run> command) throws IOException {
        Files.createDirectory(images);
        put(0, BEFORE);
        Run before = infer("before");
        if (before.exitCode() != 0) {
            throw new IllegalStateException(before.err());
        }
        put(BEFORE, AFTER);
        Path filler = fill(disk, kibibytesLeft);
        Run broken = command.get();
        List<String> lines = broken.err()
                .lines()
                .filter(line -> line.startsWith("swinlake "))
                .toList();
        Files.delete(filler);
        String seen = counts();
        Run again = command.get();
        System.out.printf(
                "%s: exit %d with %s; a reader sees %s; again exit %d; %s%n",
                what, broken.exitCode(), lines, seen, again.exitCode(), counts());
        spark.stop();
    }

    private void put(int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            String name = String.format(Locale.ROOT, "digit-%03d.png", i);
            Files.copy(Path.of(Demo.IMAGES, name), images.resolve(name));
        }
    }

    /** Leaves so much room. What the disk says of its room is rounded; that it takes no more is not. */
    private static Path fill(Path disk, int kibibytesLeft) throws IOException {
        Path filler = disk.resolve("filler");
        try (FileChannel out = FileChannel.open(filler, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            try {
                while (true) {
                    out.write(ByteBuffer.allocate(1024));
                }
            } catch (IOException full) {
                out.truncate(out.size() - kibibytesLeft * 1024L);
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

    private Run duplicates(Path found) {
        return Run.inCurrentSession(
                "duplicates", "--embeddings", table.toString(), "--threshold", "0.9", "--output", found.toString());
    }

    private String counts() throws IOException {
        Row counts = SwinlakeTable.read(spark, table.toString())
                .selectExpr("count(1)", "count(DISTINCT path)")
                .first();
        return counts.getLong(0) + " rows of " + counts.getLong(1) + " paths";
    }
}
