package io.swinlake;

import com.sun.management.ThreadMXBean;
import io.swinlake.cli.CommandTexts;
import io.swinlake.model.ModelTexts;
import io.swinlake.table.RecordTexts;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Damaged and hostile variants of the texts that Swinlake reads: configurations, class names, run records,
 * command lines. Each is made from its number alone. {@code scripts/fuzz texts [MILLIONS] [FIRST]} tries many.
 */
final class TextMutations {
    private static final long MAX_ALLOCATED = 256L << 20;
    private static final Duration MAX_TIME = Duration.ofSeconds(1);
    private static final int MAX_MESSAGE = 4000;

    /** Repeated repetitions grow beyond what any such file has. */
    private static final int MOST_CHARACTERS = 100_000;

    /** What texts of all kinds are broken with: numbers at limits, ends of strings and containers, markup, escapes. */
    private static final List<String> WORDS = List.of(
            "-1",
            "0",
            "1",
            "2147483647",
            "2147483648",
            "-9223372036854775809",
            "1e309",
            "NaN",
            "0x10",
            "1e-400",
            "null",
            "true",
            "\"",
            "'",
            "`",
            "\\",
            "\\u0000",
            "\\ud800",
            "{",
            "}",
            "[",
            "]",
            "[[[[[[[[",
            ":",
            ",",
            ";",
            "--",
            "/*",
            "*/",
            "\n",
            "\r\n",
            "\t",
            "\0",
            "\u001b[31m",
            "\u202e",
            "\ud83d",
            "\ufeff",
            "<script>",
            "%s%n",
            "${env:HOME}",
            "{\"a\":",
            "@",
            "=",
            "\u0130",
            "../",
            "é");

    private final List<TextTarget> targets = Stream.of(
                    ModelTexts.targets(), RecordTexts.targets(), CommandTexts.targets())
            .flatMap(List::stream)
            .toList();

    /** How a variant ended, and the promise that it broke. */
    record Result(String kind, String outcome, Optional<String> broken, long cpuNanos, long allocated) {}

    private TextTarget target(long number) {
        return targets.get(Math.floorMod(number, targets.size()));
    }

    /** The variant of a number: a seed of the kind that is its turn, with one to four changes. */
    String variant(long number) {
        SplittableRandom random = new SplittableRandom(number);
        List<String> seeds = target(number).seeds();
        String text = seeds.get(random.nextInt(seeds.size()));
        for (int changes = 1 + random.nextInt(4);
                changes > 0 && !text.isEmpty() && text.length() < MOST_CHARACTERS;
                changes--) {
            text = changed(text, seeds, random);
        }
        return text.substring(0, Math.min(text.length(), MOST_CHARACTERS));
    }

    private static String changed(String text, List<String> seeds, SplittableRandom random) {
        int at = random.nextInt(text.length());
        int length = Math.min(text.length() - at, 1 + random.nextInt(random.nextBoolean() ? 8 : text.length()));
        String before = text.substring(0, at);
        String piece = text.substring(at, at + length);
        String after = text.substring(at + length);
        String word = WORDS.get(random.nextInt(WORDS.size()));
        return switch (random.nextInt(10)) {
            case 0 -> random.nextInt(4) == 0 ? before : text;
            case 1 -> before + after;
            case 2 -> before + piece + piece + after;
            case 3 -> before + piece.repeat(random.nextInt(8) == 0 ? 500 : 3) + after;
            case 4 -> before + (char) random.nextInt(256) + text.substring(at + 1);
            case 5, 6 -> before + word + piece + after;
            case 7 -> before + word.repeat(random.nextInt(8) == 0 ? 2000 : 2) + after;
            case 8 -> { // a number where one stood
                String value = WORDS.get(random.nextInt(12));
                yield before + text.substring(at).replaceFirst("-?[0-9.]+", value);
            }
            default -> { // a piece of another
                String other = seeds.get(random.nextInt(seeds.size()));
                int from = random.nextInt(other.length());
                yield before + other.substring(from, Math.min(other.length(), from + length)) + after;
            }
        };
    }

    /** Reads a variant and looks whether all promises are kept. */
    Result read(long number) {
        String text = variant(number);
        TextTarget target = target(number);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = threads.getCurrentThreadAllocatedBytes();
        long start = threads.getCurrentThreadCpuTime();
        String outcome;
        Optional<String> broken = Optional.empty();
        try {
            Optional<String> message = target.reading().read(text);
            outcome = message.isEmpty() ? "read" : "refused";
            if (message.isPresent() && !isOneShortLine(message.get())) {
                broken = Optional.of("a message that is not one short line: " + message.get());
            }
        } catch (Exception | Error e) {
            outcome = "thrown";
            broken = Optional.of(e + " at " + (e.getStackTrace().length == 0 ? "?" : e.getStackTrace()[0]));
        }
        long cpu = threads.getCurrentThreadCpuTime() - start;
        long bytes = threads.getCurrentThreadAllocatedBytes() - allocated;
        if (cpu > MAX_TIME.toNanos()) {
            broken = Optional.of("%s ms of processor time".formatted(cpu / 1_000_000));
        } else if (bytes > MAX_ALLOCATED) {
            broken = Optional.of("%s MB allocated".formatted(bytes >> 20));
        }
        return new Result(target.name(), outcome, broken, cpu, bytes);
    }

    private static boolean isOneShortLine(String message) {
        return message.length() < MAX_MESSAGE && message.chars().noneMatch(c -> (c < ' ' && c != '\t') || c == 0x7f);
    }

    /** Tries so many millions, from the time of day on or from a number, and writes down those that break a promise. */
    public static void main(String[] args) {
        TextMutations mutations = new TextMutations();
        long count = (long) ((args.length > 0 ? Double.parseDouble(args[0]) : 0.1) * 1_000_000);
        long first = args.length > 1 ? Long.parseLong(args[1]) : System.currentTimeMillis() * 1000;
        Map<String, Long> outcomes = new TreeMap<>();
        List<String> broken = new ArrayList<>();
        long start = System.nanoTime();
        long slowest = 0;
        for (long n = first; n < first + count; n++) {
            Result result = mutations.read(n);
            outcomes.merge(result.kind() + " " + result.outcome(), 1L, Long::sum);
            slowest = Math.max(slowest, result.cpuNanos());
            if (result.broken().isPresent()) {
                broken.add(n + " of " + result.kind() + ": " + result.broken().get());
                System.out.println(broken.get(broken.size() - 1));
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%d variants from %d in %.0f s: %s, slowest %.3f s, %d broken promises%n",
                count,
                first,
                (System.nanoTime() - start) / 1e9,
                outcomes,
                slowest / 1e9,
                broken.size());
        System.exit(broken.isEmpty() ? 0 : 1);
    }
}
