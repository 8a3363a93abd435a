package io.swinlake.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.storage.Listed;
import io.swinlake.storage.Listing;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.util.functional.RemoteIterators;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is listed of a local lake and how it is read, by the files that a shell sees there. */
class LocalLakeTest {
    /** Names that some layer between a table and a file has been known to change, or to take for something else. */
    private static final List<String> HOSTILE = List.of(
            "cam1_2026-11-28T10:00:00.png",
            "50%25 off #1?.png",
            "a+b=c.png",
            "back\\slash.png",
            "looks\\xE9escaped.png",
            "new\nline.png",
            "-leading.png",
            "trailing blank.png ",
            "run[1]{a,b}*.png",
            "\u00e9.png",
            "e\u0301.png",
            "\u732b.png",
            "\ud83d\ude00.png",
            "\ufffd.png",
            "n".repeat(251) + ".png");

    @TempDir
    private Path folder;

    /** By a URI of the name's bytes, so that this test makes the same files in every locale. */
    private void write(String name, int bytes) throws IOException {
        StringBuilder uri = new StringBuilder("file://" + folder + "/");
        for (byte each : name.getBytes(StandardCharsets.UTF_8)) {
            uri.append(each == '/' ? "/" : "%" + HexFormat.of().toHexDigits(each));
        }
        Path file = Path.of(URI.create(uri.toString()));
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[bytes]);
    }

    /** What became of each file, by its path from the lake. */
    private Map<String, String> read(String... inputs) throws IOException {
        return below(LakeReader.read(new Configuration(), List.of(inputs)));
    }

    private Map<String, String> below(Map<String, String> outcomes) {
        String lake = "file:" + folder + "/";
        return outcomes.entrySet().stream()
                .collect(Collectors.toMap(
                        file -> file.getKey().startsWith(lake) ? file.getKey().substring(lake.length()) : file.getKey(),
                        Map.Entry::getValue,
                        (first, second) -> first,
                        TreeMap::new));
    }

    @Test
    void hostileNamesAreListedAndRead() throws IOException {
        for (String name : HOSTILE) {
            write("2026-11-28T10:00:00/" + name, 3);
        }

        assertThat(read(folder.toString()).values()).hasSize(HOSTILE.size()).containsOnly("3 bytes");
        assertThat(read(folder + "/2026-*/*").values()).hasSize(HOSTILE.size()).containsOnly("3 bytes");
        for (String uri :
                LakeReader.read(new Configuration(), List.of(folder.toString())).keySet()) {
            assertThat(LakeReader.read(new Configuration(), List.of(uri))).isEqualTo(Map.of(uri, "3 bytes"));
        }
        assertThat(read(folder + "/2026-11-28T10:00:00/run[1]{a,b}*.png")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", "C.UTF-8"})
    void everyNameIsListedAndReadInEveryLocale(String locale) throws Exception {
        write("\u00e9.png", 1);
        write("e\u0301.png", 2);
        write("\u0441\u0442\u0440\u043e\u043a\u0430/\u732b.png", 3);
        Files.write(Path.of(URI.create("file://" + folder + "/latin1-%E9.png")), new byte[4]);
        Files.write(Path.of(URI.create("file://" + folder + "/latin1-%E8.png")), new byte[5]);

        assertThat(below(LakeReader.readElsewhere(Map.of("LC_ALL", locale), List.of(), folder.toString())))
                .isEqualTo(Map.of(
                        "\u00e9.png", "1 bytes",
                        "e\u0301.png", "2 bytes",
                        "\u0441\u0442\u0440\u043e\u043a\u0430/\u732b.png", "3 bytes",
                        "latin1-\\xE9.png", "4 bytes",
                        "latin1-\\xE8.png", "5 bytes"));
    }

    @Test
    void anInputThatJavaCannotReadInThisLocaleNamesTheSetting() throws Exception {
        assumeThat(System.getProperty("sun.jnu.encoding"))
                .as("can start such a command")
                .isEqualTo("UTF-8");
        write("\u00e9/1.png", 1);

        assertThat(LakeReader.readElsewhere(Map.of("LC_ALL", "C"), List.of(), folder + "/\u00e9"))
                .isEqualTo(
                        Map.of(
                                "failed",
                                "no such file or directory; Java could not read this name in the present locale: set LC_ALL=C.UTF-8"));
    }

    @Test
    @Timeout(10)
    void linkToAParentIsListedOnce() throws IOException {
        write("1.png", 1);
        write("sub/2.png", 2);
        Files.createSymbolicLink(folder.resolve("sub/loop"), Path.of("../"));

        assertThat(read(folder.toString())).isEqualTo(Map.of("1.png", "1 bytes", "sub/2.png", "2 bytes"));
    }

    @Test
    @Timeout(10)
    void twoFoldersThatLinkUpEnd() throws IOException {
        write("1.png", 1);
        write("a/2.png", 2);
        Files.createDirectory(folder.resolve("b"));
        Files.createSymbolicLink(folder.resolve("a/up"), Path.of(".."));
        Files.createSymbolicLink(folder.resolve("b/up"), Path.of(".."));

        assertThat(read(folder.toString())).isEqualTo(Map.of("1.png", "1 bytes", "a/2.png", "2 bytes"));
    }

    @Test
    void aLinkThatLeadsNowhereIsARow() throws IOException {
        Files.createSymbolicLink(folder.resolve("dangling.png"), Path.of("nowhere.png"));
        Files.createSymbolicLink(folder.resolve("itself.png"), Path.of("itself.png"));

        assertThat(read(folder.toString())).isEqualTo(Map.of("dangling.png", "not_found", "itself.png", "io"));
        assertThat(read(folder + "/dangling.png")).isEqualTo(Map.of("dangling.png", "not_found"));
    }

    @Test
    void eachFileIsListedOnceHoweverManyLinksLeadToIt() throws IOException {
        write("lake/1.png", 1);
        write("elsewhere/2.png", 2);
        write("elsewhere/more/3.png", 3);
        write("lake/_blobs/4", 4);
        Files.createSymbolicLink(folder.resolve("lake/0.png"), Path.of("1.png"));
        Files.createSymbolicLink(folder.resolve("lake/b.png"), Path.of("../elsewhere/2.png"));
        Files.createSymbolicLink(folder.resolve("lake/c.png"), Path.of("../elsewhere/2.png"));
        Files.createSymbolicLink(folder.resolve("lake/d"), Path.of("../elsewhere"));
        Files.createSymbolicLink(folder.resolve("lake/4.png"), Path.of("_blobs/4"));

        assertThat(read(folder + "/lake"))
                .isEqualTo(Map.of(
                        "lake/1.png", "1 bytes",
                        "lake/4.png", "4 bytes",
                        "lake/b.png", "2 bytes",
                        "lake/d/more/3.png", "3 bytes"));
    }

    @Test
    void hardLinksAreFilesOfTheirOwn() throws IOException {
        write("1.png", 1);
        Files.createLink(folder.resolve("2.png"), folder.resolve("1.png"));

        assertThat(read(folder.toString())).containsOnlyKeys("1.png", "2.png");
    }

    @Test
    void inputsThatOverlapGiveEachFileOnce() throws IOException {
        write("a/b/1.png", 1);
        write("a/2.png", 2);
        Files.createSymbolicLink(folder.resolve("link"), Path.of("a"));

        String a = folder + "/a";
        assertThat(read(a, a + "/.", "file://" + a, a + "/b", folder + "/link", folder + "/*"))
                .containsOnlyKeys("a/b/1.png", "a/2.png");
    }

    @Test
    void aFileAndALinkToItThatAreBothInputsAreOneObject() throws IOException {
        write("a/1.png", 1);
        Files.createSymbolicLink(folder.resolve("link.png"), Path.of("a/1.png"));

        assertThat(read(folder + "/a/1.png", folder + "/link.png", folder + "/a"))
                .containsOnlyKeys("a/1.png");
        assertThat(read(folder + "/link.png", folder + "/a")).containsOnlyKeys("link.png");
    }

    @Test
    void whatLiesBelowAFileOrHasTooLongANameIsNotThere() throws IOException {
        write("1.png", 1);

        for (String name : List.of("1.png/2.png", "n".repeat(256), "gone/1.png")) {
            assertThatThrownBy(() -> read(folder + "/" + name)).hasMessage("no such file or directory");
        }
    }

    @Test
    @Timeout(10)
    void aPipeIsARowThatNobodyWaitsFor() throws Exception {
        Path pipe = folder.resolve("pipe.png");
        Process made = new ProcessBuilder("mkfifo", pipe.toString()).start();
        assertThat(made.waitFor(5, TimeUnit.SECONDS)).isTrue();

        assertThat(read(folder.toString())).isEqualTo(Map.of("pipe.png", "not_a_file"));
    }

    @Test
    void anOldChecksumBesideAnImageIsNotLookedAt() throws IOException {
        write("1.png", 600);
        Files.write(folder.resolve(".1.png.crc"), "crc\0\0\0\2\0wrong".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(read(folder.toString())).isEqualTo(Map.of("1.png", "600 bytes"));
    }

    @Test
    void anInputThatIsThereByItsNameIsNoPattern() throws IOException {
        write("run[1]/1.png", 1);
        write("run1/2.png", 2);
        write("x{a,b}.png", 3);

        assertThat(read(folder + "/run[1]")).containsOnlyKeys("run[1]/1.png");
        assertThat(read(folder + "/run[12]")).containsOnlyKeys("run1/2.png");
        assertThat(read(folder + "/x{a,b}.png")).containsOnlyKeys("x{a,b}.png");
        assertThat(read(folder + "/run\\[1\\]")).containsOnlyKeys("run[1]/1.png");
        assertThat(read(folder + "/{run1/2.png,x*}")).containsOnlyKeys("run1/2.png", "x{a,b}.png");
    }

    private List<String> listWithout(String leftOut, String input) throws IOException {
        return RemoteIterators.toList(new Listing(new Configuration(), "*", List.of(leftOut)).of(input)).stream()
                .map(file -> file.uri().substring(("file:" + folder + "/").length()))
                .sorted()
                .toList();
    }

    @Test
    void theOutputBelowTheInputIsNotListedHoweverItIsNamed() throws IOException {
        write("lake/1.png", 1);
        write("lake/table/run=1/part-0.parquet", 2);
        write("lake/table-of-contents/2.png", 3);
        Files.createSymbolicLink(folder.resolve("link"), Path.of("lake/table"));

        for (String output : List.of("/lake/table", "/lake/./table", "/lake/../lake/table/", "/link")) {
            for (String input : List.of("/lake", "/lake/", "/lake/*", "/*", "/l?ke/{*.png,ta*}")) {
                assertThat(listWithout("file://" + folder + output, folder + input))
                        .as("%s without %s", input, output)
                        .containsExactly("lake/1.png", "lake/table-of-contents/2.png");
            }
        }
        assertThat(listWithout(folder + "/lake/not-yet", folder + "/lake")).hasSize(3);
    }

    @Test
    void anInputThatLiesInTheOutputIsListedAndOneThatIsTheOutputIsRefused() throws IOException {
        write("photos/1.png", 1);

        assertThat(listWithout(folder.toString(), folder + "/photos")).containsExactly("photos/1.png");
        assertThatThrownBy(() -> listWithout(folder + "/photos", folder + "/photos/."))
                .hasMessage(
                        "it is where the output goes, whose files would be taken for images; give the output a folder of its own");
    }

    @Test
    void aWildcardTakesNoHiddenNamesUnlessItSaysSo() throws IOException {
        write("_runs/1.png", 1);
        write(".cache/2.png", 2);
        write("day=1/3.png", 3);

        assertThat(read(folder + "/*")).containsOnlyKeys("day=1/3.png");
        assertThat(read(folder + "/_*")).containsOnlyKeys("_runs/1.png");
    }

    @Test
    void aFileWrittenAgainWithEqualLengthIsChanged() throws Exception {
        write("1.png", 3);
        ImageFetcher fetcher = new ImageFetcher(new Configuration());
        String file = folder + "/1.png";
        long now = Files.getLastModifiedTime(folder.resolve("1.png")).toMillis();

        assertThat(fetcher.fetch(file, listed(now))).hasSize(3);
        assertThat(catchThrowableOfType(ImageException.class, () -> fetcher.fetch(file, listed(now - 1000))))
                .hasMessageMatching("listed as of .*Z, found as of .*Z: it was written again since")
                .returns(ErrorCode.CHANGED, ImageException::code);
    }

    private static Listed listed(long modificationMillis) {
        return new Listed(OptionalLong.of(3), OptionalLong.of(modificationMillis), Optional.empty());
    }

    @Test
    void aFileThatMayNotBeReadIsDenied() throws Exception {
        write("1.png", 1);
        write("2.png", 2);
        Files.setPosixFilePermissions(folder.resolve("2.png"), Set.of());

        assertThat(below(LakeReader.readElsewhere(Map.of(), asNoSuperuser(), folder.toString())))
                .isEqualTo(Map.of("1.png", "1 bytes", "2.png", "denied"));
    }

    @Test
    void aFolderThatMayNotBeListedStopsTheListing() throws Exception {
        write("1.png", 1);
        write("closed/2.png", 2);
        Files.setPosixFilePermissions(folder.resolve("closed"), Set.of());
        try {
            assertThat(LakeReader.readElsewhere(Map.of(), asNoSuperuser(), folder.toString()))
                    .isEqualTo(Map.of("failed", folder + "/closed: permission denied"));
        } finally {
            Files.setPosixFilePermissions(folder.resolve("closed"), PosixFilePermissions.fromString("rwx------"));
        }
    }

    /** What starts a program without root's right to read everything. */
    private static List<String> asNoSuperuser() throws Exception {
        if (!System.getProperty("user.name").equals("root")) {
            return List.of();
        }
        List<String> starter = List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search");
        boolean works;
        try {
            works = new ProcessBuilder(List.of(starter.get(0), starter.get(1), "true"))
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            works = false;
        }
        assumeThat(works).as("setpriv can take rights from root").isTrue();
        return starter;
    }
}
