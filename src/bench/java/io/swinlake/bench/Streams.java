package io.swinlake.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Some threads, each of which runs one network on batch after batch, as the tasks of an executor do. */
final class Streams implements AutoCloseable {
    private final List<Forward> forwards = new ArrayList<>();
    private final ExecutorService threads;
    private final int images;

    Streams(Network network, int count, int images) throws Exception {
        for (int i = 0; i < count; i++) {
            forwards.add(network.open());
        }
        this.threads = Executors.newFixedThreadPool(count);
        this.images = images;
    }

    /** Lets all threads run for about some seconds. Images per second of all of them together. */
    double imagesPerSecond(int batch, double seconds) throws Exception {
        CyclicBarrier start = new CyclicBarrier(forwards.size());
        List<Future<Double>> rates = new ArrayList<>();
        for (int i = 0; i < forwards.size(); i++) {
            int stream = i;
            rates.add(threads.submit(() -> {
                start.await();
                return rate(forwards.get(stream), stream, batch, (long) (seconds * 1e9));
            }));
        }
        double sum = 0;
        for (Future<Double> rate : rates) {
            sum += rate.get();
        }
        return sum;
    }

    private double rate(Forward forward, int stream, int batch, long nanos) throws Exception {
        long begin = System.nanoTime();
        int batches = images / batch;
        int run = 0;
        do {
            forward.logits((stream + run) % batches * batch, batch);
            run++;
        } while (System.nanoTime() - begin < nanos);
        return run * batch * 1e9 / (System.nanoTime() - begin);
    }

    @Override
    public void close() {
        threads.shutdown();
        for (Forward forward : forwards) {
            forward.close();
        }
    }
}
