package io.swinlake.bench;

import java.nio.file.Path;

/** A whole Spark job: a folder of images in, a Parquet table of at least {@code path} and {@code prediction} out. */
public interface Job {
    void run(Path input, Path output) throws Exception;

    /** Answers requests of an input and an output, divided by a tabulator, with the wall time of the job in seconds. */
    static Worker.Task timed(Job job) {
        return request -> {
            String[] paths = request.split("\t", -1);
            long begin = System.nanoTime();
            job.run(Path.of(paths[0]), Path.of(paths[1]));
            return (System.nanoTime() - begin) / 1e9;
        };
    }
}
