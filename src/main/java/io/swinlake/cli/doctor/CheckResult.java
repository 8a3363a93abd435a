package io.swinlake.cli.doctor;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonValue;
import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.cli.command.Obstacle;
import io.swinlake.cli.command.Versions;
import io.swinlake.runtime.device.UnsupportedCpuException;
import io.swinlake.runtime.device.UnusableDeviceException;
import io.swinlake.storage.Messages;
import java.io.FileNotFoundException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.security.AccessControlException;

/**
 * What one check of {@code doctor} came to.
 *
 * @param where {@code driver}, or an executor's id and host
 * @param text what was found, in one line
 * @param advice what to do; empty unless the check failed
 * @param seconds that it took
 */
record CheckResult(String check, String where, Status status, String text, String advice, double seconds) {

    /** How a check ended. */
    enum Status {
        OK,
        FAILED,
        /** Not made, because an option or an earlier check leaves nothing to look at. */
        SKIPPED;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A check that found something wrong and knows what to do. */
    static final class Wrong extends Exception {
        private final String advice;

        @FormatMethod
        Wrong(String advice, @FormatString String message, Object... args) {
            super(String.format(Locale.ROOT, message, args));
            this.advice = advice;
        }
    }

    /** Makes a check; whatever it throws is a failed one. */
    static CheckResult of(String check, String where, Callable<String> work) {
        long start = System.nanoTime();
        try {
            return new CheckResult(check, where, Status.OK, work.call(), "", secondsSince(start));
        } catch (Wrong e) {
            return new CheckResult(check, where, Status.FAILED, e.getMessage(), e.advice, secondsSince(start));
        } catch (Exception | LinkageError e) { // libraries that do not load or link are errors
            Optional<Obstacle> obstacle = Obstacle.in(e);
            if (obstacle.isPresent()) {
                String text = obstacle.get().text();
                return new CheckResult(
                        check, where, Status.FAILED, text, obstacle.get().advice(), secondsSince(start));
            }
            String reason = e instanceof CheckpointException ? e.getMessage() : Messages.reason(e);
            return new CheckResult(check, where, Status.FAILED, reason, advice(e, where), secondsSince(start));
        }
    }

    /** The same result, whose text begins with the place that was looked at. */
    CheckResult at(String place) {
        return text.startsWith(place)
                ? this
                : new CheckResult(check, where, status, place + ": " + text, advice, seconds);
    }

    static CheckResult skipped(String check, String where, String reason) {
        return new CheckResult(check, where, Status.SKIPPED, reason, "", 0);
    }

    @JsonIgnore
    boolean isFailed() {
        return status == Status.FAILED;
    }

    /** {@code failed  input   driver   s3a://lake/images: Access Denied (0.3 s). To do: ...}. */
    String line() {
        String line = String.format(
                Locale.ROOT,
                "%-8s %-8s %-10s %s",
                status,
                check,
                where,
                text.strip().replaceAll("\\s*\\R\\s*", " "));
        if (status != Status.SKIPPED) {
            line += String.format(Locale.ROOT, " (%.1f s)", seconds);
        }
        return isFailed() ? line + ". To do: " + advice : line;
    }

    private static double secondsSince(long start) {
        return Math.round((System.nanoTime() - start) / 1e8) / 10.0;
    }

    private static String advice(Throwable failure, String where) {
        Set<String> names = Stream.iterate(failure, Throwable::getCause)
                .takeWhile(cause -> cause != null)
                .map(cause -> cause.getClass().getSimpleName())
                .collect(Collectors.toSet());
        if (named(names, "NoAuthWithAWSException", "CredentialInitializationException")) {
            return "give credentials by one of S3A's providers: a role, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the"
                    + " environment, or a setting (conf/spark-defaults.conf names them)";
        }
        if (named(names, AccessDeniedException.class.getSimpleName(), AccessControlException.class.getSimpleName())) {
            return Obstacle.RIGHTS;
        }
        if (named(
                names,
                UnknownHostException.class.getSimpleName(),
                ConnectException.class.getSimpleName(),
                NoRouteToHostException.class.getSimpleName(),
                SocketTimeoutException.class.getSimpleName(),
                "ConnectTimeoutException",
                "HttpHostConnectException")) {
            return "check that " + where
                    + " reaches the host; for a store other than AWS set spark.hadoop.fs.s3a.endpoint";
        }
        if (named(names, "UnknownStoreException")) {
            return "check the bucket's name, and spark.hadoop.fs.s3a.endpoint if it is not at AWS";
        }
        if (named(names, FileNotFoundException.class.getSimpleName())) {
            return "check the name";
        }
        if (named(names, "UnsupportedFileSystemException", "ClassNotFoundException")) {
            return "add what this scheme needs to Spark; for s3a: --packages org.apache.hadoop:hadoop-aws:"
                    + Versions.hadoop();
        }
        if (named(names, ParentNotDirectoryException.class.getSimpleName(), "FileAlreadyExistsException")) {
            return "choose another folder: a file is in the way";
        }
        if (failure instanceof CheckpointException) {
            return "name the checkpoint's file or folder; 'swinlake inspect' reads it in the same way";
        }
        if (named(names, UnsupportedCpuException.class.getSimpleName())) {
            return "do as the message says, or use a machine with another CPU";
        }
        if (failure instanceof UnusableDeviceException) {
            return "use --device cpu with a --precision that the CPU has, or set up the GPU by conf/gpu.conf";
        }
        if (failure instanceof LinkageError) {
            return "run it, with the jar for its CPU, on Linux x86_64 or ARM64 with glibc 2.29 and GLIBCXX 3.4.26 or newer, with write access to DJL_CACHE_DIR";
        }
        return "look into the log of " + where;
    }

    private static boolean named(Set<String> names, String... any) {
        return Stream.of(any).anyMatch(names::contains);
    }
}
