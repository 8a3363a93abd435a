package io.swinlake.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Files that the format's document allows, and every way of lying to a reader of it. */
class SafetensorsTest {
    private static final String VALID = "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]}}";

    @Test
    void writesWhatItReads() {
        TreeMap<String, Tensor> tensors = new TreeMap<>(Map.of(
                "norm.weight", Tensor.of(Shape.of(2, 1), 1.5f, -2f),
                "index", Tensor.of(Shape.of(), 7L),
                "nothing", Tensor.of(Shape.of(0, 3), new float[0])));

        Checkpoint read = Safetensors.read("x", ByteBuffer.wrap(Safetensors.write(tensors, Map.of("k", "ü \"{"))));

        assertThat(read.metadata()).containsExactly(Map.entry("k", "ü \"{"));
        assertThat(read.tensors().keySet()).isEqualTo(tensors.keySet());
        assertThat(read.tensors()).allSatisfy((name, tensor) -> {
            assertThat(tensor).hasToString(tensors.get(name).toString());
            assertThat(tensor.data()).isEqualTo(tensors.get(name).data());
        });
    }

    /** The header by the format's document; the padding puts the data on a multiple of 8 bytes. */
    @Test
    void writesTheBytesOfTheFormat() {
        TreeMap<String, Tensor> tensors = new TreeMap<>(Map.of("a", Tensor.of(Shape.of(1), 1f)));

        byte[] file = Safetensors.write(tensors, Map.of("z", "2", "y", "1"));

        String header = "{\"__metadata__\":{\"y\":\"1\",\"z\":\"2\"},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
        assertThat(file)
                .startsWith(88, 0, 0, 0, 0, 0, 0, 0)
                .endsWith(0, 0, 0x80, 0x3f)
                .hasSize(8 + 88 + 4);
        assertThat(new String(file, 8, 88, StandardCharsets.UTF_8))
                .startsWith(header)
                .isEqualTo(header + " ");
    }

    @Test
    void rewritesAPublishedFileToTheSameTensors() throws IOException {
        byte[] published =
                Files.readAllBytes(Path.of("src/test/resources/fixtures/tiny/v1-base-timm-f32/model.safetensors"));
        Checkpoint first = Safetensors.read("x", ByteBuffer.wrap(published));

        Checkpoint second =
                Safetensors.read("x", ByteBuffer.wrap(Safetensors.write(first.tensors(), first.metadata())));

        assertThat(second.tensors()).allSatisfy((name, tensor) -> assertThat(tensor.data())
                .isEqualTo(first.tensors().get(name).data()));
        assertThat(second.metadata()).isEqualTo(first.metadata()).containsExactly(Map.entry("format", "pt"));
    }

    @ParameterizedTest
    @EnumSource
    void readsEveryType(DType dtype) {
        String header =
                "{\"a\":{\"dtype\":\"%s\",\"shape\":[1],\"data_offsets\":[0,%s]}}".formatted(dtype, dtype.bytes());

        assertThat(read(header, new byte[dtype.bytes()]).tensors().get("a").dtype())
                .isEqualTo(dtype);
    }

    @Test
    void tensorsAreViewsOfTheFile() {
        ByteBuffer file = file(VALID, new byte[] {1, 2, 3});
        Checkpoint checkpoint = Safetensors.read("x", file);

        file.put(file.limit() - 1, (byte) 9);

        assertThat(checkpoint.tensors().get("b").data().get(0)).isEqualTo((byte) 9);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ` {}` | the header does not begin with {
            {"a":1} | 'a' is not an object with dtype, shape and data_offsets
            {"a":{"shape":[0],"data_offsets":[0,0]}} | 'a' has no dtype
            {"a":{"dtype":"F32","data_offsets":[0,0]}} | 'a' has no shape
            {"a":{"dtype":"F32","shape":[0]}} | 'a' needs two data_offsets, begin and end
            {"a":{"dtype":"F32","shape":[0],"data_offsets":[0]}} | 'a' needs two data_offsets, begin and end
            {"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0,0]}} | 'a' has a data_offsets of more than 2 numbers
            {"a":{"dtype":"F32","dtype":"F16","shape":[0],"data_offsets":[0,0]}} | 'a' has two dtypes
            {"a":{"dtype":"F32","shape":[0],"shape":[0],"data_offsets":[0,0]}} | 'a' has two shapes
            {"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"data_offsets":[0,0]}} | 'a' has two data_offsets
            {"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"strides":[1]}} | 'a' has an unknown field 'strides'
            {"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}} | the header has two entries 'a'
            {"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}} | 'a' has a shape with something other than an integer of 0 to 2^63-1
            {"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,0]}} | 'a' has a shape with something other than an integer of 0 to 2^63-1
            {"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,0]}} | 'a' has a shape with something other than an integer of 0 to 2^63-1
            {"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,0]}} | 'a' has a shape with something other than an integer of 0 to 2^63-1
            {"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,0]}} | 'a' has a shape with something other than an integer of 0 to 2^63-1
            {"a":{"dtype":"F32","shape":3,"data_offsets":[0,0]}} | 'a' has a shape that is not a list
            {"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}} | 'a' is F32 [4611686018427387904], more bytes than 64 bits can count
            {"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}} | 'a' ends at byte 0, before it begins at 1
            {"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}} | bytes 0 to 1 of the data, before 'a', belong to no tensor
            {"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}} | the tensors take 9 bytes, the file has 2; the download is incomplete
            {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}} | the tensors take 1 bytes, the file has 2; something was appended
            {"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}} | 'a' has data_offsets 9223372036854775806 to 9223372036854775807, the data has 2 bytes
            {"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}} | 'b' begins at byte 1 of the data, inside 'a', which ends at 2
            {"__metadata__":3} | '__metadata__' is not an object of strings
            {"__metadata__":{"a":3}} | '__metadata__' is not an object of strings
            {"__metadata__":{"a":"3","a":"4"}} | '__metadata__' has a key twice
            {"__metadata__":{},"__metadata__":{}} | the header has two entries '__metadata__'
            {"a\\u0000":{}} | a tensor name is longer than 500 characters or has unprintable ones: 'a?'
            {} {} | the header goes on behind its last }
            {"a":[} | 'a' is not an object with dtype, shape and data_offsets
            {"a" | the header is not JSON: Unexpected end-of-input within/between Object entries
            """)
    void aHeaderThatLiesIsRefused(String header, String reason) {
        assertThatThrownBy(() -> read(header, new byte[2]))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("x: " + reason + ".");
    }

    @Test
    void refusesAHeaderInUtf16() {
        byte[] header = "{}".getBytes(StandardCharsets.UTF_16LE);

        assertThatThrownBy(() -> Safetensors.read("x", file(header, new byte[0])))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith("x: the header is not JSON: Illegal character ((CTRL-CHAR, code 0))");
    }

    @Test
    void refusesAHeaderThatIsNotUtf8() {
        byte[] header = "{\"\u00e9\":1}".getBytes(StandardCharsets.ISO_8859_1);

        assertThatThrownBy(() -> Safetensors.read("x", file(header, new byte[0])))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("x: the header is not UTF-8.");
    }

    @Test
    void refusesAHeaderLengthOverTheLimit() {
        ByteBuffer file = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 100_000_001);

        assertThatThrownBy(() -> Safetensors.read("x", file))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("x: the header claims 100000001 bytes, at most 100000000 are allowed.");
    }

    @Test
    void refusesANegativeHeaderLength() {
        ByteBuffer file = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).putLong(0, -1);

        assertThatThrownBy(() -> Safetensors.read("x", file))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("x: the header claims 18446744073709551615 bytes, at most 100000000 are allowed.");
    }

    @Test
    void refusesAnEmptyHeader() {
        assertThatThrownBy(() -> read("", new byte[0]))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("x: the header does not begin with {.");
    }

    @Test
    void refusesMoreAxesThanPyTorchHas() {
        String shape = "1,".repeat(64) + "1";

        assertThatThrownBy(() -> read(
                        "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + shape + "],\"data_offsets\":[0,1]}}", new byte[1]))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("x: 'a' has a shape of more than 64 numbers.");
    }

    @Test
    void refusesATableOfAMillionTensors() {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i <= Safetensors.MAX_TENSORS; i++) {
            header.append(i == 0 ? "" : ",").append('"').append(i);
            header.append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
        }

        assertThatThrownBy(() -> read(header + "}", new byte[0]))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("x: the header has more than 100000 tensors.");
    }

    @Test
    void refusesAZipBehindTheTensors() {
        assertThatThrownBy(() -> read(VALID, new byte[] {1, 2, 3, 'P', 'K', 5, 6}))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("x: the tensors take 3 bytes, the file has 7; something was appended.");
    }

    private static Checkpoint read(String header, byte[] data) {
        return Safetensors.read("x", file(header, data));
    }

    private static ByteBuffer file(String header, byte[] data) {
        return file(header.getBytes(StandardCharsets.UTF_8), data);
    }

    private static ByteBuffer file(byte[] header, byte[] data) {
        return ByteBuffer.allocate(8 + header.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .put(data)
                .flip();
    }
}
