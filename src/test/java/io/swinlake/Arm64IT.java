package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.spark.launcher.JavaModuleOptions;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The jars of profile arm64: {@code scripts/test --arm64} makes them, and a Java for ARM64 that an emulator runs. */
@EnabledIfSystemProperty(named = Arm64IT.JAVA, matches = ".+", disabledReason = "scripts/test --arm64 runs it")
class Arm64IT {
    /** A file system with {@code java} for ARM64 in it. */
    static final String JAVA = "swinlake.arm64";

    private static final int ELF_AARCH64 = 0xB7;
    private static final int MACH_O_ARM64 = 0x0100000C;

    @TempDir
    private Path temp;

    @ParameterizedTest
    @CsvSource({"linux-aarch64,.so", "osx-aarch64,.dylib"})
    void everyLibraryIsOfTheJarsPlatform(String platform, String ending) throws IOException {
        Set<String> found = new TreeSet<>();
        try (ZipFile jar = new ZipFile(jar(platform).toFile())) {
            for (ZipEntry entry : Collections.list(jar.entries())) {
                String name = entry.getName();
                if (!name.startsWith("com/sun/jna/") && name.matches(".*\\.(so|dylib|dll)(\\.[0-9.]+)?")) {
                    assertThat(machine(jar, entry)).as(name).isEqualTo(platform);
                    found.add(name.substring(name.lastIndexOf('/') + 1));
                }
            }
        }
        assertThat(found).contains("libtorch_cpu" + ending, "libdjl_torch" + ending, "libwebp-imageio" + ending);
    }

    @Test
    void theJarsDifferInLibrariesAlone() throws IOException {
        Map<String, Long> ours = classes(Launcher.jar());

        assertThat(classes(jar("linux-aarch64"))).isEqualTo(ours);
        assertThat(classes(jar("osx-aarch64"))).isEqualTo(ours);
    }

    /** The digits, as PyTorch computes them on x86_64, and a picture by libwebp. */
    @Test
    void infersOnAnEmulatedCpu() throws Exception {
        Path images = Files.createDirectory(temp.resolve("images"));
        try (Stream<Path> files = Files.list(Path.of(Demo.IMAGES))) {
            for (Path file : files.toList()) {
                Files.copy(file, images.resolve(file.getFileName()));
            }
        }
        Files.copy(Path.of("src/test/resources/images/webp_lossy_2x3.webp"), images.resolve("last.webp"));
        Path table = temp.resolve("table");

        Launcher.Run run = emulated(
                jar("linux-aarch64"),
                "infer",
                "--model",
                Demo.MODEL,
                "--input",
                images.toString(),
                "--output",
                table.toString());

        assertThat(run.exit()).as(run::err).isZero();
        List<Row> rows = LocalSpark.session()
                .read()
                .parquet(table.toString())
                .orderBy("path")
                .select("embedding", "error")
                .collectAsList();
        assertThat(rows).hasSize(361).allSatisfy(row -> assertThat(row.isNullAt(1))
                .isTrue());
        float[] expected = Demo.expectedEmbeddings();
        float[] found = Demo.flatten(
                rows.subList(0, 360).stream().map(row -> row.<Float>getList(0)).toList());
        for (int i = 0; i < expected.length; i++) {
            assertThat(found[i]).isCloseTo(expected[i], within(1e-5f));
        }
    }

    @Test
    void theOtherJarSaysWhichIsRight() throws Exception {
        Launcher.Run run = emulated(
                Launcher.jar(),
                "infer",
                "--model",
                Demo.MODEL,
                "--input",
                Demo.IMAGES,
                "--output",
                temp.resolve("table").toString());

        assertThat(run.exit()).isNotZero();
        assertThat(run.err()).contains("this jar has no libtorch for linux-aarch64: use the jar that is made for it");
    }

    private Launcher.Run emulated(Path jar, String... words) throws IOException, InterruptedException {
        String root = System.getProperty(JAVA);
        List<String> command = new ArrayList<>(
                List.of("qemu-aarch64", "-L", root, java(Path.of(root)).toString()));
        command.addAll(List.of(ShortRun.JAVA_OPTIONS.split(" ", -1)));
        command.addAll(List.of(JavaModuleOptions.defaultModuleOptions().split(" ", -1)));
        // Java's own helper for new processes is a program for ARM64, which the kernel does not start.
        command.addAll(List.of(
                "-Djdk.lang.Process.launchMechanism=VFORK",
                "-Xmx2g",
                "-Dspark.master=local[2]",
                "-Dspark.ui.enabled=false",
                "-cp",
                jar + ":target/spark/jars/*",
                "io.swinlake.cli.Main"));
        command.addAll(List.of(words));
        Map<String, String> environment = Map.of(
                "DJL_CACHE_DIR", temp.resolve("libraries").toString(), "DJL_OFFLINE", "true", "OMP_NUM_THREADS", "1");
        return Launcher.run(environment, command, Duration.ofMinutes(20));
    }

    private static Path java(Path root) throws IOException {
        try (Stream<Path> found =
                Files.find(root.resolve("usr/lib/jvm"), 3, (path, file) -> path.endsWith("bin/java"))) {
            return found.findFirst().orElseThrow();
        }
    }

    private static Path jar(String platform) {
        return Path.of(Launcher.jar().toString().replaceAll("\\.jar$", "-" + platform + ".jar"));
    }

    /** Names and checksums of all that is not a library or its description. */
    private static Map<String, Long> classes(Path file) throws IOException {
        Map<String, Long> classes = new TreeMap<>();
        try (ZipFile jar = new ZipFile(file.toFile())) {
            jar.stream()
                    .filter(entry -> !entry.getName().matches("(pytorch|native|jnilib)/.*"))
                    .forEach(entry -> classes.put(entry.getName(), entry.getCrc()));
        }
        return classes;
    }

    /** What the header of a library says that it runs on. */
    private static String machine(ZipFile jar, ZipEntry entry) throws IOException {
        byte[] header;
        try (InputStream in = jar.getInputStream(entry)) {
            header = in.readNBytes(20);
        }
        ByteBuffer numbers = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        if (numbers.getInt(0) == 0x464C457F && numbers.getShort(18) == ELF_AARCH64) {
            return "linux-aarch64";
        }
        return numbers.getInt(0) == 0xFEEDFACF && numbers.getInt(4) == MACH_O_ARM64 ? "osx-aarch64" : "another";
    }
}
