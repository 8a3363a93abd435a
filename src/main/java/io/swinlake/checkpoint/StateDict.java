package io.swinlake.checkpoint;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.swinlake.pickle.PyGlobal;
import io.swinlake.pickle.PyObject;
import io.swinlake.pickle.PyReference;
import io.swinlake.pickle.PyTuple;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds the state_dict in what torch.save pickled, and makes its tensors. A tensor is pickled as a call of {@code
 * torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)}, its storage as the persistent
 * id {@code ('storage', type, key, device, elements)}. What is not a tensor (epoch, optimizer, config) is left out.
 */
final class StateDict {
    /** Keys under which training scripts nest the state_dict: mmcv, timm and Lightning; Microsoft and Facebook. */
    private static final List<String> NESTING = List.of("state_dict", "model");

    private static final int MAX_RANK = 64;

    private static final PyGlobal REBUILD_TENSOR = new PyGlobal("torch._utils", "_rebuild_tensor_v2");
    private static final PyGlobal REBUILD_PARAMETER = new PyGlobal("torch._utils", "_rebuild_parameter");

    /** What a published checkpoint may name. Beyond tensors: what configs and optimizers beside them are made of. */
    static final Set<PyGlobal> ALLOWED = Stream.concat(
                    StorageId.types().stream(),
                    Stream.of(
                            REBUILD_TENSOR,
                            REBUILD_PARAMETER,
                            new PyGlobal("collections", "OrderedDict"),
                            new PyGlobal("collections", "defaultdict"),
                            new PyGlobal("__builtin__", "dict"), // of a defaultdict
                            new PyGlobal("builtins", "dict"),
                            new PyGlobal("__builtin__", "set"),
                            new PyGlobal("builtins", "set"),
                            new PyGlobal("torch", "Size"),
                            new PyGlobal("torch", "device"),
                            new PyGlobal("argparse", "Namespace"), // timm, DeiT and MAE training scripts
                            new PyGlobal("yacs.config", "CfgNode"), // Microsoft's training scripts
                            new PyGlobal("numpy", "dtype"), // a numpy number, such as the best accuracy
                            new PyGlobal("numpy.core.multiarray", "scalar"),
                            new PyGlobal("numpy._core.multiarray", "scalar"),
                            new PyGlobal("_codecs", "encode"))) // bytes, in protocol 2
            .collect(Collectors.toUnmodifiableSet());

    static final String ADVICE =
            "A state_dict needs only OrderedDict, torch storages and _rebuild_tensor_v2; treat this"
                    + " file as hostile";

    /** Where the bytes are that a persistent id names. */
    interface Storages {
        /** All bytes of a storage: exactly as many as its id says. */
        ByteBuffer bytes(StorageId id);
    }

    private final String location;
    private final Storages storages;

    /** Strided tensors are written out in C order; all of them together may take as many bytes as the file has. */
    private long bytesToWriteOut;

    private StateDict(String location, Storages storages, long fileBytes) {
        this.location = location;
        this.storages = storages;
        this.bytesToWriteOut = fileBytes;
    }

    /**
     * The tensors of the state_dict in a pickled object.
     *
     * @param fileBytes size of the file, which bounds the memory for strided tensors
     */
    static SortedMap<String, Tensor> tensors(String location, Object root, Storages storages, long fileBytes) {
        return new StateDict(location, storages, fileBytes).tensors(root);
    }

    private SortedMap<String, Tensor> tensors(Object root) {
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        for (Map.Entry<?, ?> entry : find(root).entrySet()) {
            if (entry.getKey() instanceof String name && isTensor(entry.getValue())) {
                tensors.put(TensorNames.check(location, name), tensor(name, (PyObject) entry.getValue()));
            }
        }
        if (tensors.isEmpty()) {
            throw new CheckpointException(
                    "%s: no tensors in its state_dict. Expected a dict of tensors, or one under 'model' or 'state_dict'.",
                    location);
        }
        return tensors;
    }

    private Map<?, ?> find(Object root) {
        if (!(root instanceof Map<?, ?> dict)) {
            throw new CheckpointException(
                    "%s: holds something other than a dict. Save it with torch.save(model.state_dict(), ...).",
                    location);
        }
        for (String key : NESTING) {
            if (dict.get(key) instanceof Map<?, ?> nested) {
                return nested;
            }
        }
        return dict;
    }

    private static boolean isTensor(Object value) {
        return value instanceof PyObject object
                && (object.type().equals(REBUILD_TENSOR) || object.type().equals(REBUILD_PARAMETER));
    }

    private Tensor tensor(String name, PyObject call) {
        if (call.type().equals(REBUILD_PARAMETER)) {
            if (call.args().size() == 0
                    || !(call.args().get(0) instanceof PyObject data)
                    || !data.type().equals(REBUILD_TENSOR)) {
                throw error(name, "is a parameter without a tensor");
            }
            return tensor(name, data);
        }
        PyTuple args = call.args();
        if (args.size() < 4 || !(args.get(0) instanceof PyReference reference)) {
            throw error(name, "is not rebuilt from a storage, an offset, a size and a stride");
        }
        long offset = number(name, args.get(1));
        long[] size = numbers(name, args.get(2));
        long[] stride = numbers(name, args.get(3));
        if (size.length != stride.length) {
            throw error(name, "has %d sizes and %d strides", size.length, stride.length);
        }
        StorageId id = StorageId.of(location, reference);
        return strided(name, id.dtype(), storages.bytes(id), offset, size, stride);
    }

    private Tensor strided(String name, DType dtype, ByteBuffer storage, long offset, long[] size, long[] stride) {
        long stored = storage.remaining() / dtype.bytes();
        Shape shape = Shape.of(size);
        long elements;
        long needed;
        try {
            elements = shape.elements();
            needed = elements == 0 ? 0 : Math.addExact(offset, extent(size, stride));
        } catch (ArithmeticException e) {
            throw error(name, "has size %s and stride %s, beyond 64 bits", shape, Shape.of(stride));
        }
        if (needed > stored) {
            throw error(
                    name,
                    "is %s at offset %d, stride %s: that needs %d elements, its storage has %d",
                    shape,
                    offset,
                    Shape.of(stride),
                    needed,
                    stored);
        }
        if (elements == 0) {
            return Tensor.view(dtype, shape, ByteBuffer.allocate(0));
        }
        int first = (int) (offset * dtype.bytes());
        if (isContiguous(size, stride)) {
            return Tensor.view(dtype, shape, storage.slice(first, (int) elements * dtype.bytes()));
        }
        if (elements > bytesToWriteOut / dtype.bytes()) {
            throw error(
                    name,
                    "is %s with stride %s: written out, the strided tensors would take more bytes than the file;"
                            + " save contiguous tensors",
                    shape,
                    Shape.of(stride));
        }
        bytesToWriteOut -= elements * dtype.bytes();
        ByteBuffer target = ByteBuffer.allocate((int) elements * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        writeOut(storage, first, dtype.bytes(), size, stride, 0, target);
        return Tensor.view(dtype, shape, target.flip());
    }

    /** Elements from the first to the last one that is touched. */
    private static long extent(long[] size, long[] stride) {
        long last = 0;
        for (int axis = 0; axis < size.length; axis++) {
            last = Math.addExact(last, Math.multiplyExact(size[axis] - 1, stride[axis]));
        }
        return Math.addExact(last, 1);
    }

    /** Whether the elements lie in C order, one after the other; an axis of one element may have any stride. */
    private static boolean isContiguous(long[] size, long[] stride) {
        long expected = 1;
        for (int axis = size.length - 1; axis >= 0; axis--) {
            if (size[axis] != 1 && stride[axis] != expected) {
                return false;
            }
            expected *= size[axis];
        }
        return true;
    }

    private static void writeOut(
            ByteBuffer storage, int at, int width, long[] size, long[] stride, int axis, ByteBuffer target) {
        if (axis == size.length) {
            for (int i = 0; i < width; i++) {
                target.put(storage.get(at + i));
            }
            return;
        }
        for (long i = 0; i < size[axis]; i++) {
            writeOut(storage, (int) (at + i * stride[axis] * width), width, size, stride, axis + 1, target);
        }
    }

    private long number(String name, Object value) {
        if (!(value instanceof Long number) || number < 0) {
            throw error(name, "has an offset, size, stride or count that is not an integer of 0 to 2^63-1");
        }
        return number;
    }

    private long[] numbers(String name, Object value) {
        if (!(value instanceof PyTuple tuple) || tuple.size() > MAX_RANK) {
            throw error(name, "has a size or stride that is not a tuple of at most %d integers", MAX_RANK);
        }
        return tuple.items().stream().mapToLong(item -> number(name, item)).toArray();
    }

    @FormatMethod
    private CheckpointException error(String name, @FormatString String fault, Object... args) {
        return new CheckpointException("%s: '%s' %s.", location, name, fault.formatted(args));
    }
}
