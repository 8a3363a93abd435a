package io.swinlake.checkpoint;

import io.swinlake.pickle.PickleWriter;
import io.swinlake.pickle.PyGlobal;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/** Writes zip files byte for byte as torch.save does, so that tests can then bend them. */
public final class TorchFiles {
    private static final Map<DType, String> STORAGES = Map.of(
            DType.F64, "DoubleStorage",
            DType.F32, "FloatStorage",
            DType.F16, "HalfStorage",
            DType.BF16, "BFloat16Storage",
            DType.I64, "LongStorage");

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

    /**
     * What torch.save writes for Python's values: {@link Map} for a dict, {@link List} for a list, {@link Tensor} and
     * {@link PyGlobal}, texts and whole numbers, true and false.
     */
    public static byte[] save(Object value) {
        TorchFiles zip = zip();
        Map<String, byte[]> storages = new LinkedHashMap<>();
        PickleWriter pickle = new PickleWriter();
        push(pickle, value, storages);
        zip.add("x/data.pkl", pickle.toBytes());
        storages.forEach((key, bytes) -> zip.add("x/data/" + key, bytes));
        return zip.toBytes();
    }

    /**
     * As {@link #save}, for dicts of tensors of zeros: of a storage the file has the place, but no bytes on disk.
     *
     * @return length of the file
     */
    public static long saveZeros(Path file, Map<String, Map<String, Shape>> dicts) throws IOException {
        List<Long> storages = new ArrayList<>();
        PickleWriter pickle = new PickleWriter().emptyDict().mark();
        dicts.forEach((name, dict) -> {
            pickle.string(name).emptyDict().mark();
            dict.forEach((tensor, shape) -> {
                rebuild(pickle.string(tensor), DType.F32, shape, Integer.toString(storages.size()));
                storages.add(shape.elements() * Float.BYTES);
            });
            pickle.setItems();
        });
        TorchFiles zip = zip();
        zip.add("x/data.pkl", pickle.setItems().toBytes());
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            out.write(ByteBuffer.wrap(zip.locals.toByteArray()));
            for (int key = 0; key < storages.size(); key++) {
                long offset = out.position();
                long bytes = storages.get(key);
                byte[] name = ("x/data/" + key).getBytes(StandardCharsets.UTF_8);
                int crc = crcOfZeros(bytes);
                out.write(local(name));
                out.position(out.position() + bytes);
                out.write(descriptor(crc, bytes));
                zip.central.add(entry(name, crc, bytes, offset));
            }
            long start = out.position();
            for (byte[] entry : zip.central) {
                out.write(ByteBuffer.wrap(entry));
            }
            out.write(end(zip.central.size(), start, out.position()));
            return out.position();
        }
    }

    private static int crcOfZeros(long count) {
        CRC32 crc = new CRC32();
        byte[] zeros = new byte[1 << 20];
        for (long left = count; left > 0; left -= zeros.length) {
            crc.update(zeros, 0, (int) Math.min(zeros.length, left));
        }
        return (int) crc.getValue();
    }

    private static void push(PickleWriter pickle, Object value, Map<String, byte[]> storages) {
        if (value instanceof Map<?, ?> dict) {
            pickle.emptyDict().mark();
            dict.forEach((key, item) -> {
                push(pickle, key, storages);
                push(pickle, item, storages);
            });
            pickle.setItems();
        } else if (value instanceof List<?> list) {
            pickle.emptyList().mark();
            list.forEach(item -> push(pickle, item, storages));
            pickle.appends();
        } else if (value instanceof Tensor tensor) {
            push(pickle, tensor, storages);
        } else if (value instanceof PyGlobal type) { // an instance of it, without a state
            pickle.global(type.module(), type.name()).emptyTuple().newObject();
        } else if (value instanceof String text) {
            pickle.string(text);
        } else if (value instanceof Boolean flag) {
            pickle.bool(flag);
        } else {
            pickle.integer(((Number) value).longValue());
        }
    }

    private static void push(PickleWriter pickle, Tensor tensor, Map<String, byte[]> storages) {
        String key = Integer.toString(storages.size());
        byte[] bytes = new byte[tensor.data().remaining()];
        tensor.data().get(bytes);
        storages.put(key, bytes);
        rebuild(pickle, tensor.dtype(), tensor.shape(), key);
    }

    private static void rebuild(PickleWriter pickle, DType dtype, Shape shape, String key) {
        pickle.global("torch._utils", "_rebuild_tensor_v2").mark();
        pickle.mark().string("storage").global("torch", STORAGES.get(dtype)).string(key);
        pickle.string("cpu").integer(shape.elements()).tuple().persistentId();
        pickle.integer(0).mark();
        for (int axis = 0; axis < shape.rank(); axis++) {
            pickle.integer(shape.dim(axis));
        }
        pickle.tuple().mark();
        for (int axis = 0; axis < shape.rank(); axis++) {
            long stride = 1;
            for (int inner = axis + 1; inner < shape.rank(); inner++) {
                stride *= shape.dim(inner);
            }
            pickle.integer(stride);
        }
        pickle.tuple()
                .bool(false)
                .global("collections", "OrderedDict")
                .emptyTuple()
                .reduce();
        pickle.tuple().reduce();
    }

    /** A file of before PyTorch 1.6: an object and its one storage of floats. */
    static byte[] legacy(byte[] object, String key, int elements) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e"));
        file.writeBytes(new PickleWriter().integer(1001).toBytes());
        file.writeBytes(new PickleWriter()
                .emptyDict()
                .mark()
                .string("little_endian")
                .bool(true)
                .setItems()
                .toBytes());
        file.writeBytes(object);
        file.writeBytes(
                new PickleWriter().emptyList().mark().string(key).appends().toBytes());
        file.writeBytes(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(elements)
                .array());
        file.writeBytes(floats(elements));
        return file.toByteArray();
    }

    TorchFiles add(String name, byte[] data) {
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        CRC32 crc = new CRC32();
        crc.update(data);
        central.add(entry(nameBytes, (int) crc.getValue(), data.length, locals.size()));
        locals.writeBytes(local(nameBytes).array());
        locals.writeBytes(data);
        locals.writeBytes(descriptor((int) crc.getValue(), data.length).array());
        return this;
    }

    private static ByteBuffer local(byte[] name) {
        ByteBuffer local = ByteBuffer.allocate(30 + name.length).order(ByteOrder.LITTLE_ENDIAN);
        local.putInt(0x04034b50).putShort((short) 0).putShort((short) 0x0808).putShort((short) 0);
        local.putInt(0).putInt(0).putInt(0).putInt(0); // time, and what only the descriptor knows: CRC and sizes
        return local.putShort((short) name.length).putShort((short) 0).put(name).flip();
    }

    private static ByteBuffer descriptor(int crc, long bytes) {
        ByteBuffer descriptor = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        return descriptor
                .putInt(0x08074b50)
                .putInt(crc)
                .putInt((int) bytes)
                .putInt((int) bytes)
                .flip();
    }

    private static byte[] entry(byte[] name, int crc, long bytes, long offset) {
        ByteBuffer entry = ByteBuffer.allocate(46 + name.length).order(ByteOrder.LITTLE_ENDIAN);
        entry.putInt(0x02014b50)
                .putInt(0)
                .putShort((short) 0x0808)
                .putShort((short) 0)
                .putInt(0);
        entry.putInt(crc).putInt((int) bytes).putInt((int) bytes);
        entry.putShort((short) name.length).putInt(0).putInt(0).putInt(0).putInt((int) offset);
        return entry.put(name).array();
    }

    private static ByteBuffer end(int entries, long start, long end) {
        ByteBuffer records = ByteBuffer.allocate(56 + 20 + 22).order(ByteOrder.LITTLE_ENDIAN);
        records.putInt(0x06064b50)
                .putLong(44)
                .putShort((short) 0)
                .putShort((short) 0)
                .putInt(0)
                .putInt(0);
        records.putLong(entries).putLong(entries).putLong(end - start).putLong(start);
        records.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
        records.putInt(0x06054b50).putShort((short) 0).putShort((short) 0);
        records.putShort((short) entries).putShort((short) entries);
        return records.putInt((int) (end - start))
                .putInt((int) start)
                .putShort((short) 0)
                .flip();
    }

    byte[] toBytes() {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(locals.toByteArray());
        central.forEach(file::writeBytes);
        file.writeBytes(end(central.size(), locals.size(), file.size()).array());
        return file.toByteArray();
    }
}
