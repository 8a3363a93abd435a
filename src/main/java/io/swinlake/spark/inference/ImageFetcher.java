package io.swinlake.spark.inference;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.storage.Listed;
import io.swinlake.storage.Messages;
import io.swinlake.storage.Storage;
import io.swinlake.storage.UnusableFileException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.AccessControlException;
import org.apache.spark.TaskKilledException;

/**
 * Reads image files whole, with one open each. On S3 that is one GET: the length from the listing spares the HEAD that an
 * open makes otherwise.
 */
final class ImageFetcher {
    /** Far above any photo: what is larger is a video or an archive that lies in the wrong place. */
    private static final int MAX_FILE_BYTES = 256 << 20;

    private final Storage storage;

    ImageFetcher(Configuration configuration) {
        this.storage = new Storage(configuration);
    }

    /**
     * All bytes of a file.
     *
     * @param listed what a listing said of it
     * @throws ImageException of stage READ
     */
    byte[] fetch(String uri, Listed listed) throws ImageException {
        try {
            return storage.read(uri, listed, MAX_FILE_BYTES);
        } catch (UnusableFileException e) {
            throw new ImageException(codeOf(e.fault()), "%s", e.getMessage());
        } catch (FileNotFoundException e) {
            throw new ImageException(ErrorCode.NOT_FOUND, "%s", "no such file, though it may have been listed");
        } catch (AccessDeniedException | AccessControlException e) {
            throw new ImageException(ErrorCode.DENIED, "%s", Messages.reason(e));
        } catch (IOException | IllegalArgumentException e) {
            if (isInterrupt(e)) {
                throw new TaskKilledException("interrupted while reading " + uri);
            }
            throw new ImageException(ErrorCode.IO, "%s", Messages.reason(e));
        }
    }

    private static ErrorCode codeOf(UnusableFileException.Fault fault) {
        return switch (fault) {
            case CHANGED -> ErrorCode.CHANGED;
            case TOO_LARGE -> ErrorCode.TOO_LARGE;
            case NOT_A_FILE -> ErrorCode.NOT_A_FILE;
        };
    }

    private static boolean isInterrupt(Exception e) {
        return e instanceof ClosedByInterruptException
                || (e instanceof InterruptedIOException && !(e instanceof SocketTimeoutException));
    }
}
