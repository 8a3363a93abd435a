package io.swinlake.checkpoint;

import com.sun.management.ThreadMXBean;
import io.swinlake.pickle.PickleWriter;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Damaged and hostile variants of checkpoints: of pickles, put into zips whose CRCs hold so that nothing stops before the
 * pickle is read, and of whole files. Each is made from its number alone, so that one that breaks a promise can be made
 * again. {@code scripts/fuzz checkpoints [MILLIONS] [FIRST]} tries many.
 */
public final class CheckpointMutations {
    private static final Path LIBRARIES = Path.of("src/test/resources/libraries");

    /** Instructions of all protocols, of which some are never read. */
    private static final byte[] OPCODES =
            "(.0123FIJKLMNPQRSTUVXabcdeghijlopqrstu}]()\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098BCG"
                    .getBytes(StandardCharsets.ISO_8859_1);

    private static final long MAX_ALLOCATED = 64L << 20;
    private static final Duration MAX_TIME = Duration.ofSeconds(1);
    private static final int MAX_MESSAGE = 2000;

    /** Set by a class that the pickles name, and that nothing else does. */
    private static volatile boolean hasResolved;

    /** Named in pickles: to look it up would run its initialiser. */
    static final class Tripwire {
        static {
            hasResolved = true;
        }

        private Tripwire() {}
    }

    /** Where a variant begins: a pickle that is put into a zip, or a file. */
    @SuppressWarnings("ArrayRecordComponent") // never compared, and cloned before it is changed
    private record Seed(String name, byte[] bytes, boolean isPickle) {}

    private final List<Seed> seeds = new ArrayList<>();

    public CheckpointMutations() {
        seeds.add(new Seed("state_dict", TorchFiles.stateDict(2, 3, 3, 1), true));
        seeds.add(new Seed("training", training(), true));
        seeds.add(new Seed("hostile", hostile(), true));
        seeds.add(new Seed("training4", protocol4(), true));
        seeds.add(new Seed("zip", TorchFiles.valid(), false));
        seeds.add(new Seed("training.zip", zip(training()), false));
        seeds.add(new Seed("legacy", TorchFiles.legacy(TorchFiles.stateDict(3, 2, 1, 3), "0", 6), false));
        Tensor tensor = Tensor.of(Shape.of(1, 2), 1f, 2f);
        seeds.add(new Seed(
                "safetensors",
                Safetensors.write(new TreeMap<>(Map.of("a", tensor, "b", tensor)), Map.of("format", "pt")),
                false));
        seeds.add(new Seed("193-hf1", pickleOf(LIBRARIES.resolve("193-hf1/pytorch_model.bin")), true)); // protocol 4
        seeds.add(
                new Seed("131-SwinBackbone", pickleOf(LIBRARIES.resolve("131-SwinBackbone/pytorch_model.bin")), true));
    }

    private static byte[] zip(byte[] pickle) {
        return TorchFiles.zip()
                .add("x/data.pkl", pickle)
                .add("x/data/0", TorchFiles.floats(6))
                .toBytes();
    }

    /** What training code leaves: counters, namespaces, keys that are no strings, values that contain themselves. */
    private static byte[] training() {
        PickleWriter pickle = new PickleWriter().emptyDict().mark();
        pickle.string("model").emptyDict().mark().string("weight");
        TorchFiles.tensor(pickle, 2, 3, 3, 1).string("bias");
        TorchFiles.tensor(pickle, 3, 2, 1, 3).setItems();
        pickle.string("milestones").global("collections", "Counter").mark().emptyDict();
        pickle.mark().integer(30).integer(1).setItems().tuple().reduce();
        pickle.string("args").global("argparse", "Namespace").emptyTuple().newObject();
        pickle.emptyDict().mark().string("lr").real(0.1).setItems().build();
        pickle.string("accuracy").emptyDict().mark().real(0.5).real(0.7);
        pickle.mark().integer(1).integer(2).tuple().bool(true).none().integer(0).setItems();
        pickle.string("log")
                .emptyList()
                .mark()
                .integer(1)
                .integer(1L << 40)
                .real(0.5)
                .appends();
        return pickle.setItems().toBytes();
    }

    /** Names that exist here, and what Python would call. */
    private static byte[] hostile() {
        PickleWriter pickle = new PickleWriter().emptyDict().mark();
        for (String type : List.of("io.swinlake.checkpoint.CheckpointMutations$Tripwire", "java.lang.Runtime")) {
            int dot = type.lastIndexOf('.');
            pickle.string(type).global(type.substring(0, dot), type.substring(dot + 1));
            pickle.mark().string("touch /tmp/x").tuple().reduce();
        }
        pickle.global("os", "system").mark().string("weight").tuple().reduce();
        return TorchFiles.tensor(pickle, 2, 3, 3, 1).setItems().toBytes();
    }

    /** {@code {'x': [[], 1], (1, 2): ..., 'weight': Tripwire('a')}} with frames, a memo and names on the stack. */
    private static byte[] protocol4() {
        ByteBuffer pickle = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
        pickle.put(new byte[] {(byte) 0x80, 4, (byte) 0x95}).putLong(40);
        pickle.put((byte) '}').put((byte) 0x94).put((byte) '('); // dict, memoised, mark
        text(pickle, "x").put(new byte[] {']', (byte) 0x94, 'h', 1, 'a', 'K', 1, 'a'});
        pickle.put(new byte[] {'K', 1, 'K', 2, (byte) 0x86, (byte) 0x94, 'h', 0}); // (1, 2): the dict itself
        text(pickle, "weight");
        text(text(pickle, "io.swinlake.checkpoint"), "CheckpointMutations$Tripwire")
                .put((byte) 0x93);
        text(pickle, "a").put(new byte[] {(byte) 0x85, 'R', 'u', '.'});
        return Arrays.copyOf(pickle.array(), pickle.position());
    }

    private static ByteBuffer text(ByteBuffer pickle, String text) {
        return pickle.put((byte) 0x8c).put((byte) text.length()).put(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] pickleOf(Path file) {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ZipEntry pickle = zip.stream()
                    .filter(entry -> entry.getName().endsWith("/data.pkl"))
                    .findFirst()
                    .orElseThrow();
            return zip.getInputStream(pickle).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Mostly the small ones, of which many can be tried. */
    private Seed seed(SplittableRandom random) {
        return seeds.get(random.nextInt(random.nextInt(20) == 0 ? seeds.size() : seeds.size() - 2));
    }

    /** The variant of a number. */
    byte[] variant(long number) {
        SplittableRandom random = new SplittableRandom(number);
        Seed seed = seed(random);
        byte[] bytes = seed.bytes().clone();
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes && bytes.length > 8; i++) {
            bytes = changed(bytes, random);
        }
        return seed.isPickle() ? zip(bytes) : bytes;
    }

    private byte[] changed(byte[] file, SplittableRandom random) {
        int at = random.nextInt(file.length);
        int length = Math.min(file.length - at, 1 + random.nextInt(random.nextBoolean() ? 8 : file.length));
        switch (random.nextInt(12)) {
            case 0 -> {
                return random.nextInt(4) == 0 ? Arrays.copyOf(file, at) : file;
            }
            case 1 -> Arrays.fill(file, at, at + length, (byte) 0);
            case 2, 3 -> file[at] = OPCODES[random.nextInt(OPCODES.length)];
            case 4 -> file[at] ^= (byte) (1 << random.nextInt(8));
            case 5 -> file[at] = (byte) random.nextInt(256);
            case 6 -> number(file, at, random);
            case 7 -> { // instructions put in
                byte[] more = new byte[1 + random.nextInt(6)];
                for (int i = 0; i < more.length; i++) {
                    more[i] = OPCODES[random.nextInt(OPCODES.length)];
                }
                return spliced(file, at, at, more);
            }
            case 8 -> { // a piece once more, or many times
                byte[] piece = Arrays.copyOfRange(file, at, at + Math.min(length, 64));
                int times = random.nextInt(4) == 0 ? 200 : 1;
                ByteBuffer all = ByteBuffer.allocate(times * piece.length);
                while (all.hasRemaining()) {
                    all.put(piece);
                }
                return spliced(file, at, at, all.array());
            }
            case 9 -> { // left out
                return spliced(file, at, at + length, new byte[0]);
            }
            case 10 -> { // a piece of another
                byte[] other = seed(random).bytes();
                int from = random.nextInt(other.length);
                int to = Math.min(other.length, from + length);
                return spliced(file, at, Math.min(file.length, at + to - from), Arrays.copyOfRange(other, from, to));
            }
            default -> { // a piece over another
                int bytes = Math.min(length, 46);
                System.arraycopy(file, at, file, random.nextInt(file.length - bytes + 1), bytes);
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

    /** A length, count or offset that is small, at a limit, or doubled. */
    private static void number(byte[] file, int at, SplittableRandom random) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        long[] values = {0, 1, 255, 65_535, 1 << 20, Integer.MAX_VALUE, Integer.MIN_VALUE, -1, Long.MAX_VALUE, 1L << 32
        };
        long value = values[random.nextInt(values.length)];
        switch (random.nextInt(3)) {
            case 0 -> in.put(at, (byte) value);
            case 1 -> in.putInt(Math.min(at, file.length - 4), (int) value);
            default -> in.putLong(Math.min(at, file.length - 8), value);
        }
    }

    /** How a variant ended, and the promise that it broke. */
    record Result(String outcome, Optional<String> broken, long cpuNanos, long allocated) {}

    /** The promise that a variant breaks. */
    public Optional<String> broken(long number) {
        return read(number).broken();
    }

    /** Reads a variant and looks whether all promises are kept. */
    Result read(long number) {
        byte[] file = variant(number);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = threads.getCurrentThreadAllocatedBytes();
        long start = threads.getCurrentThreadCpuTime();
        String outcome;
        Optional<String> broken = Optional.empty();
        try {
            Checkpoint checkpoint = Checkpoint.read("x.pth", "x.pth", ByteBuffer.wrap(file));
            outcome = "read";
            if (checkpoint.tensors().values().stream()
                    .anyMatch(tensor -> tensor.data().remaining() > file.length)) {
                broken = Optional.of("a tensor larger than the file");
            }
        } catch (CheckpointException e) {
            outcome = "refused";
            String message = e.getMessage();
            boolean isGood = message.startsWith("x.pth: ")
                    && message.length() < MAX_MESSAGE
                    && message.chars().noneMatch(c -> c < ' ' || c == 0x7f);
            broken = isGood ? Optional.empty() : Optional.of("a message that is not one short line: " + message);
        } catch (RuntimeException | Error e) {
            outcome = "thrown";
            broken = Optional.of(e.toString());
        }
        long cpu = threads.getCurrentThreadCpuTime() - start;
        long bytes = threads.getCurrentThreadAllocatedBytes() - allocated;
        if (hasResolved) {
            broken = Optional.of("a class was looked up by its name");
        } else if (cpu > MAX_TIME.toNanos()) {
            broken = Optional.of("%s ms of processor time".formatted(cpu / 1_000_000));
        } else if (bytes > MAX_ALLOCATED) {
            broken = Optional.of("%s MB allocated".formatted(bytes >> 20));
        }
        return new Result(outcome, broken, cpu, bytes);
    }

    /** Tries so many millions, from the time of day on or from a number, and writes down those that break a promise. */
    public static void main(String[] args) {
        CheckpointMutations mutations = new CheckpointMutations();
        long count = (long) ((args.length > 0 ? Double.parseDouble(args[0]) : 0.1) * 1_000_000);
        long first = args.length > 1 ? Long.parseLong(args[1]) : System.currentTimeMillis() * 1000;
        Map<String, Long> outcomes = new TreeMap<>();
        long slowest = 0;
        long largest = 0;
        long loaded = 0;
        for (long n = first; n < first + count; n++) {
            Result result = mutations.read(n);
            outcomes.merge(result.outcome(), 1L, Long::sum);
            slowest = Math.max(slowest, result.cpuNanos());
            largest = Math.max(largest, result.allocated());
            if (result.broken().isPresent()) {
                outcomes.merge("BROKEN", 1L, Long::sum);
                System.out.println(n + ": " + result.broken().get());
            }
            if (n - first == count / 100) { // by then everything that is needed is loaded
                loaded = ManagementFactory.getClassLoadingMXBean().getTotalLoadedClassCount();
            }
            if ((n - first) % 1_000_000 == 0) {
                System.out.println(n - first + " tried, now at " + n);
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%d variants from %d: %s, slowest %.3f s, at most %.1f MB allocated, %d classes loaded meanwhile%n",
                count,
                first,
                outcomes,
                slowest / 1e9,
                largest / 1e6,
                ManagementFactory.getClassLoadingMXBean().getTotalLoadedClassCount() - loaded);
        System.exit(outcomes.containsKey("BROKEN") ? 1 : 0);
    }
}
