package io.swinlake.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class KeyRangeSearchTest {
    private static final String FOLDER = "lake/images/";
    private static final int KEYS = 400_000;
    private static final int WANTED = 16;

    /** A store of these keys, which counts what it is asked. */
    private static final class Store implements KeyRangeSearch.Pages {
        private final String[] keys;
        private int requests;

        Store(Stream<String> names) {
            keys = names.map(FOLDER::concat)
                    .distinct()
                    .sorted(KeyRange::compare)
                    .toArray(String[]::new);
        }

        @Override
        public List<String> after(String text) {
            requests++;
            int first = notAfter(text);
            return Arrays.asList(keys).subList(first, Math.min(keys.length, first + 1000));
        }

        private int notAfter(String text) {
            int found = Arrays.binarySearch(keys, text, KeyRange::compare);
            return found >= 0 ? found + 1 : -found - 1;
        }

        private int in(KeyRange range) {
            return (range.upTo().isEmpty() ? keys.length : notAfter(range.upTo())) - notAfter(range.after());
        }
    }

    private static String text(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }

    private static Arguments names(String title, IntFunction<String> name) {
        return Arguments.of(title, name);
    }

    static Stream<Arguments> kinds() {
        Random random = new Random(23);
        return Stream.of(
                names("numbers", i -> text("photo-%032d.jpg", i)),
                names("numbers without zeros before", i -> i + ".jpg"),
                names("UUIDs", i -> new UUID(random.nextLong(), random.nextLong()) + ".png"),
                names("hashes", i -> text("%016X.webp", random.nextLong())),
                names("base 64", i -> IntStream.range(0, 11)
                        .mapToObj(at -> "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                                .substring(random.nextInt(63))
                                .substring(0, 1))
                        .reduce("", String::concat)),
                names(
                        "cameras and times",
                        i -> text(
                                "cam%d_2026-%02d-%02dT%02d:%02d:%02d.%d.jpg",
                                i % 7, i / 7 % 12 + 1, i / 84 % 28 + 1, i % 24, i % 60, i % 59, i)),
                names("folders below", i -> text("day-%03d/part-%d/%d.jpg", i % 365, i % 3, i)),
                names(
                        "other scripts",
                        i -> new String(Character.toChars(0x4e00 + i % 20_000))
                                + (i % 3 == 0 ? "\ud83d\ude00" : "e")
                                + i));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void rangesAreAllKeysAndNoneHasMostOfThem(String title, IntFunction<String> name) throws IOException {
        Store store = new Store(IntStream.range(0, KEYS).mapToObj(name));

        List<KeyRange> ranges = KeyRangeSearch.cut(FOLDER, store, WANTED);

        assertThat(ranges.get(0).after()).isEmpty();
        assertThat(ranges.get(ranges.size() - 1).upTo()).isEmpty();
        for (int i = 1; i < ranges.size(); i++) {
            assertThat(ranges.get(i).after())
                    .isEqualTo(ranges.get(i - 1).upTo())
                    .startsWith(FOLDER);
        }
        List<Integer> sizes = ranges.stream().map(store::in).toList();
        assertThat(sizes.stream().mapToInt(size -> size).sum()).isEqualTo(store.keys.length);
        assertThat(sizes).allSatisfy(size -> assertThat(size).isLessThan(KEYS / 3));
        assertThat(store.requests).isLessThan(KEYS / 1000);
    }

    @Test
    void keysAreOrderedAsTheirBytes() {
        List<String> keys =
                List.of("", "A", "AB", "a", "\u00e9", "\u732b", "\ud7ff", "\uff5e", "\ud83d\ude00", "\ud83d\ude01");
        for (String key : keys) {
            for (String other : keys) {
                assertThat(Integer.signum(KeyRange.compare(key, other)))
                        .isEqualTo(Integer.signum(Arrays.compareUnsigned(
                                key.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8))));
            }
        }
    }

    @Test
    void fewKeysAreOneRange() throws IOException {
        assertThat(KeyRangeSearch.cut(FOLDER, new Store(Stream.empty()), WANTED))
                .containsExactly(KeyRange.ALL);
        assertThat(KeyRangeSearch.cut(FOLDER, new Store(Stream.of("a", "b")), WANTED))
                .containsExactly(KeyRange.ALL);
        assertThat(KeyRangeSearch.cut(
                        FOLDER, new Store(IntStream.range(0, 20_000).mapToObj(i -> "a" + i)), WANTED))
                .hasSizeLessThan(WANTED);
    }

    @Test
    void aStoreThatBeginsAtItsFirstKeyWhateverItIsAskedHasOneRange() throws IOException {
        List<String> first = new ArrayList<>();
        IntStream.range(0, 1000).forEach(i -> first.add(FOLDER + text("%06d", i)));

        assertThat(KeyRangeSearch.cut(FOLDER, text -> first, WANTED)).containsExactly(KeyRange.ALL);
    }
}
