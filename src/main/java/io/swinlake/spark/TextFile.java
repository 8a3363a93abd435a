package io.swinlake.spark;

import io.swinlake.model.PlainText;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A file that a person wrote, on any file system that Hadoop reaches. */
public final class TextFile {
    /** A hundred times ImageNet-22k's names; more is another file, given by mistake. */
    private static final int MOST_BYTES = 64 << 20;

    private TextFile() {}

    /**
     * The text at a URI.
     *
     * @throws IOException if it is not there or no text; the message is one line without its name
     */
    public static String read(String uri, Configuration configuration) throws IOException {
        byte[] bytes;
        try {
            bytes = bytes(new Path(uri), configuration);
        } catch (FileNotFoundException e) {
            throw new IOException("no such file", e);
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(Failures.reason(e), e);
        }
        return PlainText.decode(ByteBuffer.wrap(bytes));
    }

    private static byte[] bytes(Path path, Configuration configuration) throws IOException {
        FileSystem fileSystem = path.getFileSystem(configuration);
        FileStatus status = fileSystem.getFileStatus(path);
        if (status.isDirectory()) {
            throw new IOException("it is a directory");
        }
        if (status.getLen() > MOST_BYTES) {
            throw new IOException("it has " + status.getLen() + " bytes, at most " + MOST_BYTES + " are read");
        }
        byte[] bytes = new byte[(int) status.getLen()];
        try (FSDataInputStream in = fileSystem.open(path)) {
            in.readFully(0, bytes);
        }
        return bytes;
    }
}
