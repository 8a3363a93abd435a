package io.swinlake.spark;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.storage.Failures;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FutureDataInputStreamBuilder;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.util.functional.FutureIO;
import org.apache.spark.TaskKilledException;

/**
 * Reads image files whole, with one open each. On S3 that is one GET: the length from the listing spares the HEAD that an
 * open makes otherwise.
 */
final class ImageFetcher {
    /** Far above any photo: what is larger is a video or an archive that lies in the wrong place. */
    private static final int MAX_FILE_BYTES = 256 << 20;

    private final Configuration configuration;

    ImageFetcher(Configuration configuration) {
        this.configuration = configuration;
    }

    /**
     * All bytes of a file.
     *
     * @param listedLength what a listing said, bytes; empty if the file was not listed
     * @throws ImageException of stage READ
     */
    byte[] fetch(String uri, OptionalLong listedLength) throws ImageException {
        try {
            if (listedLength.isPresent()) {
                long length = listedLength.getAsLong();
                checkSize(length);
                return length == 0 ? new byte[0] : readExactly(uri, (int) length);
            }
            return readToEnd(uri);
        } catch (FileNotFoundException e) {
            throw new ImageException(ErrorCode.NOT_FOUND, "%s", "no such file, though it may have been listed");
        } catch (AccessDeniedException | AccessControlException e) {
            throw new ImageException(ErrorCode.DENIED, "%s", Failures.reason(e));
        } catch (IOException | IllegalArgumentException e) {
            if (isInterrupt(e)) {
                throw new TaskKilledException("interrupted while reading " + uri);
            }
            throw new ImageException(ErrorCode.IO, "%s", Failures.reason(e));
        }
    }

    private byte[] readExactly(String uri, int length) throws IOException, ImageException {
        byte[] bytes = new byte[length];
        try (FSDataInputStream in = open(uri, length)) {
            int read = in.readNBytes(bytes, 0, length);
            if (read < length || in.read() >= 0) {
                throw new ImageException(
                        ErrorCode.CHANGED,
                        "listed with %d bytes, found %s: it was written again since",
                        length,
                        read < length ? String.valueOf(read) : "more");
            }
        }
        return bytes;
    }

    private byte[] readToEnd(String uri) throws IOException, ImageException {
        Path path = new Path(uri);
        try (FSDataInputStream in = path.getFileSystem(configuration).open(path)) {
            byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
            checkSize(bytes.length);
            return bytes;
        }
    }

    private static void checkSize(long bytes) throws ImageException {
        if (bytes > MAX_FILE_BYTES) {
            throw new ImageException(
                    ErrorCode.TOO_LARGE, "more than the %d MiB an image file may have", MAX_FILE_BYTES >> 20);
        }
    }

    private FSDataInputStream open(String uri, long length) throws IOException {
        FileSystem fileSystem = new Path(uri).getFileSystem(configuration);
        Path path = fileSystem.makeQualified(new Path(uri));
        FutureDataInputStreamBuilder opening = fileSystem.openFile(path);
        if (fileSystem.getUri().getScheme().equals("s3a")) {
            opening.withFileStatus(S3a.status(path, length));
        }
        return FutureIO.awaitFuture(opening.build());
    }

    private static boolean isInterrupt(Exception e) {
        return e instanceof ClosedByInterruptException
                || (e instanceof InterruptedIOException && !(e instanceof SocketTimeoutException));
    }

    /** Apart, so that hadoop-aws is needed only where s3a is used: its open takes no other class as a known status. */
    private static final class S3a {
        static FileStatus status(Path path, long length) {
            return new S3AFileStatus(length, 0, path, length, null, null, null);
        }
    }
}
