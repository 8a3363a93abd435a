package io.swinlake.checkpoint;

import io.swinlake.pickle.Pickle;
import io.swinlake.pickle.PickleException;
import io.swinlake.pickle.PickleReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What torch.save writes since PyTorch 1.6: a zip with one folder that holds {@code data.pkl}, the object as a pickle
 * of protocol 2, and {@code data/KEY}, the bytes of each storage.
 */
final class TorchZip implements StateDict.Storages {
    private static final int MAX_PICKLE_BYTES = 64 << 20;

    private final String location;
    private final ZipDirectory zip;
    private final String folder;

    private TorchZip(String location, ZipDirectory zip) {
        this.location = location;
        this.zip = zip;
        this.folder = folder();
    }

    static Checkpoint read(String location, RangedFile file, WeightsChoice choice) throws IOException {
        return new TorchZip(location, ZipDirectory.read(location, file)).read(file.length(), choice);
    }

    private Checkpoint read(long fileBytes, WeightsChoice choice) throws IOException {
        String byteOrder = folder + "byteorder";
        if (zip.names().contains(byteOrder)
                && !StandardCharsets.US_ASCII
                        .decode(zip.data(byteOrder))
                        .toString()
                        .equals("little")) {
            throw new CheckpointException("%s: saved on a big-endian machine, which is not read.", location);
        }
        String pickleName = folder + "data.pkl";
        if (zip.size(pickleName) > MAX_PICKLE_BYTES) {
            throw new CheckpointException(
                    "%s: data.pkl has %d bytes, at most %d are read. Save only the state_dict.",
                    location, zip.size(pickleName), MAX_PICKLE_BYTES);
        }
        ByteBuffer bytes = zip.data(pickleName);
        Pickle pickle;
        try {
            pickle = PickleReader.read(bytes);
        } catch (PickleException e) {
            throw new CheckpointException(location + ": data.pkl, " + e.getMessage(), e);
        }
        if (bytes.hasRemaining()) {
            throw new CheckpointException("%s: data.pkl has %d bytes behind its end.", location, bytes.remaining());
        }
        return StateDict.read(location, pickle, this, fileBytes, choice);
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
    public Map<PickledTensor.StorageId, ByteBuffer> read(Set<PickledTensor.StorageId> ids) throws IOException {
        Map<PickledTensor.StorageId, String> names = new HashMap<>();
        for (PickledTensor.StorageId id : ids) {
            String name = folder + "data/" + id.key();
            if (!zip.names().contains(name)) {
                throw new CheckpointException(
                        "%s: the storage '%s' is missing from the zip.", location, Printable.of(name));
            }
            long bytes = zip.size(name);
            if (bytes / id.width() != id.elements() || bytes % id.width() != 0) {
                throw new CheckpointException(
                        "%s: the storage '%s' has %d bytes, data.pkl says %d elements of %s.",
                        location, name, bytes, id.elements(), id.typeName());
            }
            names.put(id, name);
        }
        Map<String, ByteBuffer> data = zip.data(names.values());
        Map<PickledTensor.StorageId, ByteBuffer> read = new HashMap<>();
        names.forEach((id, name) -> read.put(id, data.get(name)));
        return read;
    }
}
