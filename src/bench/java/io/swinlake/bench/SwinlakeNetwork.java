package io.swinlake.bench;

import io.swinlake.model.SwinModel;
import io.swinlake.runtime.SwinRunner;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;

/** Ours. */
final class SwinlakeNetwork implements Network {
    private final SwinRunner runner;
    private final ImageSet images;
    private final double secondsToLoad;

    SwinlakeNetwork(SwinModel model, Precision precision, ImageSet images) {
        long begin = System.nanoTime();
        this.runner = SwinRunner.open(model, new Target("cpu", precision));
        this.secondsToLoad = (System.nanoTime() - begin) / 1e9;
        this.images = images;
    }

    double secondsToLoad() {
        return secondsToLoad;
    }

    @Override
    public Forward open() {
        return new Forward() {
            @Override
            public float[] logits(int first, int count) {
                return runner.run(images.pixels(first, count), count).logits();
            }

            @Override
            public void close() {} // the runner is everybody's
        };
    }

    @Override
    public void close() {
        runner.close();
    }
}
