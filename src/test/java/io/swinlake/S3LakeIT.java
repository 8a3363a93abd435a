package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.s3.AmazonS3;
import io.swinlake.Launcher.Run;
import io.swinlake.LoopbackS3.Request;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A lake, a model and a table in S3, through the launcher and the settings in {@code conf/}. */
class S3LakeIT {
    private static final int IMAGES = 20;

    @Test
    void readsEachImageWithOneGetAndCommitsTheTable() throws Exception {
        try (LoopbackS3 s3 = LoopbackS3.start()) {
            AmazonS3 client = s3.client();
            client.createBucket("lake");
            for (int i = 0; i < IMAGES; i++) {
                upload(client, "images/digit-%03d.png".formatted(i));
            }
            for (File file : Path.of("examples/demo/model").toFile().listFiles()) {
                upload(client, "model/" + file.getName());
            }
            s3.forgetRequests();

            Run run = swinlake(
                    s3,
                    "infer",
                    "--model",
                    "s3a://lake/model",
                    "--input",
                    "s3a://lake/images",
                    "--output",
                    "s3a://lake/table");

            assertThat(run.exit()).as(run.err()).isZero();
            assertThat(run.summary().get("written").asInt()).isEqualTo(IMAGES);
            Map<String, List<String>> methods = s3.requests().stream()
                    .filter(request -> request.path().startsWith("/lake/images/digit-"))
                    .collect(Collectors.groupingBy(
                            Request::path, Collectors.mapping(Request::method, Collectors.toList())));
            assertThat(methods).hasSize(IMAGES).allSatisfy((path, of) -> assertThat(of)
                    .containsExactly("GET"));
            assertThat(client.getObjectAsString("lake", "table/_SUCCESS")).contains("\"committer\" : \"magic\"");
            assertThat(client.getObjectAsString("lake", "table/_run.json").strip())
                    .isEqualTo(lastLine(run.out()));
        }
    }

    @Test
    void neitherTheTableNorTheLogHoldsTheCredentials() throws Exception {
        try (LoopbackS3 s3 = LoopbackS3.start()) {
            AmazonS3 client = s3.client();
            client.createBucket("lake");
            upload(client, "images/digit-000.png");

            Run run = swinlake(
                    s3,
                    "infer",
                    "--model",
                    "examples/demo/model",
                    "--input",
                    "s3a://lake/images",
                    "--output",
                    "s3a://lake/table");

            assertThat(run.exit()).as(run.err()).isZero();
            assertThat(run.out() + run.err()).doesNotContain(LoopbackS3.ACCESS_KEY, LoopbackS3.SECRET_KEY);
            assertThat(client.listObjectsV2("lake", "table/").getObjectSummaries())
                    .isNotEmpty()
                    .allSatisfy(object -> assertThat(client.getObjectAsString("lake", object.getKey()))
                            .doesNotContain(LoopbackS3.ACCESS_KEY, LoopbackS3.SECRET_KEY));
        }
    }

    @Test
    void aMissingBucketIsOneLine() throws Exception {
        try (LoopbackS3 s3 = LoopbackS3.start()) {
            Run run = swinlake(
                    s3,
                    "infer",
                    "--model",
                    "examples/demo/model",
                    "--input",
                    "s3a://no-lake/images",
                    "--output",
                    "s3a://no-lake/table");

            assertThat(run.exit()).isEqualTo(4);
            assertThat(run.err().lines()).hasSize(1).first().asString().contains("no-lake");
        }
    }

    private static void upload(AmazonS3 client, String key) {
        client.putObject("lake", key, Path.of("examples/demo").resolve(key).toFile());
    }

    private static Run swinlake(LoopbackS3 s3, String... verb) throws Exception {
        List<String> words = new ArrayList<>(List.of("--master", "local[2]"));
        s3.sparkSettings().forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
        words.addAll(List.of(verb));
        return Launcher.swinlake(Map.of(), words);
    }

    private static String lastLine(String text) {
        List<String> lines = text.lines().toList();
        return lines.get(lines.size() - 1);
    }
}
