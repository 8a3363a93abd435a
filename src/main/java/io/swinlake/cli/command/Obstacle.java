package io.swinlake.cli.command;

import io.swinlake.runtime.EngineStartException;
import io.swinlake.storage.Messages;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What is in the way on this machine, whatever the command: told by the exceptions that it leads to, some of which say nothing to who
 * meets them first.
 *
 * @param advice what to set
 */
public record Obstacle(String text, String advice) {
    /** As Amazon's clients say it; a HEAD is answered without a word, also where credentials have expired. */
    private static final Pattern REFUSED =
            Pattern.compile("Status Code: 40[13]\\b|\\bExpiredToken\\b|Error Code: 400 Bad Request");

    /** What to do where an identity may not do what a job does. */
    public static final String RIGHTS =
            "let this identity list and read the inputs (s3:ListBucket, s3:GetObject), and at the output also write"
                    + " (s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload)";

    /** The first one among a failure and its causes. */
    public static Optional<Obstacle> in(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            Optional<Obstacle> obstacle = of(cause);
            if (obstacle.isPresent()) {
                return obstacle;
            }
        }
        return Optional.empty();
    }

    public String line() {
        return text + ": " + advice;
    }

    private static Optional<Obstacle> of(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        if (cause instanceof EngineStartException engine) {
            return Optional.of(new Obstacle(engine.reason(), engine.advice()));
        }
        if (message.startsWith("getSubject is not supported")) {
            return Optional.of(new Obstacle(
                    "Java %s is newer than the Hadoop of Spark %s can take"
                            .formatted(Versions.java(), Versions.spark()),
                    "set JAVA_HOME to a Java 17"));
        }
        if (message.contains("invalid null input: name")) {
            return Optional.of(new Obstacle(
                    "the user id of this process has no name, which Hadoop wants",
                    "start it by scripts/swinlake, or give the id a line in /etc/passwd"));
        }
        if (message.contains("No space left on device")) {
            return Optional.of(new Obstacle(
                    "a disk is full (No space left on device)",
                    "make room where --output is and in spark.local.dir, Spark's folder for what does not fit into memory, or"
                            + " set that to a folder on another disk"));
        }
        if (cause instanceof IOException && REFUSED.matcher(message).find()) {
            return Optional.of(new Obstacle(
                    "the store refuses a request: " + Messages.reason(cause),
                    "renew the credentials if they have expired, look at this machine's clock, or " + RIGHTS));
        }
        if (cause instanceof OutOfMemoryError) {
            return Optional.of(new Obstacle(
                    "the Java heap is full (%s)".formatted(message),
                    "give it more by --driver-memory, executors by --executor-memory"));
        }
        return Optional.empty();
    }
}
