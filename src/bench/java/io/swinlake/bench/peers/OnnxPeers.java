package io.swinlake.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.swinlake.bench.Forward;
import io.swinlake.bench.ForwardPeers;
import io.swinlake.bench.ImageSet;
import io.swinlake.bench.Network;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** {@link ForwardPeers} with ONNX Runtime among them. Started from its source: {@code scripts/bench peers}. */
public final class OnnxPeers {
    private OnnxPeers() {}

    /** Arguments are those of {@link ForwardPeers#run}. */
    public static void main(String[] arguments) throws Exception {
        String name = "ONNX Runtime " + OrtEnvironment.getEnvironment().getVersion();
        ForwardPeers.run(arguments, Map.of(name, OnnxNetwork::new));
        System.exit(0);
    }

    /** All optimisations, and as many threads inside an operator as libtorch has. */
    private static final class OnnxNetwork implements Network {
        private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
        private final OrtSession session;
        private final ImageSet images;

        OnnxNetwork(Path reference, ImageSet images) throws OrtException {
            String threads =
                    Optional.ofNullable(System.getenv("OMP_NUM_THREADS")).orElse("1");
            Path file = ForwardPeers.requireFile(reference.resolve("swin_t.onnx"));
            try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
                options.setIntraOpNumThreads(Integer.parseInt(threads));
                options.setInterOpNumThreads(1);
                this.session = environment.createSession(file.toString(), options);
            }
            this.images = images;
        }

        @Override
        public Forward open() {
            return new Forward() {
                @Override
                public float[] logits(int first, int count) throws OrtException {
                    FloatBuffer values = images.normalised(first, count);
                    try (OnnxTensor input = OnnxTensor.createTensor(environment, values, images.shape(count));
                            OrtSession.Result output = session.run(Map.of("pixel_values", input))) {
                        FloatBuffer logits = ((OnnxTensor) output.get(0)).getFloatBuffer();
                        float[] copy = new float[logits.remaining()];
                        logits.get(copy);
                        return copy;
                    }
                }

                @Override
                public void close() {} // the session is everybody's
            };
        }

        @Override
        public void close() {
            try {
                session.close();
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
