package io.swinlake.pickle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The bytes were checked with Python 3.11: {@code pickletools.dis} names these instructions. */
class PickleWriterTest {
    @Test
    void writesAnObjectWithItsState() {
        byte[] pickle = new PickleWriter()
                .global("__torch__", "Swin")
                .emptyTuple()
                .newObject()
                .emptyDict()
                .mark()
                .string("training")
                .bool(false)
                .setItems()
                .build()
                .toBytes();

        assertThat(HexFormat.of().formatHex(pickle))
                .isEqualTo(
                        "8002" // PROTO 2
                                + "635f5f746f7263685f5f0a5377696e0a" // GLOBAL '__torch__ Swin'
                                + "2981" // EMPTY_TUPLE, NEWOBJ
                                + "7d28" // EMPTY_DICT, MARK
                                + "5808000000747261696e696e67" // BINUNICODE 'training'
                                + "897562" // NEWFALSE, SETITEMS, BUILD
                                + "2e"); // STOP
    }

    @Test
    void writesEveryNumber() {
        byte[] pickle = new PickleWriter()
                .mark()
                .integer(-2)
                .integer(1L << 31)
                .integer(Long.MIN_VALUE)
                .real(1.5)
                .tuple()
                .toBytes();

        assertThat(HexFormat.of().formatHex(pickle))
                .isEqualTo("8002" + "28"
                        + "4afeffffff" // BININT -2
                        + "8a080000008000000000" // LONG1 2147483648
                        + "8a080000000000000080" // LONG1 -9223372036854775808
                        + "473ff8000000000000" // BINFLOAT 1.5
                        + "742e"); // TUPLE, STOP
    }

    @Test
    void writesListsNoneTrueAndPersistentIds() {
        byte[] pickle = new PickleWriter()
                .emptyList()
                .mark()
                .none()
                .bool(true)
                .string("ü")
                .persistentId()
                .global("m", "f")
                .emptyTuple()
                .reduce()
                .appends()
                .toBytes();

        assertThat(HexFormat.of().formatHex(pickle))
                .isEqualTo("8002" + "5d28" + "4e88" + "5802000000c3bc" + "51" + "636d0a660a" + "2952" + "652e");
    }
}
