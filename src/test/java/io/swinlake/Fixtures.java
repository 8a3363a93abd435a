package io.swinlake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/**
 * Checkpoints, images and the outputs that the public implementations gave for them. {@code fixtures/README.md} says how
 * they were made; names are those of {@code fixtures/manifest.json}.
 */
public final class Fixtures {
    private static final Path ROOT = root();
    private static final JsonNode MANIFEST = parse(ROOT.resolve("manifest.json"));
    /** The header of an .npy file, version 1.0, as far as the fixtures use it. */
    private static final Pattern NPY_HEADER =
            Pattern.compile("\\{'descr': '<f4', 'fortran_order': False, 'shape': \\(([0-9, ]*)\\), \\}\\s*");

    private Fixtures() {}

    /** A fixture by its name in the manifest, such as {@code tiny/v1-base-ms/model.pth}. */
    public static Path path(String name) {
        Path path = ROOT.resolve(name);
        if (!Files.exists(path)) {
            throw new IllegalArgumentException("no such fixture: " + path);
        }
        return path;
    }

    /** The bytes of a fixture. */
    public static byte[] bytes(String name) {
        try {
            return Files.readAllBytes(path(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A float32 {@code .npy} file. */
    public static Tensor npy(String name) {
        return npy(path(name));
    }

    /** A float32 {@code .npy} file from anywhere, such as the demo's expected outputs. */
    public static Tensor npy(Path file) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
            int headerStart = 10; // magic (6), version (2), length of the header (2, little-endian)
            int headerLength = Short.toUnsignedInt(Short.reverseBytes(bytes.getShort(8)));
            String header = new String(bytes.array(), headerStart, headerLength, StandardCharsets.US_ASCII);
            Matcher matcher = NPY_HEADER.matcher(header);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(file + ": not a float32 array in C order: " + header.strip());
            }
            long[] dims = Arrays.stream(matcher.group(1).split(","))
                    .map(String::strip)
                    .filter(dim -> !dim.isEmpty())
                    .mapToLong(Long::parseLong)
                    .toArray();
            return Tensor.view(DType.F32, Shape.of(dims), bytes.position(headerStart + headerLength));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The whole of {@code manifest.json}. */
    public static JsonNode manifest() {
        return MANIFEST;
    }

    /** Every entry of {@code manifest.json} under {@code cases}, in its order. */
    public static List<JsonNode> cases() {
        return StreamSupport.stream(MANIFEST.get("cases").spliterator(), false).toList();
    }

    /** The case with this {@code id}. */
    public static JsonNode caseById(String id) {
        return cases().stream()
                .filter(entry -> entry.get("id").asText().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such case in manifest.json: " + id));
    }

    /** Of the angle between two vectors of one length, in float64. */
    public static double cosine(float[] a, float[] b) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return ab / Math.sqrt(aa * bb);
    }

    /** {@code max|actual - expected| / max|expected|}, the measure that the manifest's tolerances are given in. */
    public static double maxRelativeError(float[] actual, float[] expected) {
        if (actual.length != expected.length) {
            throw new IllegalArgumentException(
                    "expected %s values, found %s".formatted(expected.length, actual.length));
        }
        double difference = 0;
        double magnitude = 0;
        for (int i = 0; i < expected.length; i++) {
            if (Float.isNaN(actual[i])) {
                return Double.NaN;
            }
            difference = Math.max(difference, Math.abs((double) actual[i] - expected[i]));
            magnitude = Math.max(magnitude, Math.abs(expected[i]));
        }
        return difference / magnitude;
    }

    private static Path root() {
        try {
            return Path.of(Fixtures.class.getResource("/fixtures").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode parse(Path file) {
        try {
            return new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
