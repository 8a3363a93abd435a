package io.swinlake.image.format;

import com.sun.management.ThreadMXBean;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Damaged and hostile variants of the files of {@link ImageKinds}. Each is made from its number alone, so that one that breaks
 * a promise can be made again. {@code scripts/fuzz images [MILLIONS] [THREADS]} tries many.
 */
public final class ImageMutations {
    private static final List<Path> FOLDERS =
            List.of(Path.of("src/test/resources/images"), Path.of("src/test/resources/images-hostile"));

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    /** Beyond the timeout: what a decoder does between two looks at the clock. */
    private static final Duration SLACK = Duration.ofSeconds(1);

    private static final long MEGABYTE = 1 << 20;

    /** What decoding may allocate beside the pixels: tables, and for each strip of a TIFF in LZMA its dictionary. */
    private static final long FIXED_BYTES = 80 * MEGABYTE;

    private static final long BYTES_PER_PIXEL = 40;

    private final List<byte[]> seeds = new ArrayList<>();
    private final List<String> names = new ArrayList<>();

    public ImageMutations() {
        for (Path folder : FOLDERS) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.sorted().toList()) {
                    if (!file.toString().endsWith(".json")) {
                        seeds.add(Files.readAllBytes(file));
                        names.add(file.getFileName().toString());
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Name of the file that a variant is made of. */
    String seed(long number) {
        return names.get(seedNumber(number));
    }

    private int seedNumber(long number) {
        return (int) (number % seeds.size());
    }

    /** The variant of a number. */
    byte[] variant(long number) {
        SplittableRandom random = new SplittableRandom(number);
        byte[] file = seeds.get(seedNumber(number)).clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes && file.length > 8; i++) {
            file = changed(file, random);
        }
        return checked(file, random);
    }

    private byte[] changed(byte[] file, SplittableRandom random) {
        int at = random.nextInt(3) == 0 ? random.nextInt(Math.min(64, file.length)) : random.nextInt(file.length);
        int length = Math.min(file.length - at, 1 + random.nextInt(random.nextBoolean() ? 4 : file.length));
        switch (random.nextInt(12)) {
            case 0 -> {
                return Arrays.copyOf(file, at);
            }
            case 1 -> Arrays.fill(file, at, at + length, (byte) 0);
            case 2 -> Arrays.fill(file, at, at + length, (byte) random.nextInt(256));
            case 3 -> file[at] ^= (byte) (1 << random.nextInt(8));
            case 4 -> file[at] = (byte) random.nextInt(256);
            case 5 -> number(file, at, random);
            case 6 -> number(file, numberPlace(file, random), random);
            case 7 -> { // twice
                return spliced(file, at, at, Arrays.copyOfRange(file, at, at + length));
            }
            case 8 -> { // left out
                return spliced(file, at, at + length, new byte[0]);
            }
            case 9 -> { // a piece of another
                byte[] other = seeds.get(random.nextInt(seeds.size()));
                int from = random.nextInt(other.length);
                int to = Math.min(other.length, from + length);
                return spliced(file, at, Math.min(file.length, at + to - from), Arrays.copyOfRange(other, from, to));
            }
            case 10 -> { // a tag of a TIFF, or as many bytes elsewhere, over another
                int entry = Math.min(12, file.length - at);
                System.arraycopy(file, at, file, random.nextInt(file.length - entry + 1), entry);
            }
            default -> { // many flips
                for (int i = 0; i < 1 + file.length / 100; i++) {
                    file[random.nextInt(file.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
        }
        return file;
    }

    private static byte[] spliced(byte[] file, int from, int to, byte[] between) {
        return ByteBuffer.allocate(from + between.length + file.length - to)
                .put(file, 0, from)
                .put(between)
                .put(file, to, file.length - to)
                .array();
    }

    /** Where sizes, counts and offsets stand in each format. */
    private static int numberPlace(byte[] file, SplittableRandom random) {
        int[] places = {4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
        int place = places[random.nextInt(places.length)];
        if (file[0] == 'I' || file[0] == 'M') { // a value of a tag
            ByteBuffer in =
                    ByteBuffer.wrap(file).order(file[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
            int directory = file.length > 8 ? in.getInt(4) : 0;
            place = directory + 2 + 12 * random.nextInt(16) + 2 * random.nextInt(6);
        }
        return place >= 0 && place < file.length ? place : random.nextInt(file.length);
    }

    /** A number that is small, at a limit, or doubled. */
    private static void number(byte[] file, int at, SplittableRandom random) {
        ByteOrder order = random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        ByteBuffer in = ByteBuffer.wrap(file).order(order);
        long[] values = {
            0, 1, 2, 3, 7, 8, 255, 256, 4000, 16_383, 32_767, 32_768, 65_535, 65_536, 1 << 20, Integer.MAX_VALUE, -1
        };
        long value = values[random.nextInt(values.length)];
        if (random.nextBoolean() && at + 4 <= file.length) {
            in.putInt(at, (int) (random.nextInt(4) == 0 ? in.getInt(at) * 2L : value));
        } else if (at + 2 <= file.length) {
            in.putShort(at, (short) (random.nextInt(4) == 0 ? in.getShort(at) * 2 : value));
        }
    }

    /** Mostly with the checksums and lengths that let a decoder look farther. */
    private static byte[] checked(byte[] file, SplittableRandom random) {
        if (random.nextInt(4) == 0 || file.length < 16) {
            return file;
        }
        String start = new String(file, 0, 12, StandardCharsets.ISO_8859_1);
        if (start.startsWith("\u0089PNG")) {
            ByteBuffer in = ByteBuffer.wrap(file);
            for (int at = 8; at + 12 <= file.length; ) {
                long length = in.getInt(at) & 0xFFFFFFFFL;
                if (at + 12 + length > file.length) {
                    break;
                }
                CRC32 crc = new CRC32();
                crc.update(file, at + 4, (int) length + 4);
                in.putInt(at + 8 + (int) length, (int) crc.getValue());
                at += 12 + (int) length;
            }
        } else if (start.startsWith("RIFF")) {
            ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(4, file.length - 8);
        }
        return file;
    }

    /** How a variant ended, and the promise that it broke. */
    record Result(String outcome, Optional<String> broken, long cpuNanos) {}

    /** The promise that a variant breaks. */
    public Optional<String> broken(long number) {
        return decode(number).broken();
    }

    /** Decodes a variant and looks whether all promises are kept. */
    Result decode(long number) {
        byte[] file = variant(number);
        long maxPixels = number % 50 == 0 ? 1L << 23 : 1L << 17;
        ImageDecoder decoder = ImageDecoder.create(new DecodeOptions(
                maxPixels,
                number % 2 == 0 ? DecodeOptions.Orientation.APPLY : DecodeOptions.Orientation.IGNORE,
                TIMEOUT));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = threads.getCurrentThreadAllocatedBytes();
        long start = threads.getCurrentThreadCpuTime();
        String outcome;
        Optional<String> broken = Optional.empty();
        try {
            Pixels pixels = decoder.decode(file);
            outcome = "decoded";
            long count = (long) pixels.width() * pixels.height();
            if (count < 1 || count > maxPixels || pixels.rgb().length != 3 * count) {
                broken = Optional.of("a picture of %s pixels".formatted(count));
            }
        } catch (ImageException e) {
            outcome = e.code().word();
            if (!e.code().stage().equals("decode") || e.getMessage().lines().count() != 1) {
                broken = Optional.of("a message of several lines: " + e.getMessage());
            } else if (e.code() == ErrorCode.OUT_OF_MEMORY || e.code() == ErrorCode.NO_LIBRARY) {
                broken = Optional.of(e.toString());
            }
        } catch (RuntimeException | Error e) {
            outcome = "thrown";
            broken = Optional.of(e.toString());
        }
        long cpu = threads.getCurrentThreadCpuTime() - start;
        long bytes = threads.getCurrentThreadAllocatedBytes() - allocated;
        if (cpu > TIMEOUT.plus(SLACK).toNanos()) {
            broken = Optional.of("%s s of processor time".formatted(cpu / 1_000_000_000));
        } else if (bytes > FIXED_BYTES + BYTES_PER_PIXEL * maxPixels + 20L * file.length) {
            broken = Optional.of("%s MB allocated".formatted(bytes / MEGABYTE));
        }
        return new Result(outcome, broken, cpu);
    }

    /** Tries so many millions, from the time of day on or from a number, and writes down those that break a promise. */
    public static void main(String[] args) throws InterruptedException {
        ImageMutations mutations = new ImageMutations();
        long count = (long) ((args.length > 0 ? Double.parseDouble(args[0]) : 0.1) * 1_000_000);
        int workers = args.length > 1 ? Integer.parseInt(args[1]) : 1;
        long first = args.length > 2 ? Long.parseLong(args[2]) : System.currentTimeMillis() * 1000;
        AtomicLong next = new AtomicLong(first);
        AtomicLong slowest = new AtomicLong();
        Map<String, Long> outcomes = new TreeMap<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < workers; i++) {
            Thread thread = new Thread(() -> {
                for (long n = next.getAndIncrement(); n < first + count; n = next.getAndIncrement()) {
                    Result result = mutations.decode(n);
                    slowest.accumulateAndGet(result.cpuNanos(), Math::max);
                    synchronized (outcomes) {
                        outcomes.merge(result.outcome(), 1L, Long::sum);
                        if (result.broken().isPresent()) {
                            outcomes.merge("BROKEN", 1L, Long::sum);
                            System.out.println(n + " of " + mutations.seed(n) + ": "
                                    + result.broken().get());
                        }
                    }
                    if ((n - first) % 100_000 == 0) {
                        System.out.println(n - first + " tried, now at " + n);
                    }
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.println(count + " variants from " + first + ": " + outcomes
                + String.format(Locale.ROOT, ", slowest %.2f s", slowest.get() / 1e9));
        System.exit(outcomes.containsKey("BROKEN") ? 1 : 0);
    }
}
