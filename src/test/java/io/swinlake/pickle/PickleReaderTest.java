package io.swinlake.pickle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Python's pickle module writes is read as data; what would run something in Python is refused. */
class PickleReaderTest {
    private static final Set<PyGlobal> ALLOWED =
            Set.of(new PyGlobal("collections", "OrderedDict"), new PyGlobal("argparse", "Namespace"));

    /** Made by Python 3.11: {@code pickle.dumps({'a': [1, -1, 300, 70000, 2**40], 'b': (None, True, 0.5)}, protocol)}. */
    @ParameterizedTest
    @CsvSource({
        "2, 80027d71002858010000006171015d7102284b014affffffff4d2c014a701101008a06000000000001655801"
                + "0000006271034e88473fe0000000000000877104752e",
        "3, 80037d71002858010000006171015d7102284b014affffffff4d2c014a701101008a06000000000001655801"
                + "0000006271034e88473fe0000000000000877104752e",
        "4, 80049535000000000000007d94288c0161945d94284b014affffffff4d2c014a701101008a06000000000001"
                + "658c0162944e88473fe00000000000008794752e",
        "5, 80059535000000000000007d94288c0161945d94284b014affffffff4d2c014a701101008a06000000000001"
                + "658c0162944e88473fe00000000000008794752e"
    })
    void readsEveryProtocolThatTorchSaveOffers(int protocol, String hex) throws PickleException {
        byte[] pickle = HexFormat.of().parseHex(hex);

        assertThat(pickle[1]).isEqualTo((byte) protocol);
        assertThat(read(pickle))
                .isEqualTo(Map.of(
                        "a",
                        List.of(1L, -1L, 300L, 70000L, 1L << 40),
                        "b",
                        new PyTuple(List.of(PyNone.NONE, true, 0.5))));
    }

    @Test
    void readsTheMagicNumberOfTheOldTorchFormat() throws PickleException {
        assertThat(readHex("80028a0a6cfc9c46f9206aa850192e")).isEqualTo(new BigInteger("119547037146038801333356"));
    }

    @Test
    void leavesThePositionBehindThePickle() throws PickleException {
        ByteBuffer two = ByteBuffer.wrap(HexFormat.of().parseHex("80024b012e" + "80024b022e"));

        assertThat(PickleReader.read(two, ALLOWED, "advice").value()).isEqualTo(1L);
        assertThat(PickleReader.read(two, ALLOWED, "advice").value()).isEqualTo(2L);
    }

    @Test
    void objectStaysADescription() throws PickleException {
        PyObject object = (PyObject) read(new PickleWriter()
                .global("argparse", "Namespace")
                .emptyTuple()
                .newObject()
                .emptyDict()
                .mark()
                .string("batch_size")
                .integer(128)
                .setItems()
                .build()
                .toBytes());

        assertThat(object.type()).hasToString("argparse.Namespace");
        assertThat(object.args()).isEqualTo(PyTuple.EMPTY);
        assertThat(object.state()).contains(Map.of("batch_size", 128L));
    }

    @Test
    void listThatContainsItselfIsRead() throws PickleException {
        List<?> list = (List<?>) readHex("8002" + "5d7100" + "6800" + "61" + "2e");

        assertThat(list.get(0)).isSameAs(list);
    }

    @ParameterizedTest
    @CsvSource({
        "os, system",
        "builtins, eval",
        "builtins, getattr",
        "torch, load",
        "torch.hub, load",
        "java.lang, Runtime",
        "collections, OrderedDict.update"
    })
    void refusesGlobalsOffTheList(String module, String name) {
        byte[] pickle = new PickleWriter().global(module, name).toBytes();

        assertRefused(pickle, "byte 2: GLOBAL " + module + "." + name + " is not allowed. Only these.");
    }

    @Test
    void refusesStackGlobalsOffTheList() {
        assertRefused(
                hex("8004" + "8c026f73" + "8c0673797374656d" + "93" + "2e"),
                "byte 14: GLOBAL os.system is not allowed. Only these.");
    }

    @Test
    void refusesStackGlobalOfSomethingOtherThanNames() {
        assertRefused(
                hex("8004" + "4b01" + "4b02" + "93" + "2e"),
                "byte 6: STACK_GLOBAL needs two strings, a module and a name.");
    }

    @Test
    void globalWithControlCharactersIsShownWithoutThem() {
        assertRefused(
                new PickleWriter().global("o\u001b[2Js", "x").toBytes(),
                "byte 2: GLOBAL o?[2Js.x is not allowed. Only these.");
    }

    /** Instructions that Python has and torch.save does not use: each is a way around an allow-list or a text form. */
    @ParameterizedTest
    @CsvSource({
        "INST, 69",
        "OBJ, 6f",
        "EXT1, 82",
        "EXT2, 83",
        "EXT4, 84",
        "PERSID, 50",
        "NEWOBJ_EX, 92",
        "FROZENSET, 91",
        "NEXT_BUFFER, 97",
        "READONLY_BUFFER, 98",
        "BYTEARRAY8, 96",
        "BINUNICODE8, 8d",
        "BINBYTES8, 8e",
        "LONG4, 8b",
        "INT, 49",
        "LONG, 4c",
        "FLOAT, 46",
        "STRING, 53",
        "UNICODE, 56",
        "GET, 67",
        "PUT, 70",
        "LIST, 6c",
        "DICT, 64",
        "POP, 30",
        "POP_MARK, 31",
        "DUP, 32",
        "unassigned, ff"
    })
    void refusesInstructionsThatTorchSaveNeverWrites(String name, String hex) {
        assertRefused(
                hex("8002" + hex + "2e"),
                "byte 2: instruction 0x" + hex
                        + " is none that torch.save writes; the pickle is damaged, or made to do harm.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            4b012e           | byte 0: a pickle of protocol 2 or later begins with 0x80, found 0x4b
            80012e           | byte 0: pickle protocols 2 to 5 are read, found 1
            80062e           | byte 0: pickle protocols 2 to 5 are read, found 6
            8002             | byte 2: the pickle ends in the middle: 1 more bytes are needed, 0 are left
            80022e           | byte 2: an instruction needs 1 values, and the stack has 0
            80024b014b022e   | byte 6: the pickle stops with 1 values left over
            8002284b012e     | byte 5: the pickle stops with 0 values left over
            8002742e         | byte 2: an instruction needs a MARK, and there is none
            80024b0128852e   | byte 5: an instruction needs 1 values, and the stack has 0
            80025801000000   | byte 2: the pickle ends in the middle: 1 more bytes are needed, 0 are left
            800258ffffffff2e | byte 2: a string of 4294967295 bytes, and the pickle has 1 left
            80025801000000ff2e | byte 2: a string is not UTF-8
            80028a212e       | byte 2: an integer of 33 bytes; at most 32 are read
            800268072e       | byte 2: memo 7 was never stored
            80026affffffff2e | byte 2: memo 4294967295 was never stored
            80027d5d4b01732e | byte 6: a dict key is a string or an integer, found ArrayList
            80027d284b014b01580100000061 4b01752e | byte 16: a dict has both strings and integers as keys
            80027d284b01752e | byte 6: SETITEMS has a key without a value
            80024b014b014b01732e | byte 8: items are set in something that is not a dict
            80024b014b01612e | byte 6: items are appended to something that is not a list
            8002294b01612e   | byte 5: items are appended to something that is not a list
            80024b014b01622e | byte 6: BUILD needs an object to give a state to
            80024b0129522e   | byte 5: a call needs a class or function and a tuple of arguments
            """)
    void refusesADamagedPickle(String hex, String reason) {
        assertRefused(hex(hex.replace(" ", "")), reason + ".");
    }

    @Test
    void refusesACallOfTheResultOfACall() {
        byte[] pickle = new PickleWriter()
                .global("argparse", "Namespace")
                .emptyTuple()
                .reduce()
                .emptyTuple()
                .reduce()
                .toBytes();

        assertRefused(pickle, "byte 25: a call needs a class or function and a tuple of arguments.");
    }

    @Test
    void refusesAnOrderedDictThatCopiesAList() {
        byte[] pickle = new PickleWriter()
                .global("collections", "OrderedDict")
                .mark()
                .emptyList()
                .tuple()
                .reduce()
                .toBytes();

        assertRefused(pickle, "byte 30: OrderedDict is called with 1 arguments, and must be filled by SETITEMS.");
    }

    @Test
    void refusesAGlobalWithoutEnd() {
        byte[] pickle = ("\u0002c" + "x".repeat(1000)).getBytes(StandardCharsets.ISO_8859_1);
        byte[] whole = new byte[pickle.length + 1];
        whole[0] = (byte) 0x80;
        System.arraycopy(pickle, 0, whole, 1, pickle.length);

        assertRefused(whole, "byte 2: a GLOBAL's name is longer than 255 bytes.");
    }

    /** {@code x = (x, x)} thirty times is a tuple of 2^30 leaves, if anything walks it. */
    @Test
    void tupleOfABillionLeavesCostsNothing() {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.writeBytes(hex("8002" + "4b01"));
        for (int i = 0; i < 200; i++) {
            pickle.writeBytes(hex("7100" + "6800" + "86")); // BINPUT 0, BINGET 0, TUPLE2
        }
        pickle.write('.');

        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> assertThat(read(pickle.toByteArray()))
                .isInstanceOf(PyTuple.class));
    }

    @Test
    void refusesAMillionNestedLists() {
        byte[] pickle = new byte[2_000_000];
        Arrays.fill(pickle, (byte) ']');
        pickle[0] = (byte) 0x80;
        pickle[1] = 2;

        assertRefused(
                pickle,
                "byte 1000000: the pickle has more than 1000000 instructions, a state_dict about 25 for each tensor.");
    }

    /** "Aa" and "BB" have one hash code; so do all strings made of n of them. */
    @Test
    void keysOfOneHashCodeStayFast() {
        PickleWriter pickle = new PickleWriter().emptyDict().mark();
        for (int i = 0; i < 1 << 16; i++) {
            StringBuilder key = new StringBuilder();
            for (int bit = 0; bit < 16; bit++) {
                key.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            pickle.string(key.toString()).none();
        }
        byte[] bytes = pickle.setItems().toBytes();

        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> assertThat((Map<?, ?>) read(bytes))
                .hasSize(1 << 16));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void randomBytesAreReadOrRefused(long seed) {
        Random random = new Random(seed);
        byte[] pickle = new byte[200];
        for (int i = 0; i < 2_000; i++) {
            random.nextBytes(pickle);
            pickle[0] = (byte) 0x80;
            pickle[1] = 2;
            try {
                read(pickle);
            } catch (PickleException e) {
                assertThat(e).hasMessageStartingWith("byte ");
            }
        }
    }

    private static Object read(byte[] pickle) throws PickleException {
        return PickleReader.read(ByteBuffer.wrap(pickle), ALLOWED, "Only these").value();
    }

    private static Object readHex(String hex) throws PickleException {
        return read(hex(hex));
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static void assertRefused(byte[] pickle, String message) {
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> assertThatThrownBy(() -> read(pickle))
                .isInstanceOf(PickleException.class)
                .hasMessage(message));
    }
}
