package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.Launcher;
import io.swinlake.ShortRun;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every verb in the environments that clusters and countries have: each says and finds the same in all of them. The settings are
 * paired so that few processes cover them, one for each environment.
 */
class EnvironmentsIT {
    private static final String KRYO = "org.apache.spark.serializer.KryoSerializer";
    private static final int STRANGER = 12345;

    @TempDir
    Path temp;

    /** Spark's settings as {@code key=value}, separated by blanks. */
    enum Environment {
        KRYO_WITH_REGISTRATION_AND_ANSI_IN_PERSIAN(
                "fa-IR",
                "Asia/Kathmandu",
                "spark.serializer=" + KRYO + " spark.kryo.registrationRequired=true spark.sql.ansi.enabled=true"
                        + " spark.sql.adaptive.enabled=false spark.sql.shuffle.partitions=3"
                        + " spark.sql.session.timeZone=America/St_Johns"),
        JAVA_8_TIMES_AND_CASE_IN_ARABIC_DIGITS(
                "ar-EG-u-nu-arab",
                "America/St_Johns",
                "spark.sql.datetime.java8API.enabled=true spark.sql.caseSensitive=true spark.sql.sources.default=orc"
                        + " spark.sql.parquet.writeLegacyFormat=true spark.sql.parquet.outputTimestampType=TIMESTAMP_MILLIS"
                        + " spark.sql.legacy.timeParserPolicy=LEGACY"),
        KRYO_AND_JAVA_8_TIMES_IN_TURKISH_BY_A_USER_WITHOUT_A_NAME(
                "tr-TR",
                "Asia/Kathmandu",
                "spark.serializer=" + KRYO + " spark.sql.datetime.java8API.enabled=true spark.speculation=true"
                        + " spark.sql.shuffle.partitions=1 spark.default.parallelism=1"
                        + " spark.sql.parquet.compression.codec=gzip");

        private final String language;
        private final String timeZone;
        private final String settings;

        Environment(String language, String timeZone, String settings) {
            this.language = language;
            this.timeZone = timeZone;
            this.settings = settings;
        }

        /** Only root can become a user without an entry in /etc/passwd. */
        boolean isStranger() {
            return this == KRYO_AND_JAVA_8_TIMES_IN_TURKISH_BY_A_USER_WITHOUT_A_NAME && isRoot();
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyVerbDoesTheSame(Environment environment) throws Exception {
        boolean stranger = environment.isStranger();
        Path folder = Files.createDirectory(temp.resolve("work"));
        Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path log = temp.resolve("log");
        ProcessBuilder process = new ProcessBuilder(command(environment, folder))
                .redirectError(log.toFile())
                .redirectOutput(temp.resolve("out").toFile());
        process.environment().put("LC_ALL", "C");
        if (stranger) {
            process.environment().remove("HOME");
            process.environment().put("DJL_CACHE_DIR", folder.resolve("djl").toString());
        }

        int exit = process.start().waitFor();

        assertThat(exit).as(() -> read(log)).isZero();
        Map<String, String> codes = Files.readAllLines(temp.resolve("out")).stream()
                .map(line -> line.split(" ", -1))
                .collect(Collectors.toMap(words -> words[0], words -> words[1]));
        assertThat(codes.keySet()).containsExactlyInAnyOrderElementsOf(EveryVerb.VERBS);
        assertThat(codes)
                .as(() -> said(folder))
                .allSatisfy((verb, code) -> assertThat(code).as(verb).isEqualTo("0"));
        assertFindings(folder);
    }

    /** What the demo gives, whoever looks at it: README.md in {@code examples/demo} says where these come from. */
    static void assertFindings(Path folder) throws IOException {
        assertThat(summary(folder, "infer")).contains("\"written\":10,", "\"failed\":0,");
        assertThat(summary(folder, "again"))
                .contains("\"listed\":30,", "\"unchanged\":10,", "\"written\":20,", "\"failed\":0,");
        assertThat(folder.resolve("evaluate.out")).content().startsWith("top-1  1.0000 of 10 images\ntop-5  1.0000\n");
        assertThat(folder.resolve("nearest.out"))
                .content()
                .containsPattern("digit-000.png +2  0[.]0894[0-9]{2}  \\S+digit-003.png\n")
                .containsPattern("digit-001.png +2  0[.]9808[0-9]{2}  \\S+digit-006.png\n");
        assertThat(summary(folder, "duplicates")).contains("\"links\":2,", "\"images\":3,", "\"groups\":1");
        assertThat(folder.resolve("sql.out"))
                .content()
                .contains("|digit-000.png|six  |0.9612     |128       |", "|digit-007.png|four |-0.1631|");
        assertThat(folder.resolve("report.html")).content().contains("digit-000.png", "viewBox=\"0 0 ");
        assertThat(folder.resolve("inspect.out")).content().contains("parameters  577,110\ngflops      0.029\n");
        assertThat(summary(folder, "convert")).contains("\"bytes\":1168588");
        assertThat(summary(folder, "doctor")).contains("\"status\":\"ok\"");
    }

    private static String summary(Path folder, String verb) throws IOException {
        List<String> lines = Files.readAllLines(folder.resolve(verb + ".out"));
        String last = lines.get(lines.size() - 1);
        assertThat(new ObjectMapper().readTree(last).get("command").asText())
                .isEqualTo(verb.equals("again") ? "infer" : verb);
        return last;
    }

    /** With the jar for spark-submit and the Spark home, which every user of the machine may read. */
    private static List<String> command(Environment environment, Path folder) throws IOException {
        List<String> command = new ArrayList<>();
        if (environment.isStranger()) {
            command.addAll(List.of("setpriv", "--reuid=" + STRANGER, "--regid=" + STRANGER, "--clear-groups"));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(JavaModuleOptions.defaultModuleOptions().split(" ", -1)));
        command.addAll(List.of(ShortRun.JAVA_OPTIONS.split(" ", -1)));
        command.addAll(List.of("-Xmx2g", "-Duser.timezone=" + environment.timeZone));
        command.addAll(List.of("-Dspark.master=local[2]", "-Dspark.ui.enabled=false", "-Dspark.log.level=WARN"));
        command.addAll(List.of("-Dspark.local.dir=" + folder, "-Djava.io.tmpdir=" + folder));
        for (String setting : environment.settings.split(" ", -1)) {
            if (!setting.isEmpty()) {
                command.add("-D" + setting);
            }
        }
        String classPath = Stream.of("target/test-classes", Launcher.jar().toString(), "target/spark/jars/*")
                .collect(Collectors.joining(File.pathSeparator));
        command.addAll(List.of("-cp", classPath, EveryVerb.class.getName()));
        command.addAll(List.of(folder.toString(), environment.language));
        return command;
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root") && Files.isExecutable(Path.of("/usr/bin/setpriv"));
    }

    /** What the verbs wrote to standard error. */
    private static String said(Path folder) {
        Map<String, String> said = new TreeMap<>();
        EveryVerb.VERBS.forEach(verb -> said.put(verb, read(folder.resolve(verb + ".err"))));
        return said.toString();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
