package io.swinlake.storage;

import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.fs.Abortable;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Files of an object store: each is shown when its upload ends, and nothing of it before. */
public final class Uploads {
    private Uploads() {}

    /** Whether files appear whole or not at all at a place, as where an upload can be given up. */
    public static boolean appearWhole(FileSystem fileSystem, Path place) throws IOException {
        return fileSystem.hasPathCapability(place, CommonPathCapabilities.ABORTABLE_STREAM);
    }

    /**
     * Writes a file where files {@link #appearWhole}, in place of the one that may be there.
     *
     * @throws IOException if it cannot be read or stored; nothing of it is shown then
     */
    public static void upload(InputStream from, FileSystem fileSystem, Path to) throws IOException {
        FSDataOutputStream out = fileSystem.create(to, true);
        try {
            from.transferTo(out);
        } catch (IOException | RuntimeException e) {
            ((Abortable) out).abort(); // to close it would end the upload
            throw e;
        }
        out.close();
    }
}
