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
import io.swinlake.torchscript.TorchScriptModule;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A TorchScript module in libtorch. Every native array of a call is released before the call returns, also when it throws:
 * DJL's own forward leaks its inputs then.
 */
final class CompiledModule implements AutoCloseable {
    private final Model model;
    private final PtSymbolBlock block;

    private CompiledModule(Model model) {
        this.model = model;
        this.block = (PtSymbolBlock) model.getBlock();
    }

    static CompiledModule load(TorchScriptModule module, Device device) {
        Engines.requireStarted();
        return NativeWork.run(() -> loadArchive(module, device));
    }

    private static CompiledModule loadArchive(TorchScriptModule module, Device device) {
        Model model = Model.newInstance("swin", device, "PyTorch");
        try (InputStream archive = archive(module)) {
            // Without mapLocation DJL would move every tensor after loading, which reordered weights do not survive.
            model.load(archive, Map.of("mapLocation", "true"));
            return new CompiledModule(model);
        } catch (IOException e) {
            model.close();
            throw new UncheckedIOException(e);
        } catch (MalformedModelException e) {
            model.close();
            throw new IllegalStateException("libtorch refuses a generated module", e);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    private static InputStream archive(TorchScriptModule module) throws IOException {
        int size = Math.toIntExact(module.stateBytes()
                + module.code().length()
                + 512L * module.state().size()
                + 4096);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(size) {
            @Override
            public synchronized byte[] toByteArray() {
                return buf; // hundreds of megabytes: not copied
            }
        };
        module.writeTo(bytes);
        return new ByteArrayInputStream(bytes.toByteArray(), 0, bytes.size());
    }

    /**
     * Runs {@code forward}. Safe to call from many threads.
     *
     * @param input direct, in native order; read before the call returns
     * @return the outputs in C order
     */
    List<float[]> run(ByteBuffer input, Shape shape, DataType type) {
        return NativeWork.run(() -> forward(input, shape, type));
    }

    private List<float[]> forward(ByteBuffer input, Shape shape, DataType type) {
        JniUtils.setGraphExecutorOptimize(false); // thread-local in libtorch
        List<IValue> natives = new ArrayList<>();
        try (PtNDManager manager = (PtNDManager) model.getNDManager().newSubManager()) {
            try {
                PtNDArray array = manager.create(input, shape, type);
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
