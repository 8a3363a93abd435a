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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Python's pickle module writes is read as data; what would run something in Python is a note of it. */
class PickleReaderTest {
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

    /** {@code {(1, None, 'a'): 0, True: 0, ((((0, 0), (0, 0)), ...), ...): 0}}: the last one's text would have 2^60 numbers. */
    @Test
    void aKeyThatIsNoStringIsShownOnlyIfItIsShort() throws PickleException {
        String doubled = "4b00" + "3286".repeat(60); // DUP, TUPLE2

        Map<?, ?> dict =
                (Map<?, ?>) readHex("80027d28" + "4b014e580100000061874b00" + "884b00" + doubled + "4b00" + "752e");

        assertThat(dict.keySet()).map(Object::toString).containsExactly("(1, None, a)", "True", "...");
    }

    @Test
    void readsTheMagicNumberOfTheOldTorchFormat() throws PickleException {
        assertThat(readHex("80028a0a6cfc9c46f9206aa850192e")).isEqualTo(new BigInteger("119547037146038801333356"));
    }

    @Test
    void leavesThePositionBehindThePickle() throws PickleException {
        ByteBuffer two = ByteBuffer.wrap(HexFormat.of().parseHex("80024b012e" + "80024b022e"));

        assertThat(PickleReader.read(two).value()).isEqualTo(1L);
        assertThat(PickleReader.read(two).value()).isEqualTo(2L);
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

        assertThat(object.type()).contains(new PyGlobal("argparse", "Namespace"));
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
        "io.swinlake.cli, Main",
        "collections, OrderedDict.update"
    })
    void aCallIsANoteOfItWhateverIsCalled(String module, String name) throws PickleException {
        PyObject call = (PyObject) read(new PickleWriter()
                .global(module, name)
                .mark()
                .string("touch /tmp/never")
                .tuple()
                .reduce()
                .toBytes());

        assertThat(call.type()).contains(new PyGlobal(module, name));
        assertThat(call.args().items()).containsExactly("touch /tmp/never");
    }

    @Test
    void everyNameThatAPickleUsesIsTold() throws PickleException {
        byte[] pickle =
                new PickleWriter().global("os", "system").emptyTuple().reduce().toBytes();

        assertThat(PickleReader.read(ByteBuffer.wrap(pickle)).globals()).containsExactly(new PyGlobal("os", "system"));
        assertThat(readHex("8004" + "8c026f73" + "8c0673797374656d" + "93" + "2e"))
                .isEqualTo(new PyGlobal("os", "system"));
    }

    @Test
    void refusesStackGlobalOfSomethingOtherThanNames() {
        assertRefused(
                hex("8004" + "4b01" + "4b02" + "93" + "2e"),
                "byte 6: STACK_GLOBAL needs two strings, a module and a name.");
    }

    @Test
    void nameWithControlCharactersIsShownWithoutThem() throws PickleException {
        assertThat(read(new PickleWriter().global("o\u001b[2Js", "x").toBytes()))
                .hasToString("o?[2Js.x");
    }

    /** Instructions that Python has and torch.save does not use: text forms, and ways to values outside the pickle. */
    @ParameterizedTest
    @CsvSource({
        "INST, 69",
        "OBJ, 6f",
        "EXT1, 82",
        "EXT2, 83",
        "EXT4, 84",
        "PERSID, 50",
        "NEXT_BUFFER, 97",
        "READONLY_BUFFER, 98",
        "INT, 49",
        "LONG, 4c",
        "FLOAT, 46",
        "STRING, 53",
        "UNICODE, 56",
        "GET, 67",
        "PUT, 70",
        "LIST, 6c",
        "DICT, 64",
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
            80028b010400002e | byte 2: an integer of 1025 bytes; at most 1024 are read
            800268072e       | byte 2: memo 7 was never stored
            80026affffffff2e | byte 2: memo 4294967295 was never stored
            80027d284b01752e | byte 6: SETITEMS has a key without a value
            80024b014b014b01732e | byte 8: items are set in something that is not a dict
            80024b014b01612e | byte 6: items are appended to something that is not a list
            8002294b01612e   | byte 5: items are appended to something that is not a list
            80024b014b01622e | byte 6: BUILD needs an object to give a state to
            80024b014b01522e | byte 6: a call needs a class or function and a tuple of arguments
            """)
    void refusesADamagedPickle(String hex, String reason) {
        assertRefused(hex(hex.replace(" ", "")), reason + ".");
    }

    @Test
    void aCallOfTheResultOfACallIsANoteToo() throws PickleException {
        PyObject call = (PyObject) read(new PickleWriter()
                .global("argparse", "Namespace")
                .emptyTuple()
                .reduce()
                .emptyTuple()
                .reduce()
                .toBytes());

        assertThat(call.type()).isEmpty();
    }

    /**
     * Made by Python 3.11, protocols 2 and 4, from what training code keeps beside weights: {@code {'a': Counter({30: 1}),
     * 0.5: {1, 2}, (1, 2): frozenset({3}), None: deque([4]), 'p': PurePosixPath('/x'), 'big': 1 << 300, 'b': bytearray(b'z'),
     * 'd': date(2026, 1, 2)}}.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "80027d710028580100000061710163636f6c6c656374696f6e730a436f756e7465720a71027d71034b1e4b0173"
                        + "857104527105473fe0000000000000635f5f6275696c74696e5f5f0a7365740a71065d7107284b014b02658571"
                        + "085271094b014b0286710a635f5f6275696c74696e5f5f0a66726f7a656e7365740a710b5d710c4b036185710d"
                        + "52710e4e63636f6c6c656374696f6e730a64657175650a710f295271104b046158010000007071116370617468"
                        + "6c69620a50757265506f736978506174680a711258010000002f71135801000000787114867115527116580300"
                        + "000062696771178a26000000000000000000000000000000000000000000000000000000000000000000000000"
                        + "00105801000000627118635f5f6275696c74696e5f5f0a6279746561727261790a7119635f636f646563730a65"
                        + "6e636f64650a711a58010000007a711b58060000006c6174696e31711c86711d52711e85711f52712058010000"
                        + "00647121636461746574696d650a646174650a7122681a580500000007c3aa01027123681c8671245271258571"
                        + "26527127752e",
                "800495ff000000000000007d94288c0161948c0b636f6c6c656374696f6e73948c07436f756e7465729493947d"
                        + "944b1e4b017385945294473fe00000000000008f94284b014b02904b014b028694284b0391944e68028c056465"
                        + "7175659493942952944b04618c0170948c07706174686c6962948c0d50757265506f736978506174689493948c"
                        + "012f948c017894869452948c03626967948a260000000000000000000000000000000000000000000000000000"
                        + "0000000000000000000000108c0162948c086275696c74696e73948c0962797465617272617994939443017a94"
                        + "859452948c0164948c086461746574696d65948c0464617465949394430407ea01029485945294752e"
            })
    void whatTrainingCodeKeepsIsReadWhateverItsTypesAndKeys(String hex) throws PickleException {
        Map<?, ?> dict = (Map<?, ?>) readHex(hex);

        assertThat(((PyObject) dict.get("a")).type()).contains(new PyGlobal("collections", "Counter"));
        assertThat(dict.get("big")).isEqualTo(BigInteger.ONE.shiftLeft(300));
        assertThat(dict.keySet().stream().filter(PyKey.class::isInstance).map(key -> ((PyKey) key).value()))
                .containsExactly(0.5, new PyTuple(List.of(1L, 2L)), PyNone.NONE);
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
    void refusesMillionsOfNestedLists() {
        byte[] pickle = new byte[5_000_000];
        Arrays.fill(pickle, (byte) ']');
        pickle[0] = (byte) 0x80;
        pickle[1] = 2;

        assertRefused(
                pickle,
                "byte 4000000: the pickle has more than 4000000 instructions, a state_dict about 25 for each tensor.");
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
        return PickleReader.read(ByteBuffer.wrap(pickle)).value();
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
