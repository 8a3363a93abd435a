package io.swinlake.checkpoint;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.swinlake.pickle.Pickle;
import io.swinlake.pickle.PickleException;
import io.swinlake.pickle.PickleReader;
import io.swinlake.pickle.PyReference;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What torch.save wrote before PyTorch 1.6: five pickles one after the other (magic number, protocol version, the
 * machine, the object, the storages' keys), then for each key the number of elements in 8 bytes, and the elements.
 */
final class TorchLegacy implements StateDict.Storages {
    /** What the pickle of the magic number, of any protocol, has in its first bytes. */
    private static final byte[] MAGIC_BYTES = HexFormat.of().parseHex("6cfc9c46f9206aa85019");

    private static final int HEAD_BYTES = 64;

    /** The pickles stand before all storages, so this much of the file has them. */
    private static final int MAX_PICKLE_BYTES = 64 << 20;

    private static final BigInteger MAGIC_NUMBER = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long PROTOCOL_VERSION = 1001;

    private final String location;
    private final RangedFile file;
    private final ByteBuffer pickles;
    private final Map<PickledTensor.StorageId, Long> places = new HashMap<>();

    private TorchLegacy(String location, RangedFile file, ByteBuffer pickles) {
        this.location = location;
        this.file = file;
        this.pickles = pickles;
    }

    static boolean looksLikeLegacy(RangedFile file) throws IOException {
        byte[] head = new byte[(int) Math.min(HEAD_BYTES, file.length())];
        file.read(0, head.length).get(head);
        return head.length > 2
                && head[0] == (byte) 0x80
                && new String(head, StandardCharsets.ISO_8859_1)
                        .contains(new String(MAGIC_BYTES, StandardCharsets.ISO_8859_1));
    }

    static Checkpoint read(String location, RangedFile file, WeightsChoice choice) throws IOException {
        ByteBuffer pickles = file.read(0, (int) Math.min(file.length(), MAX_PICKLE_BYTES));
        return new TorchLegacy(location, file, pickles.slice().order(ByteOrder.LITTLE_ENDIAN)).read(choice);
    }

    private Checkpoint read(WeightsChoice choice) throws IOException {
        Object magic = pickle().value();
        Object version = pickle().value();
        if (!magic.equals(MAGIC_NUMBER) || !version.equals(PROTOCOL_VERSION)) {
            throw error("not version %d of the old PyTorch format", PROTOCOL_VERSION);
        }
        if (!(pickle().value() instanceof Map<?, ?> machine) || !Boolean.TRUE.equals(machine.get("little_endian"))) {
            throw error("saved on a big-endian machine, which is not read");
        }
        Pickle object = pickle();
        StateDict.HarmfulNames.refuse(location, object.globals());
        place(ids(object), pickle().value());
        return StateDict.read(location, object, this, file.length(), choice);
    }

    private Pickle pickle() {
        int start = pickles.position();
        try {
            return PickleReader.read(pickles);
        } catch (PickleException e) {
            throw new CheckpointException(location + ": pickle at byte " + start + ", " + e.getMessage(), e);
        }
    }

    private Map<String, PickledTensor.StorageId> ids(Pickle object) {
        Map<String, PickledTensor.StorageId> ids = new HashMap<>();
        for (PyReference reference : object.references()) {
            PickledTensor.StorageId id = PickledTensor.StorageId.of(location, reference);
            PickledTensor.StorageId known = ids.putIfAbsent(id.key(), id);
            if (known != null && !known.equals(id)) {
                throw error("the storage '%s' has two types or sizes", Printable.of(id.key()));
            }
        }
        return ids;
    }

    /** Notes where each storage begins: one after the other, each behind its number of elements. */
    private void place(Map<String, PickledTensor.StorageId> ids, Object keys) {
        if (!(keys instanceof List<?> list)) {
            throw error("no list of storages behind the object");
        }
        long at = pickles.position();
        for (Object key : list) {
            PickledTensor.StorageId id = key instanceof String ? ids.get(key) : null;
            if (id == null || places.containsKey(id)) {
                throw error("its list of storages has one that no tensor uses, or one twice");
            }
            long available = file.length() - at - Long.BYTES;
            if (available < 0 || id.elements() > available / id.width()) {
                throw error(
                        "the storage '%s' of %d elements of %s goes beyond the end; the download is incomplete",
                        Printable.of(id.key()), id.elements(), id.typeName());
            }
            places.put(id, at);
            at += Long.BYTES + id.elements() * id.width();
        }
        if (at < file.length()) {
            throw error("%d bytes behind the last storage; something was appended", file.length() - at);
        }
    }

    @Override
    public Map<PickledTensor.StorageId, ByteBuffer> read(Set<PickledTensor.StorageId> ids) throws IOException {
        Map<PickledTensor.StorageId, ByteBuffer> read = new HashMap<>();
        for (PickledTensor.StorageId id : ids) {
            Long at = places.get(id);
            if (at == null) {
                throw error("the storage '%s' is missing", Printable.of(id.key()));
            }
            long bytes = Long.BYTES + id.elements() * id.width();
            if (bytes > RangedFile.MAX_PART) {
                throw error("the storage '%s' has %d bytes, too many for one tensor", Printable.of(id.key()), bytes);
            }
            ByteBuffer data = file.read(at, (int) bytes);
            long elements = data.getLong(0);
            if (elements != id.elements()) {
                throw error(
                        "the storage '%s' has %d elements, its tensors say %d",
                        Printable.of(id.key()), elements, id.elements());
            }
            read.put(id, data.slice(Long.BYTES, data.limit() - Long.BYTES).order(ByteOrder.LITTLE_ENDIAN));
        }
        return read;
    }

    @FormatMethod
    private CheckpointException error(@FormatString String message, Object... args) {
        return new CheckpointException("%s: %s.", location, String.format(Locale.ROOT, message, args));
    }
}
