package io.swinlake.checkpoint;

import io.swinlake.pickle.PyGlobal;
import io.swinlake.pickle.PyNone;
import io.swinlake.pickle.PyReference;
import io.swinlake.pickle.PyTuple;
import io.swinlake.tensor.DType;
import java.util.Map;
import java.util.Set;

/**
 * Names the bytes of a tensor: the persistent id {@code ('storage', type, key, device, elements)}.
 *
 * @param elements how many the whole storage has; a tensor may use a part of them
 */
record StorageId(DType dtype, String key, long elements) {
    private static final Map<PyGlobal, DType> TYPES = Map.of(
            new PyGlobal("torch", "DoubleStorage"), DType.F64,
            new PyGlobal("torch", "FloatStorage"), DType.F32,
            new PyGlobal("torch", "HalfStorage"), DType.F16,
            new PyGlobal("torch", "BFloat16Storage"), DType.BF16,
            new PyGlobal("torch", "LongStorage"), DType.I64,
            new PyGlobal("torch", "IntStorage"), DType.I32,
            new PyGlobal("torch", "ShortStorage"), DType.I16,
            new PyGlobal("torch", "CharStorage"), DType.I8,
            new PyGlobal("torch", "ByteStorage"), DType.U8,
            new PyGlobal("torch", "BoolStorage"), DType.BOOL);

    static Set<PyGlobal> types() {
        return TYPES.keySet();
    }

    static StorageId of(String location, PyReference reference) {
        if (!(reference.id() instanceof PyTuple id)
                || id.size() < 5
                || id.size() > 6
                || !"storage".equals(id.get(0))
                || !(id.get(1) instanceof PyGlobal type)
                || !TYPES.containsKey(type)
                || !(id.get(2) instanceof String key)
                || !(id.get(4) instanceof Long elements)
                || elements < 0) {
            throw new CheckpointException(
                    "%s: a persistent id is not of the form ('storage', type, key, device, elements).", location);
        }
        if (id.size() == 6 && id.get(5) != PyNone.NONE) {
            throw new CheckpointException(
                    "%s: the storage '%s' is a view of another, as only PyTorch before 0.4 wrote; save it again with a"
                            + " newer one.",
                    location, Printable.of(key));
        }
        return new StorageId(TYPES.get(type), key, elements);
    }
}
