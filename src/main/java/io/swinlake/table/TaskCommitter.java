package io.swinlake.table;

import io.swinlake.storage.Uploads;
import java.io.IOException;
import java.io.InputStream;
import java.util.UUID;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalDirAllocator;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.lib.output.PathOutputCommitter;

/**
 * Commits each task's file by itself, by one upload, so that rows are there as soon as their task is done, whatever becomes of
 * the job: nothing is left to a driver, whose requests follow each other and may fail. For rows of which it does not matter
 * whether those of a task are there twice, as when it was taken for dead and went on; the names of attempts differ.
 */
final class TaskCommitter extends PathOutputCommitter {
    /** Setting for the folders of S3A's own blocks. */
    private static final String BUFFERS = "fs.s3a.buffer.dir";

    private final Path output;
    private final FileSystem local;

    /** Folder on a disk of this machine; of a task only. */
    private Path work;

    TaskCommitter(Path output, TaskAttemptContext context) throws IOException {
        super(output, context);
        this.output = output;
        this.local = FileSystem.getLocal(context.getConfiguration());
    }

    @Override
    public Path getOutputPath() {
        return output;
    }

    @Override
    public Path getWorkPath() {
        return work;
    }

    @Override
    public void setupJob(JobContext job) {}

    @Override
    public void commitJob(JobContext job) {}

    @Override
    public void setupTask(TaskAttemptContext task) throws IOException {
        String name = "swinlake-" + UUID.randomUUID();
        work = local.makeQualified(new LocalDirAllocator(BUFFERS).getLocalPathForWrite(name, task.getConfiguration()));
        local.mkdirs(work);
    }

    @Override
    public boolean needsTaskCommit(TaskAttemptContext task) {
        return true;
    }

    @Override
    public void commitTask(TaskAttemptContext task) throws IOException {
        FileSystem store = output.getFileSystem(task.getConfiguration());
        for (FileStatus file : local.listStatus(work)) {
            try (InputStream in = local.open(file.getPath())) {
                Uploads.upload(in, store, new Path(output, file.getPath().getName()));
            }
        }
        local.delete(work, true);
    }

    @Override
    public void abortTask(TaskAttemptContext task) throws IOException {
        local.delete(work, true);
    }
}
