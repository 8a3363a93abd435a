package io.swinlake.bench;

import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.preprocess.Recipe;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * What an ImageNet-sized photo (500x375) costs one thread: decode, and resize to 256 with a crop of 224; beside Pillow on the
 * same files, by turns. Arguments: rounds (5), seconds of each measurement (1). {@code scripts/bench preprocess}
 */
final class PreprocessBenchmark {
    private static final int PHOTOS = 24;
    private static final List<String> FORMATS =
            List.of("jpeg", "png", "webp", "webp-lossless", "tiff", "tiff-lzw", "tiff-deflate");

    private static final Recipe CROP_224 = new Recipe(
            "microsoft",
            Recipe.Resize.SHORT_SIDE,
            256,
            256,
            224,
            224,
            Recipe.Filter.BICUBIC,
            List.of(0.485, 0.456, 0.406),
            List.of(0.229, 0.224, 0.225));

    private final ImageDecoder decoder = ImageDecoder.create(DecodeOptions.defaults());
    private final Preprocessor preprocessor = Preprocessor.of(CROP_224);
    private final ByteBuffer target = ByteBuffer.allocateDirect(224 * 224 * 3);

    private PreprocessBenchmark() {}

    private interface Work {
        void on(byte[] file) throws ImageException;
    }

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 1;
        Path folder = Path.of("target", "bench", "preprocess");
        if (!Files.exists(folder.resolve("jpeg"))) {
            List<Path> photos = Photos.jpegs(folder, PHOTOS);
            Files.move(photos.get(0).getParent(), folder.resolve("jpeg"));
        }
        List<String> python = List.of("target/image-fixture/bin/python", "src/bench/python/pillow_worker.py");
        PreprocessBenchmark benchmark = new PreprocessBenchmark();
        try (WorkerProcess pillow = new WorkerProcess("pillow", python, Map.of())) {
            pillow.ask("write " + folder);
            System.out.println(Machine.describe());
            System.out.printf(
                    "%d photos of 500x375, one thread, milliseconds of processor time an image, medians of %d rounds%n",
                    PHOTOS, rounds);
            System.out.printf("%-14s %22s %22s %22s%n", "", "Swinlake", "Pillow", "Pillow / Swinlake");
            for (String format : FORMATS) {
                benchmark.measure(pillow, folder.resolve(format), "decode", rounds, seconds);
            }
            benchmark.measure(pillow, folder.resolve("jpeg"), "resize", rounds, seconds);
        }
        System.exit(0);
    }

    private void measure(WorkerProcess pillow, Path folder, String verb, int rounds, double seconds) throws Exception {
        List<byte[]> files = read(folder);
        Work work = verb.equals("decode")
                ? decoder::decode
                : file -> preprocessor.apply(decoder.decode(file), target.clear());
        milliseconds(files, seconds * 2, work); // warms up
        Map<String, Callable<Double>> contenders = new LinkedHashMap<>();
        contenders.put("Swinlake", () -> milliseconds(files, seconds, work));
        contenders.put("Pillow", () -> pillow.ask("%s %s %s".formatted(verb, folder, seconds)));
        Turns turns = Turns.take(rounds, contenders);
        System.out.printf(
                "%-14s %22s %22s %22s%n",
                verb.equals("decode") ? folder.getFileName() : folder.getFileName() + ", resized",
                turns.figure("Swinlake").withDecimals(2),
                turns.figure("Pillow").withDecimals(2),
                turns.ratio("Pillow", "Swinlake").withDecimals(2));
    }

    private static List<byte[]> read(Path folder) throws IOException {
        List<byte[]> files = new ArrayList<>();
        try (Stream<Path> paths = Files.list(folder)) {
            for (Path path : paths.sorted().toList()) {
                files.add(Files.readAllBytes(path));
            }
        }
        return files;
    }

    private static double milliseconds(List<byte[]> files, double seconds, Work work) throws ImageException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long start = threads.getCurrentThreadCpuTime();
        int done = 0;
        while (threads.getCurrentThreadCpuTime() - start < seconds * 1e9) {
            work.on(files.get(done % files.size()));
            done++;
        }
        return (threads.getCurrentThreadCpuTime() - start) / 1e6 / done;
    }
}
