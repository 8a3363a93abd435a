package io.swinlake.checkpoint;

import io.swinlake.pickle.PyGlobal;
import io.swinlake.pickle.PyNone;
import io.swinlake.pickle.PyReference;
import io.swinlake.pickle.PyTuple;
import io.swinlake.tensor.DType;
import java.util.Map;

/**
 * Names the bytes of a tensor: the persistent id {@code ('storage', type, key, device, elements)}.
 *
 * @param elements how many the whole storage has; a tensor may use a part of them
 */
record StorageId(PyGlobal type, String key, long elements) {
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

    /** Bytes of an element of the types that are passed over, beside weights that are read. */
    private static final Map<String, Integer> OTHER_WIDTHS = Map.of(
            "ComplexFloatStorage", 8,
            "ComplexDoubleStorage", 16,
            "QInt8Storage", 1,
            "QUInt8Storage", 1,
            "QInt32Storage", 4,
            "QUInt4x2Storage", 1,
            "QUInt2x4Storage", 1,
            "UntypedStorage", 1);

    /** Bytes of an element. */
    int width() {
        DType dtype = TYPES.get(type);
        return dtype != null ? dtype.bytes() : OTHER_WIDTHS.get(type.name());
    }

    /** The type's name, as a message shows it. */
    String typeName() {
        DType dtype = TYPES.get(type);
        return dtype != null ? dtype.name() : type.toString();
    }

    /** The type of a tensor that has to be of numbers as we know them. */
    DType requireNumbers(String location, String tensor) {
        DType dtype = TYPES.get(type);
        if (dtype == null) {
            throw new CheckpointException(
                    "%s: '%s' is stored as %s; float64, float32, float16 and bfloat16 are read: save"
                            + " {k: v.float() for k, v in state_dict.items()}.",
                    location, tensor, type);
        }
        return dtype;
    }

    static StorageId of(String location, PyReference reference) {
        if (!(reference.id() instanceof PyTuple id)
                || id.size() < 5
                || id.size() > 6
                || !"storage".equals(id.get(0))
                || !(id.get(1) instanceof PyGlobal type)
                || !(TYPES.containsKey(type) || OTHER_WIDTHS.containsKey(type.name()))
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
        return new StorageId(type, key, elements);
    }
}
