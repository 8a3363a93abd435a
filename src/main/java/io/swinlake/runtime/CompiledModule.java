package io.swinlake.runtime;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Tensor;
import io.swinlake.torchscript.TorchScriptModule;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A TorchScript module in libtorch. Every native array of a call is released before the call returns, also when it throws:
 * DJL's own forward leaks its inputs then.
 */
final class CompiledModule implements AutoCloseable {
    /** Bytes, as libtorch's own tensors have it. */
    private static final int ALIGNMENT = 64;

    public final Model model;
    public final PtSymbolBlock block;

    private CompiledModule(Model model) {
        this.model = model;
        this.block = (PtSymbolBlock) model.getBlock();
    }

    public static CompiledModule load(TorchScriptModule module, Device device) {
        Engines.requireStarted();
        return NativeWork.run(() -> loadNow(module, device));
    }

    private static CompiledModule loadNow(TorchScriptModule module, Device device) {
        Model model = Model.newInstance("swin", device, "PyTorch");
        try {
            model.load(new ByteArrayInputStream(module.archive()));
            CompiledModule compiled = new CompiledModule(model);
            compiled.setState(module.state());
            return compiled;
        } catch (IOException e) {
            model.close();
            throw new UncheckedIOException(e);
        } catch (MalformedModelException e) {
            model.close();
            throw new IllegalStateException("libtorch refuses a generated module", e);
        } catch (RuntimeException | Error e) { // no room for its buffers is an Error
            model.close();
            throw e;
        }
    }

    /** Gives the module its tensors, all lists through one buffer: they stand nowhere else outside the heap but where they stay. */
    private void setState(List<List<Tensor>> state) {
        JniUtils.setGraphExecutorOptimize(false); // each method runs once
        int largest = state.stream()
                .mapToInt(list -> list.stream().mapToInt(CompiledModule::space).sum())
                .max()
                .orElse(0);
        ByteBuffer buffer = ByteBuffer.allocateDirect(largest);
        for (int i = 0; i < state.size(); i++) {
            give("set" + i, state.get(i), buffer);
        }
        IValueUtils.runMethod(block, "finish").close();
    }

    private void give(String method, List<Tensor> tensors, ByteBuffer buffer) {
        try (PtNDManager manager = (PtNDManager) model.getNDManager().newSubManager()) {
            PtNDArray[] arrays = new PtNDArray[tensors.size()];
            int position = 0;
            for (int i = 0; i < arrays.length; i++) {
                Tensor tensor = tensors.get(i);
                int space = space(tensor);
                if (tensor.dtype() == DType.BF16) {
                    tensor = Tensor.of(tensor.shape(), tensor.toFloats()); // DJL makes no bfloat16
                }
                ByteBuffer part = buffer.slice(position, space).order(ByteOrder.nativeOrder());
                arrays[i] = manager.create(
                        part.put(tensor.data()).flip(), new Shape(tensor.shape().dims()), dataType(tensor.dtype()));
                position += space;
            }
            try (IValue argument = IValue.listFrom(arrays)) {
                IValueUtils.runMethod(block, method, argument).close();
            }
        }
    }

    /** Bytes of a tensor in the buffer, at least those of float32, so that each begins at a multiple of the alignment. */
    private static int space(Tensor tensor) {
        long bytes =
                tensor.shape().elements() * Math.max(Float.BYTES, tensor.dtype().bytes());
        return Math.toIntExact((bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    }

    private static DataType dataType(DType dtype) {
        return switch (dtype) {
            case F64 -> DataType.FLOAT64;
            case F32 -> DataType.FLOAT32;
            case F16 -> DataType.FLOAT16;
            case I64 -> DataType.INT64;
            default -> throw new IllegalArgumentException("no constant of a network is " + dtype);
        };
    }

    /**
     * Runs {@code forward}. Safe to call from many threads.
     *
     * @param input direct, from its position on; read before the call returns
     * @return the outputs in C order
     */
    public List<float[]> run(ByteBuffer input, Shape shape, DataType type) {
        return NativeWork.run(() -> forward(input, shape, type));
    }

    private List<float[]> forward(ByteBuffer input, Shape shape, DataType type) {
        JniUtils.setGraphExecutorOptimize(false); // thread-local in libtorch
        List<IValue> natives = new ArrayList<>();
        try (PtNDManager manager = (PtNDManager) model.getNDManager().newSubManager()) {
            try {
                // DJL reads a buffer's memory from its beginning, whatever its position is.
                ByteBuffer bytes = input.slice().order(ByteOrder.nativeOrder());
                PtNDArray array = manager.create(bytes, shape, type);
                IValue argument = IValue.from(array);
                natives.add(argument);
                IValue result = IValueUtils.runMethod(block, "forward", argument);
                natives.add(result);
                List<float[]> outputs = new ArrayList<>();
                for (IValue output : result.toIValueTuple()) {
                    natives.add(output);
                    outputs.add(output.toTensor(manager).toFloatArray());
                }
                return outputs;
            } finally {
                natives.forEach(IValue::close);
            }
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
