package io.swinlake.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.swinlake.pickle.PickleWriter;
import io.swinlake.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file as torch.save writes it, and every way of bending its zip and its state_dict. */
class TorchZipTest {
    /** Places in {@link TorchFiles#valid}, from its records' ends. */
    private static final int END = 22;

    private static final int LOCATOR64 = END + 20;
    private static final int END64 = LOCATOR64 + 56;
    private static final int LAST_CENTRAL = END64 + 46 + "swin/data/0".length();
    private static final int FIRST_CENTRAL = LAST_CENTRAL + 46 + "swin/data.pkl".length();

    @Test
    void contiguousTensorIsAViewOfTheFile() {
        ByteBuffer file = ByteBuffer.wrap(TorchFiles.valid());
        Tensor weight = Checkpoint.read("x.pth", "x.pth", file).tensors().get("weight");

        assertThat(weight).hasToString("F32 [2, 3]");
        assertThat(weight.toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void stridedTensorIsWrittenOutInCOrder() {
        assertThat(matrix(3, 2, 1, 3).toFloats()).containsExactly(0, 3, 1, 4, 2, 5);
    }

    @Test
    void partOfAStorageIsATensor() {
        assertThat(matrix(2, 2, 3, 1).toFloats()).containsExactly(0, 1, 3, 4);
    }

    @Test
    void axisOfOneElementMayHaveAnyStride() {
        assertThat(matrix(1, 6, Long.MAX_VALUE, 1).toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void tensorWithoutElementsIsRead() {
        assertThat(matrix(0, 3, 3, 1)).hasToString("F32 [0, 3]");
    }

    @Test
    void twoTensorsShareAStorage() {
        PickleWriter pickle = new PickleWriter().emptyDict().mark().string("a");
        TorchFiles.tensor(pickle, 2, 3, 3, 1).string("b");
        TorchFiles.tensor(pickle, 3, 2, 1, 3).setItems();

        Checkpoint checkpoint = read(pickle);

        assertThat(checkpoint.tensors().get("a").toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(checkpoint.tensors().get("b").toFloats()).containsExactly(0, 3, 1, 4, 2, 5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "state_dict"})
    void findsTheStateDictOfATrainingCheckpoint(String key) {
        PickleWriter pickle =
                new PickleWriter().emptyDict().mark().string("epoch").integer(300);
        pickle.string("config").global("yacs.config", "CfgNode").emptyTuple().newObject();
        pickle.mark().string("MODEL").string("swin").setItems(); // items of the CfgNode
        pickle.emptyDict().mark().string("__immutable__").bool(true).setItems().build();
        pickle.string(key).emptyDict().mark().string("weight");
        TorchFiles.tensor(pickle, 2, 3, 3, 1).setItems().setItems();

        assertThat(read(pickle).tensors()).containsOnlyKeys("weight");
    }

    @Test
    void readsAParameter() {
        PickleWriter pickle = new PickleWriter().emptyDict().mark().string("weight");
        pickle.global("torch._utils", "_rebuild_parameter").mark();
        TorchFiles.tensor(pickle, 2, 3, 3, 1).bool(true).none().tuple().reduce().setItems();

        assertThat(read(pickle).tensors().get("weight")).hasToString("F32 [2, 3]");
    }

    @Test
    void refusesATensorBeyondItsStorage() {
        assertRefused(
                withPickle(TorchFiles.stateDict(3, 3, 3, 1)),
                "'weight' is [3, 3] at offset 0, stride [3, 1]: that needs 9 elements, its storage has 6.");
    }

    @Test
    void refusesATensorThatOverflowsByItsStride() {
        assertRefused(
                withPickle(TorchFiles.stateDict(3, 3, Long.MAX_VALUE, 1)),
                "'weight' has size [3, 3] and stride [9223372036854775807, 1], beyond 64 bits.");
    }

    @Test
    void refusesATensorOfMoreElementsThan64BitsCount() {
        assertRefused(
                withPickle(TorchFiles.stateDict(1L << 62, 4, 0, 0)),
                "'weight' has size [4611686018427387904, 4] and stride [0, 0], beyond 64 bits.");
    }

    @Test
    void refusesABombOfOneElementRepeated() {
        assertRefused(
                withPickle(TorchFiles.stateDict(1L << 40, 1L << 20, 0, 0)),
                "'weight' is [1099511627776, 1048576] with stride [0, 0]: written out, the strided tensors would take"
                        + " more bytes than the file; save contiguous tensors.");
    }

    @Test
    void refusesABombOfManyStridedTensors() {
        PickleWriter pickle = new PickleWriter().emptyDict().mark();
        for (int i = 0; i < 1000; i++) {
            TorchFiles.tensor(pickle.string("t" + i), 1000, 10, 0, 0);
        }

        assertRefused(
                withPickle(pickle.setItems().toBytes()),
                "'t3' is [1000, 10] with stride [0, 0]: written out, the strided tensors would take more bytes than the"
                        + " file; save contiguous tensors.");
    }

    @Test
    void refusesANegativeStride() {
        assertRefused(
                withPickle(TorchFiles.stateDict(2, 3, -3, 1)),
                "'weight' has an offset, size, stride or count that is not an integer of 0 to 2^63-1.");
    }

    @Test
    void refusesAPersistentIdOfAnotherForm() {
        PickleWriter pickle = new PickleWriter().emptyDict().mark().string("weight");
        pickle.global("torch._utils", "_rebuild_tensor_v2").mark();
        pickle.string("/etc/passwd").persistentId().integer(0).emptyTuple().emptyTuple();

        assertRefused(
                withPickle(pickle.tuple().reduce().setItems().toBytes()),
                "a persistent id is not of the form ('storage', type, key, device, elements).");
    }

    @Test
    void storageKeyThatIsAPathNamesNoFile() {
        PickleWriter pickle = new PickleWriter().emptyDict().mark().string("weight");
        pickle.global("torch._utils", "_rebuild_tensor_v2").mark();
        pickle.mark().string("storage").global("torch", "FloatStorage").string("../../etc/passwd");
        pickle.string("cpu").integer(6).tuple().persistentId();
        pickle.integer(0).emptyTuple().emptyTuple().tuple().reduce().setItems();

        assertRefused(
                withPickle(pickle.toBytes()), "the storage 'swin/data/../../etc/passwd' is missing from the zip.");
    }

    @Test
    void refusesSomethingOtherThanADict() {
        assertRefused(
                withPickle(new PickleWriter().integer(3).toBytes()),
                "holds something other than a dict. Save it with torch.save(model.state_dict(), ...).");
    }

    @Test
    void refusesADictWithoutTensors() {
        assertRefused(
                withPickle(new PickleWriter().emptyDict().toBytes()),
                "no tensors in it. Expected a dict of tensors, at any depth; it is empty.");
    }

    @Test
    void refusesBytesBehindThePickle() {
        byte[] pickle = TorchFiles.stateDict(2, 3, 3, 1);

        assertRefused(withPickle(Arrays.copyOf(pickle, pickle.length + 5)), "data.pkl has 5 bytes behind its end.");
    }

    @Test
    void refusesTorchScript() {
        assertRefused(
                TorchFiles.zip()
                        .add("swin/data.pkl", new PickleWriter().none().toBytes())
                        .add("swin/constants.pkl", new byte[0])
                        .toBytes(),
                "a TorchScript program, not weights. Programs are not loaded; in Python: model = torch.jit.load(file),"
                        + " then torch.save(model.state_dict(), 'weights.pth').");
    }

    @Test
    void refusesBigEndianStorages() {
        assertRefused(
                TorchFiles.zip()
                        .add("swin/data.pkl", TorchFiles.stateDict(2, 3, 3, 1))
                        .add("swin/byteorder", "big".getBytes(StandardCharsets.US_ASCII))
                        .add("swin/data/0", TorchFiles.floats(6))
                        .toBytes(),
                "saved on a big-endian machine, which is not read.");
    }

    @Test
    void refusesTwoPickles() {
        assertRefused(
                TorchFiles.zip()
                        .add("a/data.pkl", TorchFiles.stateDict(2, 3, 3, 1))
                        .add("b/data.pkl", TorchFiles.stateDict(2, 3, 3, 1))
                        .toBytes(),
                "the zip has two data.pkl.");
    }

    @Test
    void refusesDuplicateEntries() {
        assertRefused(
                TorchFiles.zip()
                        .add("swin/data.pkl", TorchFiles.stateDict(2, 3, 3, 1))
                        .add("swin/data/0", TorchFiles.floats(6))
                        .add("swin/data/0", TorchFiles.floats(6))
                        .toBytes(),
                "two zip entries are named 'swin/data/0'.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/etc/passwd", "swin/../../x", "../x", ".."})
    void refusesEntriesThatPointOutOfTheFolder(String name) {
        assertRefused(
                TorchFiles.zip().add(name, new byte[0]).toBytes(),
                "entry '" + name + "' points out of the archive's folder.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a\0.pkl", "..\\x", "C:x", "a\u202eb", "a\nb"})
    void refusesEntriesWithOddNames(String name) {
        String shown = name.replace('\0', '?').replace('\u202e', '?').replace('\n', '?');
        assertRefused(
                TorchFiles.zip().add(name, new byte[0]).toBytes(),
                "the zip entry at byte " + (92 + name.getBytes(StandardCharsets.UTF_8).length) + " has an odd name: '"
                        + shown + "'.");
    }

    @Test
    void refusesANameThatIsNotUtf8() {
        byte[] file = TorchFiles.valid();
        file[file.length - FIRST_CENTRAL + 46] = (byte) 0xff;

        assertRefused(
                file, "the name of the zip entry at byte " + (file.length - FIRST_CENTRAL + 46) + " is not UTF-8.");
    }

    @Test
    void refusesAnEncryptedEntry() {
        assertRefused(bent(LAST_CENTRAL - 8, 0x0809), "entry 'swin/data/0' is encrypted.");
    }

    @Test
    void refusesUnknownFlags() {
        assertRefused(
                bent(LAST_CENTRAL - 8, 0x0828),
                "entry 'swin/data/0' has the zip flags 0x0828, which torch.save never sets.");
    }

    @Test
    void refusesCompressedEntriesWhateverTheirRatio() {
        assertRefused(
                bent(LAST_CENTRAL - 10, 8),
                "entry 'swin/data/0' is compressed (zip method 8), which torch.save never does; unpack and store it"
                        + " with zip -0.");
    }

    @Test
    void refusesADeflateBomb() throws IOException {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bomb)) {
            zip.putNextEntry(new ZipEntry("swin/data.pkl"));
            zip.write(new byte[10_000_000]);
        }

        assertRefused(
                bomb.toByteArray(),
                "entry 'swin/data.pkl' is compressed (zip method 8), which torch.save never does; unpack and store it"
                        + " with zip -0.");
    }

    @Test
    void refusesASymbolicLink() {
        assertRefused(bent(LAST_CENTRAL - 40, 0xa1ff), "entry 'swin/data/0' is a symbolic link.");
    }

    @Test
    void refusesSizesThatDiffer() {
        assertRefused(bent(LAST_CENTRAL - 20, 23), "entry 'swin/data/0' is stored, yet has sizes 23 and 24.");
    }

    @Test
    void refusesAnEntryThatNeedsZip64() {
        byte[] file = TorchFiles.valid();
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(file.length - LAST_CENTRAL + 20, -1).putInt(file.length - LAST_CENTRAL + 24, -1);

        assertRefused(
                file, "entry 'swin/data/0' claims 4294967295 bytes at byte 223, the file has " + file.length + ".");
    }

    @Test
    void refusesALocalHeaderWithAnotherName() {
        byte[] file = TorchFiles.valid();
        file[30] = 'S';

        assertRefused(file, "entry 'swin/data.pkl': its local header and the zip's directory disagree.");
    }

    @Test
    void refusesALocalHeaderWithAnotherMethod() {
        byte[] file = TorchFiles.valid();
        file[8] = 8;

        assertRefused(file, "entry 'swin/data.pkl': its local header and the zip's directory disagree.");
    }

    @Test
    void refusesALocalHeaderWithAnotherSize() {
        byte[] file = TorchFiles.valid();
        file[18] = 1;

        assertRefused(file, "entry 'swin/data.pkl': its local header and the zip's directory disagree.");
    }

    @Test
    void refusesADataDescriptorThatLies() {
        byte[] file = TorchFiles.valid();
        file[file.length - FIRST_CENTRAL - 4] ^= 1; // the last entry's size

        assertRefused(file, "entry 'swin/data/0': its data descriptor and the zip's directory disagree.");
    }

    @Test
    void refusesAWrongCrc() {
        byte[] file = TorchFiles.valid();
        file[file.length - FIRST_CENTRAL - 17] ^= 1; // the last byte of the storage

        assertThatThrownBy(() -> Checkpoint.read("x.pth", "x.pth", ByteBuffer.wrap(file)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageMatching("x.pth: entry 'swin/data/0' has CRC [0-9a-f]{8}, its directory says [0-9a-f]{8};"
                        + " download or save the file again\\.");
    }

    @Test
    void refusesOverlappingEntries() {
        assertRefused(
                bent(LAST_CENTRAL - 42, 0),
                "entry 'swin/data/0' at byte 0 overlaps the one before it, which ends at 223.");
    }

    @Test
    void refusesAnEntryWithoutLocalHeader() {
        byte[] file = TorchFiles.valid();
        file[223] = 'p';

        assertRefused(file, "entry 'swin/data/0' has no local header at byte 223.");
    }

    @Test
    void refusesJunkBeforeTheZip() {
        byte[] zip = TorchFiles.valid();
        byte[] file = new byte[zip.length + 3];
        System.arraycopy(zip, 0, file, 3, zip.length);

        assertRefused(file, "the file ends as a zip but does not begin as one; something stands before the archive.");
    }

    @Test
    void refusesJunkBehindTheZip() {
        byte[] file = TorchFiles.valid();

        assertRefused(
                Arrays.copyOf(file, file.length + 1),
                "the zip does not end with its directory; the download is incomplete, or something was appended.");
    }

    @Test
    void refusesAComment() {
        assertRefused(bent(END - 20, 1), "the zip has several parts or a comment, which torch.save never writes.");
    }

    @Test
    void refusesCountsThatDiffer() {
        assertRefused(bent(END - 8, 3), "the zip's end record counts 3 and 2 entries.");
    }

    @Test
    void refusesAZip64RecordThatLies() {
        assertRefused(bent(END64 - 24, 3), "the zip's zip64 end record and its end record disagree.");
    }

    @Test
    void refusesMoreEntriesThanTheDirectoryHolds() {
        byte[] file = TorchFiles.valid();
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putShort(file.length - END + 8, (short) -1).putShort(file.length - END + 10, (short) -1);
        bytes.putLong(file.length - END64 + 24, 65535).putLong(file.length - END64 + 32, 65535);

        assertRefused(
                file,
                "the zip's directory of 65535 entries should lie in bytes 304 to 420, but the file has 420 bytes before"
                        + " the end record.");
    }

    @Test
    void refusesADirectoryEntryWithAnotherSignature() {
        assertRefused(bent(LAST_CENTRAL, 0), "the zip's directory is damaged at byte 363, entry 2 of 2.");
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] file = TorchFiles.valid();
        for (int length = 0; length < file.length; length++) {
            ByteBuffer cut = ByteBuffer.wrap(file, 0, length);
            assertThatThrownBy(() -> Checkpoint.read("x.pth", "x.pth", cut)).isInstanceOf(CheckpointException.class);
        }
    }

    @Test
    void everyFlippedBitIsReadOrRefused() {
        byte[] file = TorchFiles.valid();
        for (int bit = 0; bit < 8 * file.length; bit++) {
            byte[] flipped = file.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            try {
                assertThat(Checkpoint.read("x.pth", "x.pth", ByteBuffer.wrap(flipped))
                                .tensors())
                        .hasSize(1);
            } catch (CheckpointException e) {
                assertThat(e).hasMessageStartingWith("x.pth: ");
            }
        }
    }

    private static Tensor matrix(long rows, long columns, long rowStride, long columnStride) {
        byte[] file = withPickle(TorchFiles.stateDict(rows, columns, rowStride, columnStride));
        return Checkpoint.read("x.pth", "x.pth", ByteBuffer.wrap(file))
                .tensors()
                .get("weight");
    }

    private static Checkpoint read(PickleWriter pickle) {
        return Checkpoint.read("x.pth", "x.pth", ByteBuffer.wrap(withPickle(pickle.toBytes())));
    }

    private static byte[] withPickle(byte[] pickle) {
        return TorchFiles.zip()
                .add("swin/data.pkl", pickle)
                .add("swin/data/0", TorchFiles.floats(6))
                .toBytes();
    }

    /** The valid file with two bytes changed, at a place counted from the end. */
    private static byte[] bent(int fromEnd, int value) {
        byte[] file = TorchFiles.valid();
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putShort(file.length - fromEnd, (short) value);
        return file;
    }

    private static void assertRefused(byte[] file, String reason) {
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> assertThatThrownBy(
                        () -> Checkpoint.read("x.pth", "x.pth", ByteBuffer.wrap(file)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("x.pth: " + reason));
    }
}
