package io.swinlake.torchscript;

import io.swinlake.graph.Value;
import io.swinlake.pickle.PickleWriter;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A compiled network: TorchScript source and the tensors it uses. {@link #writeTo} gives the archive that {@code
 * torch::jit::load} reads: a zip of stored entries with the code as text and the tensors as raw storages (libtorch,
 * {@code torch/csrc/jit/serialization}).
 *
 * @param code the module's class in the serialised dialect
 * @param state what {@code __setstate__} is given, in its order
 */
public record TorchScriptModule(String code, List<Tensor> state) {
    /** Folder of all entries inside the zip; libtorch takes any name. */
    private static final String ROOT = "swin/";

    public TorchScriptModule {
        state = List.copyOf(state);
    }

    /**
     * Compiles a network.
     *
     * @param outputs what {@code forward} returns, in this order, as a tuple of float32 tensors
     */
    public static TorchScriptModule compile(List<Value> outputs, Lowering lowering) {
        return new Program(lowering).compile(outputs);
    }

    /** Bytes of all tensors; the archive is larger by the code and some hundred bytes per tensor. */
    public long stateBytes() {
        return state.stream().mapToLong(tensor -> tensor.data().remaining()).sum();
    }

    /** Writes the archive; does not close the stream. */
    public void writeTo(OutputStream stream) throws IOException {
        ZipOutputStream zip = new ZipOutputStream(stream);
        zip.setMethod(ZipOutputStream.STORED);
        writeEntry(zip, "version", ByteBuffer.wrap("3\n".getBytes(StandardCharsets.UTF_8)));
        writeEntry(zip, "data.pkl", ByteBuffer.wrap(dataPickle()));
        writeEntry(
                zip,
                "constants.pkl",
                ByteBuffer.wrap(new PickleWriter().emptyTuple().toBytes()));
        writeEntry(zip, "code/__torch__.py", ByteBuffer.wrap(code.getBytes(StandardCharsets.UTF_8)));
        for (int i = 0; i < state.size(); i++) {
            writeEntry(zip, "data/" + i, state.get(i).data());
        }
        zip.finish();
    }

    private static void writeEntry(ZipOutputStream zip, String name, ByteBuffer content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content.duplicate());
        ZipEntry entry = new ZipEntry(ROOT + name);
        entry.setTime(0); // equal networks give equal archives
        entry.setSize(content.remaining());
        entry.setCompressedSize(content.remaining());
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        byte[] chunk = new byte[1 << 16];
        while (content.hasRemaining()) {
            int count = Math.min(chunk.length, content.remaining());
            content.get(chunk, 0, count);
            zip.write(chunk, 0, count);
        }
        zip.closeEntry();
    }

    /** The module object, whose state is a list of tensors. */
    private byte[] dataPickle() {
        PickleWriter pickle = new PickleWriter()
                .global("__torch__", Program.CLASS_NAME)
                .emptyTuple()
                .newObject()
                .global("torch.jit._pickle", "build_tensorlist")
                .mark()
                .emptyList()
                .mark();
        for (int i = 0; i < state.size(); i++) {
            writeTensor(pickle, Integer.toString(i), state.get(i));
        }
        return pickle.appends().tuple().reduce().build().toBytes();
    }

    private static void writeTensor(PickleWriter pickle, String key, Tensor tensor) {
        long[] sizes = tensor.shape().dims();
        pickle.global("torch._utils", "_rebuild_tensor_v2")
                .mark()
                .mark()
                .string("storage")
                .global("torch", storage(tensor.dtype()))
                .string(key)
                .string("cpu")
                .integer(tensor.shape().elements())
                .tuple()
                .persistentId()
                .integer(0); // offset
        pickle.mark();
        for (long size : sizes) {
            pickle.integer(size);
        }
        pickle.tuple().mark();
        long stride = tensor.shape().elements();
        for (long size : sizes) {
            stride /= size;
            pickle.integer(stride);
        }
        pickle.tuple()
                .bool(false) // requires_grad
                .global("collections", "OrderedDict")
                .emptyTuple()
                .reduce()
                .tuple()
                .reduce();
    }

    private static String storage(DType dtype) {
        return switch (dtype) {
            case F32 -> "FloatStorage";
            case BF16 -> "BFloat16Storage";
            case F16 -> "HalfStorage";
            case I64 -> "LongStorage";
            default -> throw new IllegalArgumentException("no constant of a network is " + dtype);
        };
    }
}
