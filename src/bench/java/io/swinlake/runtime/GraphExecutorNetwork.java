package io.swinlake.runtime;

import ai.djl.Device;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import io.swinlake.bench.Forward;
import io.swinlake.bench.ImageSet;
import io.swinlake.bench.Network;
import io.swinlake.model.SwinModel;
import io.swinlake.runtime.device.Lowerings;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;
import java.util.List;

/** Our compiled network run by DJL's predictor, with libtorch's profiling executor on or off; {@link SwinRunner} turns it off. */
public final class GraphExecutorNetwork implements Network {
    private final CompiledModule module;
    private final ImageSet images;
    private final boolean profiling;

    public GraphExecutorNetwork(SwinModel model, Precision precision, ImageSet images, boolean profiling) {
        this.module = CompiledModule.load(
                SwinRunner.compile(model, Lowerings.of(new Target("cpu", precision)), List.of()), Device.cpu());
        this.images = images;
        this.profiling = profiling;
    }

    @Override
    public Forward open() {
        Predictor<NDList, NDList> predictor = module.model.newPredictor(new NoopTranslator());
        return new Forward() {
            @Override
            public float[] logits(int first, int count) throws TranslateException {
                JniUtils.setGraphExecutorOptimize(profiling); // thread-local in libtorch
                long[] planes = images.shape(count);
                Shape shape = new Shape(count, planes[2], planes[3], planes[1]);
                try (NDManager manager = module.model.getNDManager().newSubManager()) {
                    NDList input = new NDList(manager.create(images.pixels(first, count), shape, DataType.UINT8));
                    NDList output = predictor.predict(input);
                    try (output) {
                        return output.get(output.size() - 1).toFloatArray();
                    }
                }
            }

            @Override
            public void close() {
                predictor.close();
            }
        };
    }

    @Override
    public void close() {
        module.close();
    }
}
