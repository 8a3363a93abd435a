package io.swinlake.checkpoint;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.swinlake.pickle.PyGlobal;
import io.swinlake.pickle.PyNone;
import io.swinlake.pickle.PyObject;
import io.swinlake.pickle.PyReference;
import io.swinlake.pickle.PyTuple;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A tensor as torch.save pickles it: a call of {@code torch._utils._rebuild_tensor_v2(storage, offset, size, stride,
 * requires_grad, hooks)}, perhaps inside the call that makes a parameter of it. This is the weights' own way, so everything
 * on it must be of a known kind.
 *
 * @param offset first element in its storage
 */
@SuppressWarnings("ArrayRecordComponent") // read once, where it is made
record PickledTensor(String name, StorageId storage, long offset, long[] size, long[] stride) {
    private static final int MAX_RANK = 64;
    private static final int MAX_WRAPPERS = 4;

    private static final String UTILS = "torch._utils";
    private static final PyGlobal REBUILD_TENSOR = new PyGlobal(UTILS, "_rebuild_tensor_v2");
    private static final PyGlobal REBUILD_UNTYPED = new PyGlobal(UTILS, "_rebuild_tensor_v3");
    private static final PyGlobal REBUILD_PARAMETER = new PyGlobal(UTILS, "_rebuild_parameter");
    private static final PyGlobal REBUILD_PARAMETER_WITH_STATE = new PyGlobal(UTILS, "_rebuild_parameter_with_state");
    private static final PyGlobal REBUILD_SUBCLASS = new PyGlobal("torch._tensor", "_rebuild_from_type_v2");

    /** Subclasses of torch.Tensor that add nothing to its numbers. */
    private static final Set<PyGlobal> PLAIN_CLASSES = Set.of(
            new PyGlobal("torch", "Tensor"),
            new PyGlobal("torch._tensor", "Tensor"),
            new PyGlobal("torch.nn.parameter", "Parameter"),
            new PyGlobal("torch.nn.parameter", "Buffer"));

    /**
     * Reads one.
     *
     * @throws CheckpointException if it is none, or of a kind that is not read, with what to do instead
     */
    static PickledTensor of(String location, String name, PyObject value) {
        return new Reader(location, name).read(value);
    }

    /** Whether a value is a tensor of any kind, also of one that {@link #of} refuses. */
    static boolean looksLikeOne(Object value) {
        return value instanceof PyObject object
                && object.type()
                        .filter(type -> (type.module().startsWith("torch")
                                        && type.name().startsWith("_rebuild"))
                                || type.name().equals("_reconstruct"))
                        .isPresent();
    }

    Shape shape() {
        return Shape.of(size);
    }

    private record Reader(String location, String name) {
        PickledTensor read(PyObject value) {
            PyObject call = value;
            for (int depth = 0; depth < MAX_WRAPPERS; depth++) {
                if (call.isOf(REBUILD_TENSOR) || call.isOf(REBUILD_UNTYPED)) {
                    return tensor(call);
                }
                call = inner(call);
            }
            throw error("is a tensor in more than %d wrappers", MAX_WRAPPERS);
        }

        private PyObject inner(PyObject call) {
            if (call.isOf(REBUILD_PARAMETER) || call.isOf(REBUILD_PARAMETER_WITH_STATE)) {
                if (call.args().size() == 0 || !(call.args().get(0) instanceof PyObject data)) {
                    throw error("is a parameter without a tensor");
                }
                return data;
            }
            if (call.isOf(REBUILD_SUBCLASS)
                    && call.args().size() >= 3
                    && call.args().get(0) instanceof PyGlobal function
                    && call.args().get(1) instanceof PyGlobal type
                    && call.args().get(2) instanceof PyTuple args) {
                if (!PLAIN_CLASSES.contains(type)) {
                    throw error(
                            "is a %s, whose numbers only its own library knows: save"
                                    + " {k: v.full_tensor() if hasattr(v, 'full_tensor') else torch.Tensor(v) for k, v in"
                                    + " model.state_dict().items()}",
                            Printable.of(type.toString()));
                }
                return PyObject.call(function, args);
            }
            String made = call.type().map(PyGlobal::toString).orElse("a computed function");
            if (made.contains("qtensor") || made.contains("quant")) {
                throw error(
                        "is quantised (%s): save the network before it is quantised, or"
                                + " {k: v.dequantize() for k, v in state_dict.items()}",
                        made);
            }
            throw error(
                    "is made by %s, which is not how torch.save writes a tensor: save {k: torch.as_tensor(v) for k, v in"
                            + " state_dict.items()}",
                    Printable.of(made));
        }

        private PickledTensor tensor(PyObject call) {
            PyTuple args = call.args();
            if (args.size() < 4 || !(args.get(0) instanceof PyReference reference)) {
                throw error("is not rebuilt from a storage, an offset, a size and a stride");
            }
            long offset = number(args.get(1));
            long[] size = numbers(args.get(2));
            long[] stride = numbers(args.get(3));
            if (size.length != stride.length) {
                throw error("has %d sizes and %d strides", size.length, stride.length);
            }
            if (call.isOf(REBUILD_UNTYPED)) {
                String type =
                        args.size() > 6 && args.get(6) instanceof PyGlobal dtype ? dtype.toString() : "an untold type";
                throw error(
                        "is of type %s; float64, float32, float16 and bfloat16 are read: save"
                                + " {k: v.float() for k, v in state_dict.items()}",
                        Printable.of(type));
            }
            return new PickledTensor(name, StorageId.of(location, reference), offset, size, stride);
        }

        private long number(Object value) {
            return Optional.of(value)
                    .filter(Long.class::isInstance)
                    .map(Long.class::cast)
                    .filter(number -> number >= 0)
                    .orElseThrow(
                            () -> error("has an offset, size, stride or count that is not an integer of 0 to 2^63-1"));
        }

        private long[] numbers(Object value) {
            if (value instanceof PyObject size
                    && size.isOf(new PyGlobal("torch", "Size"))
                    && size.args().size() == 1) {
                return numbers(size.args().get(0)); // torch.Size((2, 3))
            }
            if (!(value instanceof PyTuple tuple) || tuple.size() > MAX_RANK) {
                throw error("has a size or stride that is not a tuple of at most %d integers", MAX_RANK);
            }
            return tuple.items().stream().mapToLong(this::number).toArray();
        }

        @FormatMethod
        private CheckpointException error(@FormatString String fault, Object... args) {
            return new CheckpointException("%s: '%s' %s.", location, name, fault.formatted(args));
        }
    }

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
}
