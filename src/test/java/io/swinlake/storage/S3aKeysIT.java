package io.swinlake.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.s3.AmazonS3;
import io.swinlake.bench.LoopbackS3;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.functional.RemoteIterators;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Ranges of keys beside S3A's own listing, on a real S3 server. */
class S3aKeysIT {
    /** Of no other test: Hadoop keeps the server of a bucket. */
    private static final String BUCKET = "keys";

    private static final List<String> NAMES = List.of(
            "a b.png",
            "a+b=c.png",
            "a/",
            "a/_hidden/x.png",
            "a/deep/er/x.png",
            "a/x.png",
            "b/x.png",
            "z.png",
            "\u00e9.png",
            "e\u0301.png",
            "\u732b.png",
            "\uff5e.png",
            "\ud83d\ude00.png");

    private static LoopbackS3 s3;

    @BeforeAll
    static void fill() throws IOException {
        s3 = LoopbackS3.start();
        AmazonS3 client = s3.client();
        client.createBucket(BUCKET);
        for (String name : NAMES) {
            client.putObject(BUCKET, "images/" + name, "");
        }
        for (int i = 0; i < 1100; i++) {
            client.putObject(BUCKET, String.format(Locale.ROOT, "images/many/%04d.png", i), "");
        }
        client.putObject(BUCKET, "images-of-others/x.png", "");
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

    private static List<StoredFile> list(KeyRange keys) throws IOException {
        return RemoteIterators.toList(new Listing(configuration(), "*", List.of())
                .of(new Listing.Piece("s3a://keys/images", Listing.Depth.ALL_BELOW, keys)));
    }

    @Test
    void rangesTogetherAreWhatIsListedAtOnce() throws IOException {
        List<StoredFile> all = list(KeyRange.ALL);
        assertThat(all).hasSize(1100 + NAMES.size() - 2); // a marker and what is hidden
        List<String> ends = List.of(
                "images/",
                "images/a",
                "images/a/x.png",
                "images/b/",
                "images/m",
                "images/many/0007.png",
                "images/many/0500",
                "images/many/1050",
                "images/\u732b.png",
                "images/~");
        List<StoredFile> found = new ArrayList<>();
        String last = "";
        for (String end : ends.stream().sorted(KeyRange::compare).toList()) {
            found.addAll(list(new KeyRange(last, end)));
            last = end;
        }
        found.addAll(list(new KeyRange(last, "")));

        assertThat(found).containsExactlyInAnyOrderElementsOf(all);
        assertThat(list(new KeyRange("images/a", "images/a"))).isEmpty();
        assertThat(list(new KeyRange("images/many/0009.png", "images/many/0012.png")))
                .extracting(StoredFile::name)
                .containsExactly("0010.png", "0011.png", "0012.png");
    }

    /** S3 goes on from such a range's first page, this server does not. */
    @Test
    void aStoreThatDoesNotGoOnFromAKeyIsListedAtOnce() throws IOException {
        Path many = new Path("s3a://keys/images/many");

        assertThat(new S3aKeys(many.getFileSystem(configuration()), many).ranges(16))
                .containsExactly(KeyRange.ALL);
    }
}
