package io.swinlake.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The safetensors format: the header's length in 8 bytes, little-endian; the header, JSON of name to dtype, shape and
 * range of bytes; then the bytes of all tensors, without gap or overlap.
 * See <a href="https://github.com/huggingface/safetensors#format">the format</a>.
 */
public final class Safetensors {
    /** The reference implementation's own limit. */
    static final int MAX_HEADER_BYTES = 100_000_000;

    static final int MAX_TENSORS = 100_000;
    static final int MAX_RANK = 64;

    private static final int LENGTH_BYTES = Long.BYTES;
    private static final String METADATA = "__metadata__";

    /** Names come from an untrusted file: they are neither interned nor kept in Jackson's shared symbol table. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    private final String location;
    private final List<Entry> entries = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    /** A tensor as the header describes it; begin and end count from the first byte behind the header. */
    private record Entry(String name, DType dtype, Shape shape, long begin, long end) {}

    private Safetensors(String location) {
        this.location = location;
    }

    /** Whether the file begins as safetensors does: a length below the limit, then a brace. */
    static boolean looksLikeSafetensors(RangedFile file) throws IOException {
        ByteBuffer bytes = file.read(0, (int) Math.min(LENGTH_BYTES + 1, file.length()));
        return bytes.remaining() > LENGTH_BYTES
                && bytes.getLong(0) >= 0
                && bytes.getLong(0) <= MAX_HEADER_BYTES
                && bytes.get(LENGTH_BYTES) == '{';
    }

    /**
     * Reads a whole file. The tensors are views of it.
     *
     * @throws CheckpointException if anything about the file is wrong
     */
    public static Checkpoint read(String location, ByteBuffer file) {
        try {
            return read(location, RangedFile.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }

    /** As {@link #read(String, ByteBuffer)}, for a file of any size; each tensor has to fit into a buffer. */
    static Checkpoint read(String location, RangedFile file) throws IOException {
        return new Safetensors(location).read(file);
    }

    private Checkpoint read(RangedFile file) throws IOException {
        int headerBytes = headerLength(file);
        byte[] header = new byte[headerBytes];
        file.read(LENGTH_BYTES, headerBytes).get(header);
        if (headerBytes == 0 || header[0] != '{') {
            throw error("the header does not begin with {");
        }
        parse(header);

        long dataStart = (long) LENGTH_BYTES + headerBytes;
        long dataBytes = file.length() - dataStart;
        checkRanges(dataBytes);
        boolean atOnce = dataBytes <= RangedFile.MAX_PART;
        ByteBuffer data = atOnce ? file.read(dataStart, (int) dataBytes) : ByteBuffer.allocate(0);
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        for (Entry entry : entries) {
            long bytes = entry.end - entry.begin;
            if (bytes > RangedFile.MAX_PART) {
                throw error("'%s' has %d bytes, at most %d are read", entry.name, bytes, RangedFile.MAX_PART);
            }
            ByteBuffer part = atOnce
                    ? data.slice((int) entry.begin, (int) bytes)
                    : file.read(dataStart + entry.begin, (int) bytes);
            tensors.put(entry.name, Tensor.view(entry.dtype, entry.shape, part));
        }
        return new Checkpoint(location, tensors, metadata);
    }

    private int headerLength(RangedFile file) throws IOException {
        if (file.length() < LENGTH_BYTES) {
            throw error("%d bytes are too few for safetensors, which begins with a length of 8 bytes", file.length());
        }
        long length = file.read(0, LENGTH_BYTES).getLong(0);
        if (length < 0 || length > MAX_HEADER_BYTES) {
            throw error(
                    "the header claims %s bytes, at most %d are allowed",
                    Long.toUnsignedString(length), MAX_HEADER_BYTES);
        }
        if (length > file.length() - LENGTH_BYTES) {
            throw error(
                    "the header claims %d bytes, the file has %d behind the length; it is cut or not safetensors",
                    length, file.length() - LENGTH_BYTES);
        }
        return (int) length;
    }

    private void parse(byte[] header) {
        // A decoder made by newDecoder reports malformed UTF-8, where Jackson's own would guess the encoding.
        try (JsonParser json = JSON.createParser(
                new InputStreamReader(new ByteArrayInputStream(header), StandardCharsets.UTF_8.newDecoder()))) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = Checkpoint.TensorNames.check(location, json.currentName());
                if (!names.add(name)) {
                    throw error("the header has two entries '%s'", name);
                }
                if (name.equals(METADATA)) {
                    metadata(json);
                } else {
                    tensor(json, name);
                }
            }
            if (json.nextToken() != null) {
                throw error("the header goes on behind its last }");
            }
        } catch (CharacterCodingException | CharConversionException e) {
            throw error("the header is not UTF-8");
        } catch (JsonProcessingException e) {
            throw error("the header is not JSON: %s", Printable.of(e.getOriginalMessage()));
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }

    private void metadata(JsonParser json) throws IOException {
        expect(json.nextToken() == JsonToken.START_OBJECT, METADATA, "is not an object of strings");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            expect(json.nextToken() == JsonToken.VALUE_STRING, METADATA, "is not an object of strings");
            expect(metadata.put(key, json.getText()) == null, METADATA, "has a key twice");
        }
    }

    private void tensor(JsonParser json, String name) throws IOException {
        if (entries.size() == MAX_TENSORS) {
            throw error("the header has more than %d tensors", MAX_TENSORS);
        }
        DType dtype = null;
        long[] shape = null;
        long[] offsets = null;
        expect(json.nextToken() == JsonToken.START_OBJECT, name, "is not an object with dtype, shape and data_offsets");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "dtype" -> {
                    expect(dtype == null, name, "has two dtypes");
                    dtype = dtype(json, name);
                }
                case "shape" -> {
                    expect(shape == null, name, "has two shapes");
                    shape = integers(json, name, "shape", MAX_RANK);
                }
                case "data_offsets" -> {
                    expect(offsets == null, name, "has two data_offsets");
                    offsets = integers(json, name, "data_offsets", 2);
                }
                default -> throw error("'%s' has an unknown field '%s'", name, Printable.of(field));
            }
        }
        expect(dtype != null, name, "has no dtype");
        expect(shape != null, name, "has no shape");
        expect(offsets != null && offsets.length == 2, name, "needs two data_offsets, begin and end");
        entries.add(entry(name, dtype, Shape.of(shape), offsets[0], offsets[1]));
    }

    private DType dtype(JsonParser json, String name) throws IOException {
        String word = json.getText();
        return Arrays.stream(DType.values())
                .filter(dtype -> dtype.name().equals(word))
                .findFirst()
                .orElseThrow(() -> error(
                        "'%s' has dtype %s; those read are %s",
                        name, Printable.of(word), Arrays.toString(DType.values())));
    }

    private long[] integers(JsonParser json, String name, String field, int most) throws IOException {
        expect(json.currentToken() == JsonToken.START_ARRAY, name, "has a " + field + " that is not a list");
        long[] values = new long[most];
        int count = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            expect(count < most, name, "has a " + field + " of more than " + most + " numbers");
            expect(
                    json.currentToken() == JsonToken.VALUE_NUMBER_INT
                            && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                            && json.getLongValue() >= 0,
                    name,
                    "has a " + field + " with something other than an integer of 0 to 2^63-1");
            values[count++] = json.getLongValue();
        }
        return Arrays.copyOf(values, count);
    }

    private Entry entry(String name, DType dtype, Shape shape, long begin, long end) {
        long bytes;
        try {
            bytes = Math.multiplyExact(shape.elements(), (long) dtype.bytes());
        } catch (ArithmeticException e) {
            throw error("'%s' is %s %s, more bytes than 64 bits can count", name, dtype, shape);
        }
        if (end < begin) {
            throw error("'%s' ends at byte %d, before it begins at %d", name, end, begin);
        }
        if (end - begin != bytes) {
            throw error(
                    "'%s' is %s %s, which takes %d bytes, its data_offsets hold %d",
                    name, dtype, shape, bytes, end - begin);
        }
        return new Entry(name, dtype, shape, begin, end);
    }

    /** Every byte behind the header belongs to exactly one tensor: nothing hides in a gap, nothing is read twice. */
    private void checkRanges(long dataBytes) {
        List<Entry> inOrder = new ArrayList<>(entries);
        inOrder.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        Entry before = new Entry("", DType.U8, Shape.of(0), 0, 0);
        Entry last = inOrder.isEmpty() ? before : inOrder.get(inOrder.size() - 1);
        for (Entry entry : inOrder) {
            if (entry.begin < before.end) {
                throw error(
                        "'%s' begins at byte %d of the data, inside '%s', which ends at %d",
                        entry.name, entry.begin, before.name, before.end);
            }
            if (entry.begin > before.end && last.end > dataBytes) {
                throw error(
                        "'%s' has data_offsets %d to %d, the data has %d bytes",
                        last.name, last.begin, last.end, dataBytes);
            }
            if (entry.begin > before.end) {
                throw error(
                        "bytes %d to %d of the data, before '%s', belong to no tensor",
                        before.end, entry.begin, entry.name);
            }
            before = entry;
        }
        if (before.end > dataBytes) {
            throw error(
                    "the tensors take %d bytes, the file has %d; the download is incomplete", before.end, dataBytes);
        }
        if (before.end < dataBytes) {
            throw error("the tensors take %d bytes, the file has %d; something was appended", before.end, dataBytes);
        }
    }

    private void expect(boolean holds, String name, String fault) {
        if (!holds) {
            throw error("'%s' %s", name, fault);
        }
    }

    @FormatMethod
    private CheckpointException error(@FormatString String message, Object... args) {
        return new CheckpointException("%s: %s.", location, String.format(Locale.ROOT, message, args));
    }

    /**
     * A whole file of these tensors: sorted by name, the header padded with spaces to a multiple of 8 bytes.
     *
     * @param metadata written sorted by key, so that equal checkpoints give equal bytes
     */
    public static byte[] write(SortedMap<String, Tensor> tensors, Map<String, String> metadata) {
        byte[] header = header(tensors, new TreeMap<>(metadata));
        int padded = (header.length + 7) / 8 * 8;
        long dataBytes = tensors.values().stream().mapToLong(Safetensors::bytes).sum();
        ByteBuffer file = ByteBuffer.allocate(Math.toIntExact(LENGTH_BYTES + padded + dataBytes))
                .order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(padded).put(header);
        while (file.position() < LENGTH_BYTES + padded) {
            file.put((byte) ' ');
        }
        tensors.values().forEach(tensor -> file.put(tensor.data()));
        return file.array();
    }

    private static byte[] header(SortedMap<String, Tensor> tensors, SortedMap<String, String> metadata) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(METADATA);
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            long begin = 0;
            for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
                Tensor tensor = entry.getValue();
                long end = begin + bytes(tensor);
                json.writeObjectFieldStart(entry.getKey());
                json.writeStringField("dtype", tensor.dtype().name());
                json.writeFieldName("shape");
                json.writeArray(tensor.shape().dims(), 0, tensor.shape().rank());
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {begin, end}, 0, 2);
                json.writeEndObject();
                begin = end;
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return out.toByteArray();
    }

    private static long bytes(Tensor tensor) {
        return tensor.shape().elements() * tensor.dtype().bytes();
    }
}
