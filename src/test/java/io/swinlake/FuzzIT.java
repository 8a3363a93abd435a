package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.checkpoint.CheckpointMutations;
import io.swinlake.image.format.ImageMutations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A minute of what {@code scripts/fuzz images}, {@code checkpoints} and {@code texts} do for hours: the same variants in each build. */
class FuzzIT {
    private static final Duration EACH = Duration.ofSeconds(20);

    /** Behind those of the unit tests. */
    private static final long FIRST = 1_000_000;

    private static final int THREADS = 2;

    /** How the promise ends that a variant takes little of it. */
    private static final String TIME = "of processor time";

    static Stream<Arguments> kinds() {
        ImageMutations images = new ImageMutations();
        CheckpointMutations checkpoints = new CheckpointMutations();
        TextMutations texts = new TextMutations();
        return Stream.of(
                Arguments.of("images", (LongFunction<Optional<String>>) images::broken),
                Arguments.of("checkpoints", (LongFunction<Optional<String>>) checkpoints::broken),
                Arguments.of("texts", (LongFunction<Optional<String>>)
                        number -> texts.read(number).broken()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void everyVariantIsReadOrRefusedWithinItsTimeAndMemory(String kind, LongFunction<Optional<String>> promise)
            throws Exception {
        AtomicLong next = new AtomicLong(FIRST);
        long end = System.nanoTime() + EACH.toNanos();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        List<String> broken = new ArrayList<>();
        try {
            List<Future<List<String>>> found = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                found.add(threads.submit(() -> {
                    List<String> some = new ArrayList<>();
                    while (System.nanoTime() < end) {
                        long number = next.getAndIncrement();
                        // Time alone counts at the second reading: the first one's is also that of Java's compiler.
                        promise.apply(number)
                                .flatMap(first -> first.endsWith(TIME) ? promise.apply(number) : Optional.of(first))
                                .ifPresent(which -> some.add(number + ": " + which));
                    }
                    return some;
                }));
            }
            for (Future<List<String>> some : found) {
                broken.addAll(some.get());
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(next.get() - FIRST).as("variants").isGreaterThan(THREADS);
        assertThat(broken).isEmpty();
    }
}
