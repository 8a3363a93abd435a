package io.swinlake.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageNamesTest {
    private static final ImageNames LOCAL = new ImageNames("file:/", "file:/home/me");
    private static final ImageNames HDFS = new ImageNames("hdfs://nn:8020/", "hdfs://nn:8020/user/me");

    @ParameterizedTest
    @CsvSource({
        "/lake/a.png, file:/lake/a.png",
        "file:/lake/a.png, file:/lake/a.png",
        "file:///lake/a.png, file:/lake/a.png",
        "file://localhost/lake/a.png, file:/lake/a.png",
        "FILE:///lake//./b/../a.png, file:/lake/a.png",
        "../lake/a.png, file:/home/lake/a.png",
        "./lake/a.png, lake/a.png",
        "lake//x/../a.png, lake/a.png",
        "a%20b c[1]?.png, a%20b c[1]?.png",
        "file:///lake/50%25.png, file:/lake/50%25.png",
        "cam1_2026-11-28T10:00:00.png, cam1_2026-11-28T10:00:00.png",
        "s3a://bucket//a/./b.png, s3a://bucket//a/./b.png"
    })
    void aPathIsQualifiedAndNothingIsDecoded(String name, String normal) {
        assertThat(LOCAL.normal(name)).isEqualTo(normal);
    }

    @Test
    void pathsWithoutASchemeAreThoseOfTheDefaultFileSystem() {
        assertThat(HDFS.normal("/lake/a.png")).isEqualTo("hdfs://nn:8020/lake/a.png");
        assertThat(HDFS.normal("../a.png")).isEqualTo("hdfs://nn:8020/user/a.png");
        assertThat(HDFS.whole("a.png")).isEqualTo("hdfs://nn:8020/user/me/a.png");
        assertThat(HDFS.normal("file:///a.png")).isEqualTo("file:/a.png");
    }

    @Test
    void theDepthTellsWholePathsFromEnds() {
        assertThat(ImageNames.depth("file:/lake/a.png")).isZero();
        assertThat(ImageNames.depth("a.png")).isEqualTo(1);
        assertThat(ImageNames.depth("10:00/a.png")).isEqualTo(2);
    }

    @Test
    void rootAndFolderAreHadoops() throws IOException {
        assertThat(ImageNames.of(new Configuration()))
                .isEqualTo(new ImageNames("file:/", "file:" + Path.of("").toAbsolutePath()));
    }
}
