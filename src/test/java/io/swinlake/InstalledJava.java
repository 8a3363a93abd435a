package io.swinlake;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Other Javas than the one that runs, where Linux has them. */
public final class InstalledJava {
    private static final Path ALL = Path.of("/usr/lib/jvm");
    private static final Pattern FEATURE = Pattern.compile("(?m)^JAVA_VERSION=\"(\\d+)");

    private InstalledJava() {}

    /**
     * Home of one.
     *
     * @param wanted which feature releases will do, such as 21
     */
    public static Optional<Path> home(IntPredicate wanted) throws IOException {
        if (!Files.isDirectory(ALL)) {
            return Optional.empty();
        }
        try (Stream<Path> homes = Files.list(ALL)) {
            return homes.filter(home -> Files.isExecutable(home.resolve("bin/java")))
                    .filter(home -> isWanted(home.resolve("release"), wanted))
                    .findFirst();
        }
    }

    private static boolean isWanted(Path release, IntPredicate wanted) {
        try {
            Matcher version = FEATURE.matcher(Files.exists(release) ? Files.readString(release) : "");
            return version.find() && wanted.test(Integer.parseInt(version.group(1)));
        } catch (IOException e) {
            return false; // cannot be read
        }
    }
}
