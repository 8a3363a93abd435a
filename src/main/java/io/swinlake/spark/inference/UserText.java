package io.swinlake.spark.inference;

import io.swinlake.model.PlainText;
import io.swinlake.storage.Listed;
import io.swinlake.storage.Messages;
import io.swinlake.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hadoop.conf.Configuration;

/** A file that a person wrote, on any file system that Hadoop reaches. */
public final class UserText {
    /** A hundred times ImageNet-22k's names; more is another file, given by mistake. */
    private static final int MOST_BYTES = 64 << 20;

    private UserText() {}

    /**
     * The text at a URI.
     *
     * @throws IOException if it is not there or no text; the message is one line without its name
     */
    public static String read(String uri, Configuration configuration) throws IOException {
        byte[] bytes;
        try {
            bytes = new Storage(configuration).read(uri, Listed.NOTHING, MOST_BYTES);
        } catch (FileNotFoundException e) {
            throw new IOException("no such file", e);
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(Messages.reason(e), e);
        }
        return PlainText.decode(ByteBuffer.wrap(bytes));
    }
}
