package io.swinlake.table;

import io.swinlake.spark.ImageLake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** A folder of text files as a lake, and runs over it that need neither images nor a model: a row holds its file's length. */
final class TinyLake {
    /** Of the records of its runs. */
    static final RunRecord.Software VERSIONS = new RunRecord.Software("0", "3", "17");

    private final SparkSession spark;
    private final Path folder;
    private int changes;

    TinyLake(SparkSession spark, Path folder) {
        this.spark = spark;
        this.folder = folder;
    }

    /** Writes a file, or another content of it; one named {@code bad...} gets an error. */
    void put(String name, String content) throws IOException {
        Files.writeString(folder.resolve(name), content);
        Files.setLastModifiedTime(folder.resolve(name), FileTime.fromMillis(1_700_000_000_000L + 1000L * changes++));
    }

    ImageLake list() {
        try {
            return ImageLake.list(spark, List.of(folder.toString()), "*");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A run over all files that are there when it begins. */
    RunWork work() {
        return work(step -> {});
    }

    RunWork work(Consumer<Step> reached) {
        return new Work(list(), reached, "digest");
    }

    RunWork workOf(String digest) {
        return new Work(list(), step -> {}, digest);
    }

    /** A request of two files a part. */
    static RunRequest request(String output, String id) {
        return request(output, id, 2);
    }

    static RunRequest request(String output, String id, int imagesPerPart) {
        return request(output, id, imagesPerPart, new TreeMap<>(Map.of("--top-k", "5")));
    }

    static RunRequest request(String output, String id, SortedMap<String, String> options) {
        return request(output, id, 2, options);
    }

    private static RunRequest request(String output, String id, int imagesPerPart, SortedMap<String, String> options) {
        return new RunRequest(
                id,
                true,
                false,
                false,
                imagesPerPart,
                Set.of("read/io"),
                new RunRequest.Options(options, Map.of("--top-k", "5"), Set.of("--top-k")),
                List.of("lake"),
                "*",
                output,
                TableFormat.PARQUET,
                1,
                VERSIONS);
    }

    private record Work(ImageLake objects, Consumer<Step> hook, String digest) implements RunWork {
        @Override
        public RunRecord.Model model() {
            return new RunRecord.Model("uri", "tiny", "sha", digest, "hf", "4x4", "fp32", 0, 1, List.of());
        }

        @Override
        public StructType schema() {
            return compute(objects.toDataset(SparkSession.active())).schema();
        }

        @Override
        public Dataset<Row> compute(Dataset<Row> rows) {
            return rows.selectExpr(
                    "*",
                    "array(cast(length AS float)) AS embedding",
                    "IF(path LIKE '%/bad%', named_struct('stage', 'decode', 'code', 'bad', 'message', 'm'), NULL) AS error",
                    "named_struct('name', 'tiny', 'sha256', 'sha', 'recipe', 'hf', 'precision', 'fp32', 'digest', '"
                            + digest + "') AS model");
        }

        @Override
        public SortedMap<String, Long> devices() {
            return Collections.emptySortedMap();
        }

        @Override
        public SortedMap<String, Long> outcomes() {
            return Collections.emptySortedMap();
        }

        @Override
        public void reached(Step step) {
            hook.accept(step);
        }
    }

    /** Lengths by file name, as a table's readers see them; fails if a name has two rows. */
    static Map<String, Long> lengths(Dataset<Row> table) {
        Map<String, Long> lengths = new TreeMap<>();
        for (Row row : table.selectExpr("regexp_extract(path, '[^/]+$', 0)", "cast(embedding[0] AS long)")
                .collectAsList()) {
            if (lengths.put(row.getString(0), row.getLong(1)) != null) {
                throw new AssertionError("two rows of " + row.getString(0));
            }
        }
        return lengths;
    }
}
