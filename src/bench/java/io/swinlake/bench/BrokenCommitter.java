package io.swinlake.bench;

import java.io.IOException;
import java.util.Arrays;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.parquet.hadoop.ParquetOutputCommitter;

/** A committer for local files that loses a file of those that it has committed: what a campaign that counts rows must notice. */
public final class BrokenCommitter extends ParquetOutputCommitter {
    /** Property that says when. */
    static final String WHEN = "swinlake.bench.loses";

    /** Values of the property. */
    public enum When {
        /** With the job's commit: the run counts its rows afterwards. */
        AT_ONCE,
        /** Once the run is committed, when nobody counts any more. */
        LATER
    }

    private static final int POLL_MILLIS = 10;

    private final Path output;

    /** @param output folder of the whole job */
    public BrokenCommitter(Path output, TaskAttemptContext context) throws IOException {
        super(output, context);
        this.output = output;
    }

    @Override
    public void commitJob(JobContext job) throws IOException {
        super.commitJob(job);
        FileSystem fileSystem = output.getFileSystem(job.getConfiguration());
        Path run = output.getParent();
        if (!run.getName().startsWith("run=")) {
            return; // a part of an unfinished run: whoever finds it incomplete computes the rest
        }
        if (When.valueOf(job.getConfiguration().get(WHEN)) == When.AT_ONCE) {
            loseOne(fileSystem);
            return;
        }
        Thread thread = new Thread(
                () -> {
                    try {
                        while (!fileSystem.exists(new Path(run, "_run.json"))) {
                            Thread.sleep(POLL_MILLIS);
                        }
                        loseOne(fileSystem);
                    } catch (IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                "loser");
        thread.setDaemon(true);
        thread.start();
    }

    private void loseOne(FileSystem fileSystem) throws IOException {
        FileStatus file = Arrays.stream(fileSystem.listStatus(output))
                .filter(status -> status.getPath().getName().endsWith(".parquet"))
                .findFirst()
                .orElseThrow();
        fileSystem.delete(file.getPath(), false);
    }
}
