package io.swinlake.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.model.ObjectMetadata;
import io.swinlake.bench.LoopbackS3;
import io.swinlake.bench.LoopbackS3.Request;
import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.storage.Listing;
import io.swinlake.storage.StoredFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.util.functional.RemoteIterators;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is listed of a lake in S3 and how it is read; {@link LocalLakeTest} has the same for local files. */
class S3LakeReadIT {
    private static final List<String> HOSTILE = List.of(
            "cam1_2026-11-28T10:00:00.png",
            "50%25 off #1?.png",
            "a+b=c.png",
            "back\\slash.png",
            "-leading.png",
            "trailing blank.png ",
            "run[1]{a,b}*.png",
            "\u00e9.png",
            "e\u0301.png",
            "\u732b.png",
            "\ud83d\ude00.png");

    private static LoopbackS3 s3;
    private static AmazonS3 client;

    @BeforeAll
    static void start() throws IOException {
        s3 = LoopbackS3.start();
        client = s3.client();
    }

    @AfterAll
    static void stop() {
        s3.close();
    }

    private static Configuration configuration() {
        Configuration configuration = new Configuration();
        s3.hadoopSettings().forEach(configuration::set);
        configuration.set("fs.s3a.attempts.maximum", "0");
        return configuration;
    }

    private static void put(String bucket, String key, byte[] content) {
        ObjectMetadata metadata = new ObjectMetadata();
        metadata.setContentLength(content.length);
        client.putObject(bucket, key, new ByteArrayInputStream(content), metadata);
    }

    private static Map<String, String> read(String... inputs) throws IOException {
        return LakeReader.read(configuration(), List.of(inputs));
    }

    private static StoredFile listed(String uri) throws IOException {
        List<StoredFile> files = RemoteIterators.toList(new Listing(configuration(), "*", List.of()).of(uri));
        assertThat(files).hasSize(1);
        return files.get(0);
    }

    @Test
    void hostileKeysAreListedAndRead() throws IOException {
        client.createBucket("hostile");
        for (String name : HOSTILE) {
            put("hostile", "2026-11-28T10:00:00/" + name, new byte[3]);
        }
        Map<String, String> expected = HOSTILE.stream()
                .collect(Collectors.toMap(name -> "s3a://hostile/2026-11-28T10:00:00/" + name, name -> "3 bytes"));

        assertThat(read("s3a://hostile")).isEqualTo(expected);
        assertThat(read("s3a://hostile/2026-*/*")).isEqualTo(expected);
        for (String uri : expected.keySet()) {
            assertThat(read(uri)).isEqualTo(Map.of(uri, "3 bytes"));
        }
    }

    @Test
    void aKeyOrPrefixThatIsThereByItsNameIsNoPattern() throws IOException {
        client.createBucket("patterns");
        put("patterns", "run[1]/1.png", new byte[1]);
        put("patterns", "run1/2.png", new byte[2]);

        assertThat(read("s3a://patterns/run[1]")).containsOnlyKeys("s3a://patterns/run[1]/1.png");
        assertThat(read("s3a://patterns/run[12]")).containsOnlyKeys("s3a://patterns/run1/2.png");
        assertThat(read("s3a://patterns/run[1]", "s3a://patterns/*", "s3a://patterns/"))
                .containsOnlyKeys("s3a://patterns/run[1]/1.png", "s3a://patterns/run1/2.png");
    }

    @Test
    void emptyObjectsAreRowsAndMarkersOfFoldersAreNot() throws IOException {
        client.createBucket("empty");
        put("empty", "folder/", new byte[0]);
        put("empty", "folder/0.png", new byte[0]);

        assertThat(read("s3a://empty/")).isEqualTo(Map.of("s3a://empty/folder/0.png", "0 bytes"));
    }

    @Test
    void theOutputBelowTheInputIsNotListed() throws IOException {
        client.createBucket("nested");
        put("nested", "lake/1.png", new byte[1]);
        put("nested", "lake/table/run=1/part-0.parquet", new byte[2]);
        put("nested", "lake/table-of-contents/2.png", new byte[2]);

        assertThat(RemoteIterators.toList(new Listing(configuration(), "*", List.of("s3a://nested/lake/./table/"))
                        .of("s3a://nested/lake")))
                .extracting(StoredFile::uri)
                .containsExactlyInAnyOrder("s3a://nested/lake/1.png", "s3a://nested/lake/table-of-contents/2.png");
    }

    @Test
    void anObjectReplacedByOneOfEqualLengthIsChanged() throws Exception {
        client.createBucket("changed");
        put("changed", "1.png", new byte[] {1, 2, 3});
        StoredFile file = listed("s3a://changed/1.png");
        ImageFetcher fetcher = new ImageFetcher(configuration());

        s3.forgetRequests();
        assertThat(fetcher.fetch(file.uri(), file.listed())).containsExactly(1, 2, 3);
        assertThat(s3.requests()).extracting(Request::method).containsExactly("GET");
        put("changed", "1.png", new byte[] {4, 5, 6});
        s3.forgetRequests();

        assertThat(catchThrowableOfType(ImageException.class, () -> fetcher.fetch(file.uri(), file.listed())))
                .hasMessage("listed with etag %s, which it has no longer: it was written again since", file.etag())
                .returns(ErrorCode.CHANGED, ImageException::code);
        assertThat(s3.requests()).hasSize(1);
    }

    @Test
    void anObjectThatMayNotBeReadIsDenied() throws IOException {
        client.createBucket("denied");
        put("denied", "1.png", new byte[1]);
        StoredFile file = listed("s3a://denied/1.png");
        Configuration other = configuration();
        other.set("fs.s3a.impl.disable.cache", "true");
        other.set("fs.s3a.secret.key", "another");

        assertThat(catchThrowableOfType(
                        ImageException.class, () -> new ImageFetcher(other).fetch(file.uri(), file.listed())))
                .returns(ErrorCode.DENIED, ImageException::code);
    }
}
