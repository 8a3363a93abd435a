package io.swinlake.table;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of an attempt at a run, such as {@code 20261128T021500Z-7f3c9a2e}: when it began, UTC, and a random part. It
 * names the folder with the attempt's rows.
 */
record Attempt(String name) {
    /** An attempt that began longer ago does not commit. */
    static final Duration MAY_COMMIT = Duration.ofDays(6);

    /**
     * Where a store cannot tell which of two attempts commits first, what an attempt has left is not touched for so long: a
     * day lies between its last look at the clock and this, for a commit that hangs.
     */
    static final Duration ABANDONED = Duration.ofDays(7);

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final Pattern NAME = Pattern.compile("(\\d{8}T\\d{6}Z)-[0-9a-f]{8}");

    static Attempt begin() {
        return new Attempt(
                TIME.format(Instant.now()) + "-" + UUID.randomUUID().toString().substring(0, 8));
    }

    /** Whether a folder has the name of one. */
    static boolean isOne(String folder) {
        return NAME.matcher(folder).matches();
    }

    /** Whether a folder of this name is an attempt's that began so long ago that nobody can be working on it. */
    static boolean isAbandoned(String folder) {
        return isOlder(folder, ABANDONED);
    }

    /** Whether it is recent enough. */
    boolean mayCommit() {
        return !isOlder(name, MAY_COMMIT);
    }

    private static boolean isOlder(String folder, Duration age) {
        Matcher matcher = NAME.matcher(folder);
        return matcher.matches()
                && Instant.from(TIME.parse(matcher.group(1)))
                        .isBefore(Instant.now().minus(age));
    }

    @Override
    public String toString() {
        return name;
    }
}
