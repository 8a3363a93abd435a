package io.swinlake.bench;

import java.nio.file.Path;

/** A whole Spark job: a folder of images in, a Parquet table of at least {@code path} and {@code prediction} out. */
public interface Job {
    void run(Path input, Path output) throws Exception;

    /** A job that knows itself how long it took. */
    interface Reporting {
        /** Runs, and tells the seconds that count. */
        double run(Path input, Path output) throws Exception;
    }

    /** Answers requests for a job with its wall time in seconds. */
    static Worker.Task timed(Job job) {
        return reporting((input, output) -> {
            long begin = System.nanoTime();
            job.run(input, output);
            return (System.nanoTime() - begin) / 1e9;
        });
    }

    /** Answers requests for a job with the seconds that it tells. */
    static Worker.Task reporting(Reporting job) {
        return request -> {
            String[] paths = request.split("\t", -1);
            return job.run(Path.of(paths[0]), Path.of(paths[1]));
        };
    }

    /** What to ask a worker for. */
    static String request(Path input, Path output) {
        return input.toAbsolutePath() + "\t" + output.toAbsolutePath();
    }
}
