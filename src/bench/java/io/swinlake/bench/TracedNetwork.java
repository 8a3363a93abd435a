package io.swinlake.bench;

import ai.djl.MalformedModelException;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;

/** A module that {@code torch.jit.trace} made, as a user of DJL runs it; DJL's Spark extension does the same in each task. */
final class TracedNetwork implements Network {
    private final ZooModel<NDList, NDList> model;
    private final ImageSet images;

    /**
     * Loads it.
     *
     * @param folder with the module in {@code NAME.pt}
     */
    TracedNetwork(Path folder, String name, ImageSet images)
            throws ModelNotFoundException, MalformedModelException, IOException {
        this.model = Criteria.builder()
                .setTypes(NDList.class, NDList.class)
                .optModelPath(folder)
                .optModelName(name)
                .optEngine("PyTorch")
                .optTranslator(new NoopTranslator())
                .build()
                .loadModel();
        this.images = images;
    }

    @Override
    public Forward open() {
        Predictor<NDList, NDList> predictor = model.newPredictor();
        return new Forward() {
            @Override
            public float[] logits(int first, int count) throws TranslateException {
                FloatBuffer values = images.normalised(first, count);
                try (NDManager manager = model.getNDManager().newSubManager()) {
                    NDArray input = manager.create(values, new Shape(images.shape(count)));
                    NDList output = predictor.predict(new NDList(input));
                    try (NDArray logits = output.singletonOrThrow()) {
                        return logits.toFloatArray();
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
        model.close();
    }
}
