package io.swinlake.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.pickle.PickleWriter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The format before PyTorch 1.6, bent in every place where its parts depend on each other. */
class TorchLegacyTest {
    private static final byte[] MAGIC = HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e");
    private static final byte[] VERSION = new PickleWriter().integer(1001).toBytes();
    private static final byte[] MACHINE = machine(true);
    private static final byte[] OBJECT = TorchFiles.stateDict(3, 2, 1, 3);
    private static final byte[] STORAGE = storage(6);

    @Test
    void readsAStridedTensor() {
        byte[] file = join(MAGIC, VERSION, MACHINE, OBJECT, keys("0"), STORAGE);

        assertThat(read(file).tensors().get("weight").toFloats()).containsExactly(0, 3, 1, 4, 2, 5);
    }

    @Test
    void refusesAnotherVersion() {
        assertRefused(
                join(MAGIC, new PickleWriter().integer(1000).toBytes()), "not version 1001 of the old PyTorch format.");
    }

    @Test
    void refusesABigEndianMachine() {
        assertRefused(join(MAGIC, VERSION, machine(false)), "saved on a big-endian machine, which is not read.");
    }

    @Test
    void refusesAFileThatWouldHarmAPythonUser() {
        byte[] object = new PickleWriter().global("os", "system").toBytes();

        assertRefused(
                join(MAGIC, VERSION, MACHINE, object),
                "asks Python to call os.system, which no weights need: treat this file as hostile, and do not load it"
                        + " with torch.load.");
    }

    @Test
    void refusesAMissingListOfStorages() {
        assertRefused(join(MAGIC, VERSION, MACHINE, OBJECT, VERSION), "no list of storages behind the object.");
    }

    @Test
    void refusesAStorageThatNoTensorUses() {
        assertRefused(
                join(MAGIC, VERSION, MACHINE, OBJECT, keys("1"), STORAGE),
                "its list of storages has one that no tensor uses, or one twice.");
    }

    @Test
    void refusesAStorageThatIsListedTwice() {
        assertRefused(
                join(MAGIC, VERSION, MACHINE, OBJECT, keys("0", "0"), STORAGE, STORAGE),
                "its list of storages has one that no tensor uses, or one twice.");
    }

    @Test
    void refusesAMissingStorage() {
        assertRefused(join(MAGIC, VERSION, MACHINE, OBJECT, keys()), "the storage '0' is missing.");
    }

    @Test
    void refusesAStorageOfAnotherSize() {
        byte[] lying = storage(6);
        lying[0] = 7;

        assertRefused(
                join(MAGIC, VERSION, MACHINE, OBJECT, keys("0"), lying),
                "the storage '0' has 7 elements, its tensors say 6.");
    }

    @Test
    void refusesAStorageBeyondTheEnd() {
        byte[] file = join(MAGIC, VERSION, MACHINE, OBJECT, keys("0"), STORAGE);

        assertRefused(
                Arrays.copyOf(file, file.length - 1),
                "the storage '0' of 6 elements of F32 goes beyond the end; the download is incomplete.");
    }

    @Test
    void refusesBytesBehindTheLastStorage() {
        byte[] file = join(MAGIC, VERSION, MACHINE, OBJECT, keys("0"), STORAGE);

        assertRefused(Arrays.copyOf(file, file.length + 3), "3 bytes behind the last storage; something was appended.");
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] file = join(MAGIC, VERSION, MACHINE, OBJECT, keys("0"), STORAGE);
        for (int length = 0; length < file.length; length++) {
            ByteBuffer cut = ByteBuffer.wrap(file, 0, length);
            assertThatThrownBy(() -> Checkpoint.read("x.pth", "x.pth", cut)).isInstanceOf(CheckpointException.class);
        }
    }

    private static byte[] machine(boolean littleEndian) {
        return new PickleWriter()
                .emptyDict()
                .mark()
                .string("little_endian")
                .bool(littleEndian)
                .setItems()
                .toBytes();
    }

    private static byte[] keys(String... keys) {
        PickleWriter pickle = new PickleWriter().emptyList().mark();
        for (String key : keys) {
            pickle.string(key);
        }
        return pickle.appends().toBytes();
    }

    private static byte[] storage(int elements) {
        ByteBuffer bytes = ByteBuffer.allocate(8 + 4 * elements).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(elements).put(TorchFiles.floats(elements));
        return bytes.array();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            file.writeBytes(part);
        }
        return file.toByteArray();
    }

    private static Checkpoint read(byte[] file) {
        return Checkpoint.read("x.pth", "x.pth", ByteBuffer.wrap(file));
    }

    private static void assertRefused(byte[] file, String reason) {
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("x.pth: " + reason);
    }
}
