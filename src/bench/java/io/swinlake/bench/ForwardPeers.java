package io.swinlake.bench;

import io.swinlake.checkpoint.LocalSource;
import io.swinlake.model.ModelOptions;
import io.swinlake.model.SwinModel;
import io.swinlake.runtime.device.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/**
 * Our forward beside the same network in other runtimes, on the same images and weights in one JVM, by turns. Before
 * anything is measured, every runtime's logits are compared with ours.
 */
public final class ForwardPeers {
    private static final int IMAGES = 64;

    /** Of a batch whose logits are compared. */
    static final int COMPARED = 4;

    private static final String SWINLAKE = "Swinlake";
    private static final List<Precision> PRECISIONS = List.of(Precision.FP32, Precision.BF16, Precision.INT8);
    private static final String OURS = ours(Precision.FP32);
    private static final String TRACED = "DJL, traced module";

    private final ImageSet images;
    private final Map<String, Network> networks = new LinkedHashMap<>();

    private ForwardPeers(ImageSet images) {
        this.images = images;
    }

    /** Loads a network of another runtime, if its file is there. */
    public interface Peer {
        Network load(Path reference, ImageSet images) throws Exception;
    }

    /**
     * Prints equality, rates and ratios.
     *
     * @param arguments folder that {@code scripts/bench-export.py} wrote, rounds, seconds of each measurement, images of a batch as in
     *     {@code 1,4,8}, then numbers of streams
     * @param peers by name, besides DJL's and Python's
     */
    public static void run(String[] arguments, Map<String, Peer> peers) throws Exception {
        Path reference = Path.of(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        double seconds = Double.parseDouble(arguments[2]);
        List<Integer> streams =
                Arrays.stream(arguments).skip(4).map(Integer::valueOf).toList();
        List<Integer> batches =
                Arrays.stream(arguments[3].split(",", -1)).map(Integer::valueOf).toList();

        SwinModel model = SwinModel.open(LocalSource.of(reference.resolve("swin_t.pth")), ModelOptions.none());
        List<Path> photos = Photos.jpegs(Path.of("target", "bench"), IMAGES);
        ForwardPeers forwards = new ForwardPeers(ImageSet.read(photos, model.recipe()));
        for (Precision precision : PRECISIONS) {
            forwards.networks.put(ours(precision), new SwinlakeNetwork(model, precision, forwards.images));
        }
        forwards.add(
                reference, TRACED, (folder, images) -> new TracedNetwork(folder.resolve("traced"), "swin_t", images));
        Map<String, Peer> others = new LinkedHashMap<>(peers);
        others.putAll(PythonNetwork.peers());
        for (Map.Entry<String, Peer> peer : others.entrySet()) {
            forwards.add(reference, peer.getKey(), peer.getValue());
        }

        System.out.println(Machine.describe());
        forwards.compare();
        for (int count : streams) {
            for (int batch : batches) {
                forwards.measure(count, batch, rounds, seconds);
            }
        }
        for (Network network : forwards.networks.values()) {
            network.close();
        }
    }

    private static String ours(Precision precision) {
        return SWINLAKE + " " + precision;
    }

    private void add(Path reference, String name, Peer peer) {
        try {
            networks.put(name, peer.load(reference, images));
        } catch (Exception e) {
            System.out.printf("%s is skipped: %s%n", name, e);
        }
    }

    /** Prints how far each network's logits are from ours, and how often its best class is ours. */
    private void compare() throws Exception {
        float[] expected = logits(networks.get(OURS));
        int classes = expected.length / images.count();
        System.out.printf("Logits of %d photos beside those of %s:%n", images.count(), OURS);
        for (Map.Entry<String, Network> entry : networks.entrySet()) {
            float[] actual = logits(entry.getValue());
            double greatest = 0;
            double difference = 0;
            int sameClass = 0;
            for (int i = 0; i < expected.length; i++) {
                greatest = Math.max(greatest, Math.abs(expected[i]));
                difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
            }
            for (int image = 0; image < images.count(); image++) {
                sameClass += best(actual, image, classes) == best(expected, image, classes) ? 1 : 0;
            }
            System.out.printf(
                    "  %-22s greatest difference %.1e of the greatest logit, best class the same in %d of %d%n",
                    entry.getKey(), difference / greatest, sameClass, images.count());
            if (sameClass < JobPeers.LEAST_AGREEMENT * images.count()) {
                throw new IllegalStateException("other results than those of " + OURS + ": " + entry.getKey());
            }
        }
    }

    private float[] logits(Network network) throws Exception {
        float[] all = new float[0];
        try (Forward forward = network.open()) {
            for (int first = 0; first < images.count(); first += COMPARED) {
                float[] batch = forward.logits(first, COMPARED);
                int filled = all.length;
                all = Arrays.copyOf(all, filled + batch.length);
                System.arraycopy(batch, 0, all, filled, batch.length);
            }
        }
        return all;
    }

    private static int best(float[] logits, int image, int classes) {
        int best = 0;
        for (int i = 0; i < classes; i++) {
            if (logits[image * classes + i] > logits[image * classes + best]) {
                best = i;
            }
        }
        return best;
    }

    private void measure(int count, int batch, int rounds, double seconds) throws Exception {
        Map<String, Streams> streams = new LinkedHashMap<>();
        Map<String, Callable<Double>> contenders = new LinkedHashMap<>();
        for (Map.Entry<String, Network> entry : networks.entrySet()) {
            Streams opened = new Streams(entry.getValue(), count, images.count());
            streams.put(entry.getKey(), opened);
            opened.imagesPerSecond(batch, seconds / 2); // warms up
            contenders.put(entry.getKey(), () -> opened.imagesPerSecond(batch, seconds));
        }
        Turns turns = Turns.take(rounds, contenders);
        System.out.printf(
                "%n%d stream(s) of %s thread(s), batch %d: images/s, median of %d rounds (least to most)%n",
                count, Optional.ofNullable(System.getenv("OMP_NUM_THREADS")).orElse("1"), batch, rounds);
        for (String name : streams.keySet()) {
            String ratios = PRECISIONS.stream()
                    .map(precision -> "%s %s"
                            .formatted(
                                    precision,
                                    turns.ratio(ours(precision), name).withDecimals(2)))
                    .collect(Collectors.joining(", "));
            System.out.printf(
                    "  %-22s %-24s%s%n",
                    name,
                    turns.figure(name).withDecimals(1),
                    name.startsWith(SWINLAKE) ? "" : "Swinlake's rate is this times " + ratios);
        }
        for (Streams opened : streams.values()) {
            opened.close();
        }
    }

    /** What a peer says when its file is missing. */
    public static Path requireFile(Path file) {
        if (!Files.exists(file)) {
            throw new IllegalArgumentException(file + " is missing; scripts/bench-export.py writes it");
        }
        return file;
    }
}
