package io.swinlake.spark;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.NoSuchElementException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.RemoteIterator;

/** The files at any depth below a folder, listed page by page; or the file itself. */
public final class FilesBelow {
    private FilesBelow() {}

    public static RemoteIterator<? extends FileStatus> of(FileStatus root, FileSystem fileSystem) throws IOException {
        // Hadoop's listFiles takes few requests where the store lists by prefix, as S3 does. On local files it starts
        // a process for each file, to ask who owns it: milliseconds per file.
        return fileSystem.getScheme().equals("file")
                ? new Walk(root, fileSystem)
                : fileSystem.listFiles(root.getPath(), true);
    }

    /** Folder by folder. */
    private static final class Walk implements RemoteIterator<FileStatus> {
        private final FileSystem fileSystem;
        private final Deque<FileStatus> pending = new ArrayDeque<>();

        Walk(FileStatus root, FileSystem fileSystem) {
            this.fileSystem = fileSystem;
            pending.push(root);
        }

        @Override
        public boolean hasNext() throws IOException {
            while (!pending.isEmpty() && pending.element().isDirectory()) {
                for (FileStatus child : fileSystem.listStatus(pending.pop().getPath())) {
                    pending.push(child);
                }
            }
            return !pending.isEmpty();
        }

        @Override
        public FileStatus next() throws IOException {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return pending.pop();
        }
    }
}
