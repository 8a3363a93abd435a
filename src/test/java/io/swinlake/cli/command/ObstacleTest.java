package io.swinlake.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.storage.Messages;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import org.junit.jupiter.api.Test;

/** The messages are those of Java 25, of glibc and of Linux. */
class ObstacleTest {
    private static String line(Throwable failure) {
        return Obstacle.in(failure).map(Obstacle::line).orElse("none");
    }

    @Test
    void whatTheMachineLacksIsFoundBelowWhateverWrapsIt() {
        assertThat(line(new IllegalStateException(
                        new ExceptionInInitializerError(new IOException("No space left on device")))))
                .isEqualTo(
                        "a disk is full (No space left on device): make room where --output is and in spark.local.dir,"
                                + " Spark's folder for what does not fit into memory, or set that to a folder on another disk");
        assertThat(line(new IOException(
                        "failure to login: javax.security.auth.login.LoginException: java.lang.NullPointerException: invalid"
                                + " null input: name")))
                .isEqualTo(
                        "the user id of this process has no name, which Hadoop wants: start it by scripts/swinlake, or"
                                + " give the id a line in /etc/passwd");
        assertThat(line(new RuntimeException(new OutOfMemoryError("Java heap space"))))
                .isEqualTo("the Java heap is full (Java heap space): give it more by --driver-memory, executors by"
                        + " --executor-memory");
        assertThat(line(new IllegalStateException(new AccessDeniedException(
                        "table",
                        null,
                        "PUT: Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)"))))
                .isEqualTo(
                        "the store refuses a request: table: PUT: Access Denied (Service: Amazon S3; Status Code: 403; Error Code:"
                                + " AccessDenied): renew the credentials if they have expired, look at this machine's clock, or "
                                + Obstacle.RIGHTS);
        assertThat(line(new IOException("connection reset"))).isEqualTo("none");
    }

    /** The second use of a class that could not be initialised; Java tells the first failure as the cause. */
    @Test
    void aClassThatCouldNotBeInitialisedIsNotTheReason() {
        NoClassDefFoundError second = new NoClassDefFoundError("Could not initialize class Native");
        second.initCause(new ExceptionInInitializerError(new UnsatisfiedLinkError("libfoo.so: wrong ELF class")));

        assertThat(Messages.reason(second)).isEqualTo("UnsatisfiedLinkError: libfoo.so: wrong ELF class");
        assertThat(Messages.reason(new NoClassDefFoundError("org/example/Codec")))
                .isEqualTo("NoClassDefFoundError: org/example/Codec");
    }

    @Test
    void aMessageOfOursComesBeforeWhatCausedIt() {
        assertThat(Messages.reason(new RuntimeException(CommandException.preflight(
                        new IllegalArgumentException("it has two models", new IOException("EOF"))))))
                .isEqualTo("it has two models");
    }
}
