package io.swinlake.checkpoint;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.swinlake.pickle.Pickle;
import io.swinlake.pickle.PyGlobal;
import io.swinlake.pickle.PyObject;
import io.swinlake.pickle.PyTuple;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Makes the tensors of the state_dict that is chosen among those in what torch.save pickled. A storage is the persistent id
 * {@code ('storage', type, key, device, elements)}. What is not a tensor (epoch, optimizer, config) is left out.
 */
final class StateDict {
    private static final int KEYS_IN_A_MESSAGE = 12;

    /** Where the bytes are that persistent ids name. */
    interface Storages {
        /** All bytes of each storage: exactly as many as its id says. */
        Map<PickledTensor.StorageId, ByteBuffer> read(Set<PickledTensor.StorageId> ids) throws IOException;
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
     * The tensors of a pickled object.
     *
     * @param fileBytes size of the file, which bounds the memory for strided tensors
     */
    static Checkpoint read(String location, Pickle pickle, Storages storages, long fileBytes, WeightsChoice choice)
            throws IOException {
        HarmfulNames.refuse(location, pickle.globals());
        return new StateDict(location, storages, fileBytes).read(pickle.value(), choice);
    }

    private Checkpoint read(Object root, WeightsChoice choice) throws IOException {
        if (root instanceof PyObject object
                && object.type().isPresent()
                && object.items().isEmpty()) {
            throw new CheckpointException(
                    "%s: a whole object of class %s, pickled with its code's names. Load it where that class is, and save"
                            + " its weights: torch.save(model.state_dict(), 'weights.pth').",
                    location, Printable.of(object.type().get().toString()));
        }
        if (!(root instanceof Map<?, ?>)
                && !(root instanceof PyObject)
                && !(root instanceof PyTuple)
                && !(root instanceof List<?>)) {
            throw new CheckpointException(
                    "%s: holds something other than a dict. Save it with torch.save(model.state_dict(), ...).",
                    location);
        }
        Map<String, Map<String, PyObject>> dicts = TensorDicts.in(root);
        if (dicts.isEmpty()) {
            throw new CheckpointException(
                    "%s: no tensors in it. Expected a dict of tensors, at any depth; %s.", location, keys(root));
        }
        WeightsChoice.Chosen chosen = choice.choose(location, TensorDicts.candidates(dicts));
        refuseModule(chosen.key());
        List<PickledTensor> tensors = new ArrayList<>();
        dicts.get(chosen.key()).forEach((name, value) -> {
            if (!name.endsWith("_extra_state")) {
                tensors.add(PickledTensor.of(location, Checkpoint.TensorNames.check(location, name), value));
            }
        });
        Set<PickledTensor.StorageId> ids =
                tensors.stream().map(PickledTensor::storage).collect(Collectors.toSet());
        Map<PickledTensor.StorageId, ByteBuffer> bytes = storages.read(ids);
        SortedMap<String, Tensor> made = new TreeMap<>();
        for (PickledTensor tensor : tensors) {
            made.put(tensor.name(), strided(tensor, bytes.get(tensor.storage())));
        }
        return new Checkpoint(location, made, Map.of(), Optional.of(chosen));
    }

    /** Refuses the parameters of one layer, which are all that a dict has of a module that was pickled whole. */
    private void refuseModule(String key) {
        boolean isLayer = key.endsWith("_parameters") || key.endsWith("_buffers");
        int modules = ("." + key + ".").indexOf("._modules.");
        if (isLayer || modules >= 0) {
            throw new CheckpointException(
                    "%s: '%s' is a whole module, pickled with its code's names. Load it where that code is, and save its"
                            + " weights: torch.save(model.state_dict(), 'weights.pth').",
                    location, Printable.of(modules > 0 ? key.substring(0, modules - 1) : key));
        }
    }

    private static String keys(Object root) {
        Map<?, ?> dict = root instanceof Map<?, ?> map ? map : Map.of();
        return dict.isEmpty()
                ? "it is empty"
                : dict.keySet().stream()
                        .map(Object::toString)
                        .map(Printable::of)
                        .limit(KEYS_IN_A_MESSAGE)
                        .collect(Collectors.joining(", ", "its keys are ", ""));
    }

    private Tensor strided(PickledTensor tensor, ByteBuffer storage) {
        return strided(
                tensor.name(),
                tensor.storage().requireNumbers(location, tensor.name()),
                storage,
                tensor.offset(),
                tensor.size(),
                tensor.stride());
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
            return Tensor.view(dtype, shape, storage.slice(first, (int) (elements * dtype.bytes())));
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
        ByteBuffer target =
                ByteBuffer.allocate((int) (elements * dtype.bytes())).order(ByteOrder.LITTLE_ENDIAN);
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

    @FormatMethod
    private CheckpointException error(String name, @FormatString String fault, Object... args) {
        return new CheckpointException("%s: '%s' %s.", location, name, fault.formatted(args));
    }

    /**
     * Functions by which a pickle takes over whoever loads it with Python. Here they are names like any other and do nothing;
     * a file that has one is refused all the same, since its owner should know. This is advice: safety does not rest on it.
     */
    static final class HarmfulNames {
        private static final Set<String> MODULES = Set.of(
                "os",
                "posix",
                "nt",
                "subprocess",
                "pty",
                "runpy",
                "shutil",
                "socket",
                "importlib",
                "webbrowser",
                "commands");

        private static final Set<String> BUILTINS = Set.of("eval", "exec", "execfile", "compile", "__import__", "open");

        private HarmfulNames() {}

        static void refuse(String location, Set<PyGlobal> globals) {
            for (PyGlobal global : globals) {
                boolean isBuiltin =
                        global.module().equals("builtins") || global.module().equals("__builtin__");
                boolean isPath = global.module().equals("os") && global.name().startsWith("PathLike");
                if ((MODULES.contains(global.module()) && !isPath) || (isBuiltin && BUILTINS.contains(global.name()))) {
                    throw new CheckpointException(
                            "%s: asks Python to call %s, which no weights need: treat this file as hostile, and do not load it"
                                    + " with torch.load.",
                            location, Printable.of(global.toString()));
                }
            }
        }
    }
}
