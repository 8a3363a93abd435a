package io.swinlake.torchscript;

import io.swinlake.graph.Value;
import io.swinlake.pickle.PickleWriter;
import io.swinlake.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A compiled network: TorchScript source and the tensors it is given when it is loaded. {@link #archive} is what {@code
 * torch::jit::load} reads: a zip of stored entries with the code as text (libtorch, {@code torch/csrc/jit/serialization}).
 * After it the module's method {@code set0} wants the first list of the state, {@code set1} the second, and so on, and then
 * {@code finish} nothing. They copy what they are given: in an archive the tensors would stand in memory several times before
 * they are in the type and the order that they are needed in.
 *
 * @param code the module's class in the serialised dialect
 * @param state tensors as the checkpoint has them, which the code converts, in lists of 16 MB, or of one tensor that is larger
 */
public record TorchScriptModule(String code, List<List<Tensor>> state) {
    /** Folder of all entries inside the zip; libtorch takes any name. */
    private static final String ROOT = "swin/";

    public TorchScriptModule {
        state = state.stream().map(List::copyOf).toList();
    }

    /**
     * Compiles a network.
     *
     * @param outputs what {@code forward} returns, in this order, as a tuple of float32 tensors
     */
    public static TorchScriptModule compile(List<Value> outputs, Lowering lowering) {
        return Program.compile(outputs, lowering);
    }

    /** The archive: the code, and an object without state. */
    public byte[] archive() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(ZipOutputStream.STORED);
            writeEntry(zip, "version", "3\n".getBytes(StandardCharsets.UTF_8));
            writeEntry(zip, "data.pkl", dataPickle());
            writeEntry(zip, "constants.pkl", new PickleWriter().emptyTuple().toBytes());
            writeEntry(zip, "code/__torch__.py", code.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory has none
        }
        return bytes.toByteArray();
    }

    private static void writeEntry(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(ROOT + name);
        entry.setTime(0); // equal networks give equal archives
        entry.setSize(content.length);
        entry.setCompressedSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    /** The module object; {@code __setstate__} is given a number. */
    private static byte[] dataPickle() {
        return new PickleWriter()
                .global("__torch__", Syntax.CLASS_NAME)
                .emptyTuple()
                .newObject()
                .integer(0)
                .build()
                .toBytes();
    }
}
