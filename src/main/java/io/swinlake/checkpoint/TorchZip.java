package io.swinlake.checkpoint;

import io.swinlake.pickle.PickleException;
import io.swinlake.pickle.PickleReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * What torch.save writes since PyTorch 1.6: a zip with one folder that holds {@code data.pkl}, the object as a pickle
 * of protocol 2, and {@code data/KEY}, the bytes of each storage.
 */
final class TorchZip implements StateDict.Storages {
    private static final int MAX_PICKLE_BYTES = 64 << 20;

    private final String location;
    private final ZipDirectory zip;
    private final String folder;
    private final Map<String, ByteBuffer> storages = new HashMap<>();

    private TorchZip(String location, ZipDirectory zip) {
        this.location = location;
        this.zip = zip;
        this.folder = folder();
    }

    static Checkpoint read(String location, ByteBuffer file) {
        return new TorchZip(location, ZipDirectory.read(location, file)).read(file.remaining());
    }

    private Checkpoint read(int fileBytes) {
        if (zip.names().contains(folder + "constants.pkl")) {
            throw new CheckpointException(
                    "%s: a TorchScript program, not a state_dict. Programs are not loaded; save the weights with"
                            + " torch.save(model.state_dict(), ...).",
                    location);
        }
        String byteOrder = folder + "byteorder";
        if (zip.names().contains(byteOrder)
                && !StandardCharsets.US_ASCII
                        .decode(zip.data(byteOrder))
                        .toString()
                        .equals("little")) {
            throw new CheckpointException("%s: saved on a big-endian machine, which is not read.", location);
        }
        ByteBuffer pickle = zip.data(folder + "data.pkl");
        if (pickle.remaining() > MAX_PICKLE_BYTES) {
            throw new CheckpointException(
                    "%s: data.pkl has %d bytes, at most %d are read. Save only the state_dict.",
                    location, pickle.remaining(), MAX_PICKLE_BYTES);
        }
        Object root;
        try {
            root = PickleReader.read(pickle, StateDict.ALLOWED, StateDict.ADVICE)
                    .value();
        } catch (PickleException e) {
            throw new CheckpointException(location + ": data.pkl, " + e.getMessage(), e);
        }
        if (pickle.hasRemaining()) {
            throw new CheckpointException("%s: data.pkl has %d bytes behind its end.", location, pickle.remaining());
        }
        return new Checkpoint(location, StateDict.tensors(location, root, this, fileBytes), Map.of());
    }

    /** The folder that holds everything, with its slash; torch.save names it after the file. */
    private String folder() {
        String found = null;
        for (String name : zip.names()) {
            if (name.endsWith("/data.pkl") && name.indexOf('/') == name.lastIndexOf('/')) {
                if (found != null) {
                    throw new CheckpointException("%s: the zip has two data.pkl.", location);
                }
                found = name.substring(0, name.indexOf('/') + 1);
            }
        }
        if (found == null) {
            throw new CheckpointException(
                    "%s: a zip without data.pkl, so not saved by torch.save. Unpack it and name the weights inside.",
                    location);
        }
        return found;
    }

    @Override
    public ByteBuffer bytes(StorageId id) {
        String name = folder + "data/" + id.key();
        if (!zip.names().contains(name)) {
            throw new CheckpointException(
                    "%s: the storage '%s' is missing from the zip.", location, Printable.of(name));
        }
        ByteBuffer bytes = storages.computeIfAbsent(name, zip::data);
        int width = id.dtype().bytes();
        if (bytes.remaining() / width != id.elements() || bytes.remaining() % width != 0) {
            throw new CheckpointException(
                    "%s: the storage '%s' has %d bytes, data.pkl says %d elements of %s.",
                    location, name, bytes.remaining(), id.elements(), id.dtype());
        }
        return bytes;
    }
}
