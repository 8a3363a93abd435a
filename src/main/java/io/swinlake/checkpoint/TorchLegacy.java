package io.swinlake.checkpoint;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.swinlake.pickle.Pickle;
import io.swinlake.pickle.PickleException;
import io.swinlake.pickle.PickleReader;
import io.swinlake.pickle.PyReference;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What torch.save wrote before PyTorch 1.6: five pickles one after the other (magic number, protocol version, the
 * machine, the object, the storages' keys), then for each key the number of elements in 8 bytes, and the elements.
 */
final class TorchLegacy {
    /** PROTO 2, then LONG1 of 10 bytes: how the pickle of the magic number begins. */
    private static final int FIRST_BYTES = 0x0a8a0280;

    private static final BigInteger MAGIC_NUMBER = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long PROTOCOL_VERSION = 1001;

    private final String location;
    private final ByteBuffer file;

    private TorchLegacy(String location, ByteBuffer file) {
        this.location = location;
        this.file = file;
    }

    static boolean looksLikeLegacy(ByteBuffer file) {
        return file.remaining() > Integer.BYTES
                && file.slice().order(ByteOrder.LITTLE_ENDIAN).getInt(0) == FIRST_BYTES;
    }

    static Checkpoint read(String location, ByteBuffer file) {
        return new TorchLegacy(location, file.slice().order(ByteOrder.LITTLE_ENDIAN)).read();
    }

    private Checkpoint read() {
        Object magic = pickle().value();
        Object version = pickle().value();
        if (!magic.equals(MAGIC_NUMBER) || !version.equals(PROTOCOL_VERSION)) {
            throw error("not version %d of the old PyTorch format", PROTOCOL_VERSION);
        }
        if (!(pickle().value() instanceof Map<?, ?> machine) || !Boolean.TRUE.equals(machine.get("little_endian"))) {
            throw error("saved on a big-endian machine, which is not read");
        }
        Pickle object = pickle();
        Map<String, ByteBuffer> storages = storages(ids(object), pickle().value());
        return new Checkpoint(
                location,
                StateDict.tensors(location, object.value(), id -> bytes(storages, id), file.limit()),
                Map.of());
    }

    private Pickle pickle() {
        int start = file.position();
        try {
            return PickleReader.read(file, StateDict.ALLOWED, StateDict.ADVICE);
        } catch (PickleException e) {
            throw new CheckpointException(location + ": pickle at byte " + start + ", " + e.getMessage(), e);
        }
    }

    private Map<String, StorageId> ids(Pickle object) {
        Map<String, StorageId> ids = new HashMap<>();
        for (PyReference reference : object.references()) {
            StorageId id = StorageId.of(location, reference);
            StorageId known = ids.putIfAbsent(id.key(), id);
            if (known != null && !known.equals(id)) {
                throw error("the storage '%s' has two types or sizes", Printable.of(id.key()));
            }
        }
        return ids;
    }

    private Map<String, ByteBuffer> storages(Map<String, StorageId> ids, Object keys) {
        if (!(keys instanceof List<?> list)) {
            throw error("no list of storages behind the object");
        }
        Map<String, ByteBuffer> storages = new HashMap<>();
        for (Object key : list) {
            StorageId id = key instanceof String ? ids.get(key) : null;
            if (id == null || storages.containsKey(id.key())) {
                throw error("its list of storages has one that no tensor uses, or one twice");
            }
            storages.put(id.key(), storage(id));
        }
        if (file.hasRemaining()) {
            throw error("%d bytes behind the last storage; something was appended", file.remaining());
        }
        return storages;
    }

    private ByteBuffer storage(StorageId id) {
        int width = id.dtype().bytes();
        long available = (long) file.remaining() - Long.BYTES;
        if (available < 0 || id.elements() > available / width) {
            throw error(
                    "the storage '%s' of %d elements of %s goes beyond the end; the download is incomplete",
                    Printable.of(id.key()), id.elements(), id.dtype());
        }
        long elements = file.getLong();
        if (elements != id.elements()) {
            throw error(
                    "the storage '%s' has %d elements, its tensors say %d",
                    Printable.of(id.key()), elements, id.elements());
        }
        int bytes = (int) elements * width;
        ByteBuffer data = file.slice(file.position(), bytes).order(ByteOrder.LITTLE_ENDIAN);
        file.position(file.position() + bytes);
        return data;
    }

    private ByteBuffer bytes(Map<String, ByteBuffer> storages, StorageId id) {
        ByteBuffer bytes = storages.get(id.key());
        if (bytes == null) {
            throw error("the storage '%s' is missing", Printable.of(id.key()));
        }
        return bytes;
    }

    @FormatMethod
    private CheckpointException error(@FormatString String message, Object... args) {
        return new CheckpointException("%s: %s.", location, String.format(Locale.ROOT, message, args));
    }
}
