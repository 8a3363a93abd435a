package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.s3.AmazonS3;
import io.swinlake.Launcher.Run;
import io.swinlake.bench.LoopbackS3;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Secret key and session token of a run against S3, looked for wherever something is written while all of Spark, Hadoop and
 * Swinlake log at debug level. {@link S3LakeIT} looks into Spark's pages and event log.
 */
class CredentialsIT {
    private static final String TOKEN = "FwoGZXIvYXdzEJrCanaryOfSessions00c2Vzc2lvbg";

    @TempDir
    private static Path temp;

    private static LoopbackS3 s3;
    private static AmazonS3 client;

    @BeforeAll
    static void start() throws IOException {
        s3 = LoopbackS3.start();
        client = s3.client();
        client.createBucket("lake");
        Path image = Path.of("examples/demo/images/digit-000.png");
        client.putObject("lake", "images/digit-000.png", image.toFile());
    }

    @AfterAll
    static void stop() {
        s3.close();
    }

    private final Map<String, String> settings = new HashMap<>();

    @BeforeEach
    void takeTemporaryCredentials() {
        settings.putAll(s3.sparkSettings());
        settings.put("spark.hadoop.fs.s3a.session.token", TOKEN);
    }

    @Test
    void areInNothingThatIsWrittenAtDebugLevel() throws Exception {
        Path report = temp.resolve("report.html");
        Run infer = debugging("infer --model examples/demo/model --input s3a://lake/images --output s3a://lake/table");
        Run page = debugging("report --embeddings s3a://lake/table --output " + report);

        assertThat(infer.exit()).as(infer.err()).isZero();
        assertThat(page.exit()).as(page.err()).isZero();
        assertThat(infer.err()).contains("DEBUG org.apache.hadoop.fs.s3a.S3AFileSystem", "DEBUG org.apache.spark.");
        assertHidden("infer", infer);
        assertHidden("report", page);
        assertHidden("the page", Files.readString(report));
        client.listObjectsV2("lake", "table/")
                .getObjectSummaries()
                .forEach(object -> assertHidden(object.getKey(), client.getObjectAsString("lake", object.getKey())));
    }

    @Test
    void areInNoMessageOfARefusal() throws Exception {
        settings.put("spark.hadoop.fs.s3a.access.key", "AKIANOBODYSKEY");
        Run denied = debugging("infer --model examples/demo/model --input s3a://lake/images --output s3a://lake/t");
        Run doctor = debugging("doctor --input s3a://lake/images");

        assertThat(denied.exit()).isEqualTo(4);
        assertThat(doctor.exit()).isEqualTo(4);
        assertHidden("infer", denied);
        assertHidden("doctor", doctor);
    }

    /** Runs a verb with the shipped logging, but for the level and the pattern, which drops what a message has behind its first line. */
    private Run debugging(String verb) throws IOException, InterruptedException {
        Path conf = Files.createDirectories(temp.resolve("conf"));
        String defaults = "spark-defaults.conf";
        Files.writeString(conf.resolve(defaults), Files.readString(Path.of("conf", defaults)));
        String logging = Files.readString(Path.of("conf/log4j2.properties"))
                .replace("rootLogger.level = warn", "rootLogger.level = debug")
                .replace("logger.swinlake.level = info", "logger.swinlake.level = debug")
                .replaceFirst("(layout.pattern =).*", "$1 %p %c: %m%n%ex");
        Files.writeString(conf.resolve("log4j2.properties"), logging);
        List<String> words = new ArrayList<>(List.of("--master", "local[2]", "--verbose"));
        settings.forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
        words.addAll(List.of(verb.split(" ", -1)));
        return Launcher.swinlake(Map.of("SPARK_CONF_DIR", conf.toString()), words);
    }

    private static void assertHidden(String name, Run run) {
        assertHidden(name + "'s output", run.out());
        assertHidden(name + "'s log", run.err());
    }

    private static void assertHidden(String name, String text) {
        List<String> lines = text.lines()
                .filter(line -> line.contains(TOKEN) || line.contains(LoopbackS3.SECRET_KEY))
                .toList();
        assertThat(lines).as(name).isEmpty();
    }
}
