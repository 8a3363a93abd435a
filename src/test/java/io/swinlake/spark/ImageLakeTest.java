package io.swinlake.spark;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.storage.StoredFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageLakeTest {
    private static final long KIB = 1 << 10;
    private static final long MIB = 1 << 20;

    private final SparkSession spark = LocalSpark.session();

    @TempDir
    private Path folder;

    private void write(String name, int bytes) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[bytes]);
    }

    private List<String> names(ImageLake lake) {
        String prefix = folder.toUri().getPath();
        return lake.toDataset(spark).collectAsList().stream()
                .map(row -> row.getString(0))
                .map(path -> path.substring(path.indexOf(prefix) + prefix.length()))
                .toList();
    }

    private ImageLake list(String... inputs) throws IOException {
        return ImageLake.list(spark, List.of(inputs), "*");
    }

    @Test
    void listsEveryObjectOfEveryDepthSortedByPathEvenEmptyOnesAndNonImages() throws IOException {
        write("b/2.jpg", 20);
        write("a/deep/1.png", 10);
        write("b/empty.jpg", 0);
        write("notes.txt", 5);

        ImageLake lake = list(folder.toString());

        assertThat(names(lake)).containsExactly("a/deep/1.png", "b/2.jpg", "b/empty.jpg", "notes.txt");
        assertThat(lake.size()).isEqualTo(4);
        assertThat(lake.bytes()).isEqualTo(35);
    }

    @Test
    void skipsWhatSparkHidesUnlessItIsNamedItself() throws IOException {
        write("1.jpg", 1);
        write("_SUCCESS", 0);
        write(".hidden/2.jpg", 1);
        write("_temporary/3.jpg", 1);
        write("_day=4/4.jpg", 1);

        assertThat(names(list(folder.toString()))).containsExactly("1.jpg", "_day=4/4.jpg");
        assertThat(names(list(folder.resolve("_temporary/3.jpg").toString()))).containsExactly("_temporary/3.jpg");
    }

    @Test
    void takesFilesFoldersAndWildcardsAndListsNoObjectTwice() throws IOException {
        write("2024/1.jpg", 1);
        write("2025/2.jpg", 1);
        write("other/3.jpg", 1);

        ImageLake lake = list(
                folder.resolve("20*").toString(),
                folder.resolve("2025").toString(),
                folder.resolve("other/3.jpg").toString());

        assertThat(names(lake)).containsExactly("2024/1.jpg", "2025/2.jpg", "other/3.jpg");
    }

    @Test
    void globMatchesNames() throws IOException {
        write("a/1.jpg", 1);
        write("a/2.png", 1);
        write("a/3.txt", 1);

        assertThat(names(ImageLake.list(spark, List.of(folder.toString()), "*.{jpg,png}")))
                .containsExactly("a/1.jpg", "a/2.png");
    }

    @Test
    void pathsWithSpacesAndPercentSignsStayAsTheyAre() throws IOException {
        write("my photos/50%25 off #1.jpg", 3);

        assertThat(names(list(folder.toString()))).containsExactly("my photos/50%25 off #1.jpg");
    }

    @Test
    void givesLengthAndModificationTime() throws IOException {
        write("1.jpg", 7);

        Dataset<Row> files = list(folder.toString()).toDataset(spark);

        assertThat(files.schema().simpleString())
                .isEqualTo("struct<path:string,length:bigint,modificationTime:timestamp,etag:string>");
        assertThat(files.first().getLong(1)).isEqualTo(7);
        assertThat(files.first().getTimestamp(2).getTime())
                .isEqualTo(Files.getLastModifiedTime(folder.resolve("1.jpg")).toMillis());
    }

    private static ImageLake lakeOf(String etag) {
        return new ImageLake(List.of(new StoredFile("s3a://lake/1.png", 7, 0, etag)));
    }

    @Test
    void anObjectIsTheSameWithAndWithoutTheQuotesOfItsEtag() {
        Dataset<Row> held = lakeOf("abc").toDataset(spark);

        assertThat(lakeOf("\"abc\"").without(held, lit(true)).size()).isZero();
        assertThat(lakeOf("\"abc\"").rowsIn(held).count()).isEqualTo(1);
        assertThat(lakeOf("\"abd\"").without(held, lit(true)).size()).isEqualTo(1);
    }

    @Test
    void saysWhichInputIsMissing() {
        assertThatThrownBy(() -> list("/no/such/folder"))
                .isInstanceOf(FileNotFoundException.class)
                .hasMessage("/no/such/folder: no such file or directory");
        assertThatThrownBy(() -> list("nosuch://bucket/folder"))
                .isInstanceOf(IOException.class)
                .hasMessage("nosuch://bucket/folder: cannot be listed: No FileSystem for scheme \"nosuch\"");
    }

    @Test
    void plansFourTasksForEachCoreAndNeverLessThanABatchForOne() {
        assertThat(ImageLake.plan(files(360, KIB), 2)).hasSize(8).allMatch(task -> task.size() == 45);
        assertThat(ImageLake.plan(files(20, KIB), 64)).extracting(List::size).containsExactly(8, 8, 4);
        assertThat(ImageLake.plan(List.of(), 2)).isEmpty();
    }

    @Test
    void boundsATaskByCountAndByBytes() {
        assertThat(ImageLake.plan(files(100_000, KIB), 2)).allMatch(task -> task.size() <= 8192);
        assertThat(ImageLake.plan(files(100, 200 * MIB), 1)).allMatch(task -> task.size() <= 5);
    }

    @Test
    void everyFileIsPlannedOnceAndInOrder() {
        List<StoredFile> files = files(12_345, 300 * KIB);

        assertThat(ImageLake.plan(files, 3).stream().flatMap(List::stream)).containsExactlyElementsOf(files);
    }

    private static List<StoredFile> files(int count, long length) {
        return IntStream.range(0, count)
                .mapToObj(i -> new StoredFile(String.format(Locale.ROOT, "%06d.jpg", i), length, 0, ""))
                .toList();
    }
}
