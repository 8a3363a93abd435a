package io.swinlake.checkpoint;

import io.swinlake.pickle.PickleWriter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/** Writes zip files byte for byte as torch.save does, so that tests can then bend them. */
final class TorchFiles {
    private final ByteArrayOutputStream locals = new ByteArrayOutputStream();
    private final List<byte[]> central = new ArrayList<>();

    /** A file of one tensor: {@code weight}, F32 [2, 3] of 0 to 5. */
    static byte[] valid() {
        return zip().add("swin/data.pkl", stateDict(2, 3, 3, 1))
                .add("swin/data/0", floats(6))
                .toBytes();
    }

    static TorchFiles zip() {
        return new TorchFiles();
    }

    /** The pickle of {@code {'weight': tensor}} with a storage of 6 floats. */
    static byte[] stateDict(long rows, long columns, long rowStride, long columnStride) {
        PickleWriter pickle = new PickleWriter().emptyDict().mark().string("weight");
        return tensor(pickle, rows, columns, rowStride, columnStride).setItems().toBytes();
    }

    /** Pushes a matrix in the storage '0' of 6 floats. */
    static PickleWriter tensor(PickleWriter pickle, long rows, long columns, long rowStride, long columnStride) {
        storage(pickle.global("torch._utils", "_rebuild_tensor_v2").mark());
        pickle.integer(0); // offset
        pickle.mark().integer(rows).integer(columns).tuple();
        pickle.mark().integer(rowStride).integer(columnStride).tuple();
        return pickle.bool(false)
                .global("collections", "OrderedDict")
                .emptyTuple()
                .reduce()
                .tuple()
                .reduce();
    }

    static PickleWriter storage(PickleWriter pickle) {
        return pickle.mark()
                .string("storage")
                .global("torch", "FloatStorage")
                .string("0")
                .string("cpu")
                .integer(6)
                .tuple()
                .persistentId();
    }

    static byte[] floats(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putFloat(i);
        }
        return bytes.array();
    }

    TorchFiles add(String name, byte[] data) {
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        CRC32 crc = new CRC32();
        crc.update(data);
        int offset = locals.size();
        ByteBuffer local =
                ByteBuffer.allocate(30 + nameBytes.length + data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        local.putInt(0x04034b50).putShort((short) 0).putShort((short) 0x0808).putShort((short) 0);
        local.putInt(0).putInt(0).putInt(0).putInt(0); // time, and what only the descriptor knows: CRC and sizes
        local.putShort((short) nameBytes.length)
                .putShort((short) 0)
                .put(nameBytes)
                .put(data);
        local.putInt(0x08074b50)
                .putInt((int) crc.getValue())
                .putInt(data.length)
                .putInt(data.length);
        locals.writeBytes(local.array());
        ByteBuffer entry = ByteBuffer.allocate(46 + nameBytes.length).order(ByteOrder.LITTLE_ENDIAN);
        entry.putInt(0x02014b50)
                .putInt(0)
                .putShort((short) 0x0808)
                .putShort((short) 0)
                .putInt(0);
        entry.putInt((int) crc.getValue()).putInt(data.length).putInt(data.length);
        entry.putShort((short) nameBytes.length).putInt(0).putInt(0).putInt(0).putInt(offset);
        entry.put(nameBytes);
        central.add(entry.array());
        return this;
    }

    byte[] toBytes() {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(locals.toByteArray());
        central.forEach(file::writeBytes);
        int start = locals.size();
        int end = file.size();
        ByteBuffer records = ByteBuffer.allocate(56 + 20 + 22).order(ByteOrder.LITTLE_ENDIAN);
        records.putInt(0x06064b50)
                .putLong(44)
                .putShort((short) 0)
                .putShort((short) 0)
                .putInt(0)
                .putInt(0);
        records.putLong(central.size())
                .putLong(central.size())
                .putLong(end - start)
                .putLong(start);
        records.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
        records.putInt(0x06054b50).putShort((short) 0).putShort((short) 0);
        records.putShort((short) central.size()).putShort((short) central.size());
        records.putInt(end - start).putInt(start).putShort((short) 0);
        file.writeBytes(records.array());
        return file.toByteArray();
    }
}
