package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused before a verb sees it: arguments with a user and a password. */
class MainTest {
    private static boolean isRefused(String argument) {
        StringWriter err = new StringWriter();
        Main.run(new PrintWriter(new StringWriter()), new PrintWriter(err), "doctor", "--help", argument);
        return err.toString().contains("a user and a password");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3a://key:secret@lake/images",
                "1s3a://key:secret@lake",
                "images,s3a://key:80secret@lake",
                "hdfs://host:8020/a s3a://key:secret@lake",
                "s3a://:secret@lake"
            })
    void aLoginAnywhereIsRefused(String argument) {
        assertThat(isRefused(argument)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"hdfs://host:8020/a@b", "s3a://lake/a:b@c", "://key:secret@lake", "7://key:secret@lake"})
    void anythingElseIsNot(String argument) {
        assertThat(isRefused(argument)).isFalse();
    }

    /** The fuzz found that 8,000 letters took half a second, by the square of their number: these would take minutes. */
    @ParameterizedTest
    @ValueSource(strings = {"a", "1", "-", "a:", ":"})
    void aLongWordIsLookedThroughInNoTime(String letters) {
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
            assertThat(isRefused(letters.repeat(100_000))).isFalse();
            assertThat(isRefused("a://" + letters.repeat(100_000))).isFalse();
        });
    }
}
