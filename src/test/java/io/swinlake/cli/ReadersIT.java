package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.Launcher;
import io.swinlake.PythonEnvironment;
import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * What other programs see of our tables, as {@code docs/readers.md} says: each expression and each recipe of that page, in real
 * readers. The tables have 360 images, one of which is none, and a second run has computed ten of them again.
 */
class ReadersIT {
    private static final Path REQUIREMENTS = Path.of("src/test/python/readers");
    private static final String EVERY_READER = "swinlake.python";
    private static final int REPLACED = 10;

    @TempDir
    private static Path lake;

    @BeforeAll
    static void writeTheTables() throws IOException {
        LocalSpark.session().stop();
        // A session as others have them: times without a zone, and the lists of Parquet's first years.
        SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", false)
                .config("spark.log.level", "WARN")
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.databricks.delta.snapshotPartitions", 2)
                .config("spark.sql.parquet.outputTimestampType", "INT96")
                .config("spark.sql.parquet.writeLegacyFormat", true)
                .config(
                        "spark.sql.extensions",
                        "io.delta.sql.DeltaSparkSessionExtension,"
                                + "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
                .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
                .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
                .config("spark.sql.catalog.lake.type", "hadoop")
                .config(
                        "spark.sql.catalog.lake.warehouse",
                        lake.resolve("warehouse").toString())
                .getOrCreate();
        Path images = Files.createDirectory(lake.resolve("images"));
        try (Stream<Path> all = Files.list(Path.of(Demo.IMAGES))) {
            for (Path image : all.toList()) {
                Files.copy(image, images.resolve(image.getFileName()));
            }
        }
        Files.writeString(images.resolve("digit-359.png"), "no image");
        inferToEachFormat("2026-11-21");
        for (int i = 0; i < REPLACED; i++) {
            Files.copy(images.resolve(name(100 + i)), images.resolve(name(i)), StandardCopyOption.REPLACE_EXISTING);
        }
        inferToEachFormat("2026-11-22");
    }

    private static String name(int image) {
        return String.format(Locale.ROOT, "digit-%03d.png", image);
    }

    private static void inferToEachFormat(String run) {
        infer("--run-id", run, "--output", lake.resolve("table").toString());
        if (!Boolean.getBoolean(EVERY_READER)) {
            return;
        }
        infer("--run-id", run, "--output", lake.resolve("delta").toString(), "--format", "delta");
        infer("--run-id", run, "--output", "lake.digits.rows", "--format", "iceberg");
    }

    private static void infer(String... more) {
        List<String> words = new ArrayList<>(List.of("infer", "--model", Demo.MODEL, "--incremental"));
        words.addAll(List.of("--input", lake.resolve("images").toString()));
        words.addAll(List.of(more));
        Run run = Run.inCurrentSession(words.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    @AfterAll
    static void stop() {
        LocalSpark.session().stop();
    }

    @Test
    void pyarrowDuckDbAndPolarsSeeWhatThePageSays() throws Exception {
        assertPageHolds("few-readers.txt", "pyarrow", "DuckDB", "Polars");
    }

    @Test
    @EnabledIfSystemProperty(named = EVERY_READER, matches = "true", disabledReason = "scripts/test --python runs it")
    void everyReaderSeesWhatThePageSays() throws Exception {
        assertPageHolds("readers.txt");
    }

    @Test
    void everyFileHoldsInstantsAndTheListsOfTodayWhateverTheSessionSays() throws IOException {
        Map<Path, String> schemas = ParquetSchemas.of(lake);
        assertThat(schemas).hasSizeGreaterThan(1);
        assertThat(schemas).allSatisfy((file, schema) -> assertThat(schema)
                .as(file.toString())
                .contains("int64 modificationTime (TIMESTAMP(MICROS,true))")
                .contains("float element")
                .doesNotContain("int96"));
    }

    private static void assertPageHolds(String requirements, String... readers) throws Exception {
        PythonEnvironment python = PythonEnvironment.of(REQUIREMENTS.resolve(requirements));
        List<String> words = new ArrayList<>(
                List.of(REQUIREMENTS.resolve("recipes.py").toString(), "docs/readers.md", lake.toString()));
        words.addAll(List.of(readers));

        Launcher.Run run = python.python(Map.of(), words);

        assertThat(run.out()).as(run.err()).isNotEmpty();
        assertThat(run.out().lines()).allMatch(line -> line.endsWith(" | ok"), run.out() + run.err());
        assertThat(run.exit()).isZero();
    }
}
