package io.swinlake.spark.inference;

import io.swinlake.image.ImageException;
import io.swinlake.spark.source.FileOrUri;
import io.swinlake.storage.Listed;
import io.swinlake.storage.Messages;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.spark.sql.Row;

/**
 * The rows of a task in their order, with the files that they name read before they are asked for, so that the network
 * computes while the storage answers. What has been read and not been used is bounded in number and bytes: a task's memory
 * does not grow with its partition. Belongs to one thread; another may close it.
 */
final class ReadAhead implements Iterator<ReadAhead.Image>, AutoCloseable {
    /** Hides 30 ms a request from a task that needs a millisecond for an image. */
    static final int MAX_FILES = 32;

    /** Of all files ahead together; a single one may have more. */
    static final long MAX_BYTES = 32L << 20;

    /** Of a file whose length no listing told; as most photos, rather more than less. */
    private static final long ASSUMED_BYTES = 4L << 20;

    private final Iterator<Row> rows;
    private final InferSettings settings;
    private final ImageFetcher fetcher;
    private final Cancellation cancellation;
    private final ArrayDeque<Image> ahead = new ArrayDeque<>();
    private Optional<Row> refused = Optional.empty(); // taken from the rows, but its file has no room yet
    private Optional<Image> given = Optional.empty(); // the latest, which somebody may be waiting for
    private long bytesAhead;
    private boolean closed; // this, the images ahead and the one given: guarded by this

    /** Reads nothing yet. */
    ReadAhead(Iterator<Row> rows, InferSettings settings, ImageFetcher fetcher, Cancellation cancellation) {
        this.rows = rows;
        this.settings = settings;
        this.fetcher = fetcher;
        this.cancellation = cancellation;
    }

    /**
     * A row and the file that it names.
     *
     * @param row as it came
     * @param file its content, perhaps still on its way; empty if the row holds its image itself
     * @param reservedBytes room that the file takes
     */
    record Image(Row row, Optional<Future<byte[]>> file, long reservedBytes) {}

    @Override
    public boolean hasNext() {
        return !ahead.isEmpty() || refused.isPresent() || rows.hasNext();
    }

    @Override
    public Image next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        fill();
        synchronized (this) {
            requireOpen();
            Image next = ahead.remove();
            bytesAhead -= next.reservedBytes();
            given = Optional.of(next);
            return next;
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new CancellationException("the task has ended");
        }
    }

    /**
     * Waits for an image's file.
     *
     * @throws ImageException if it cannot be read
     * @throws org.apache.spark.TaskKilledException if Spark kills the task meanwhile
     */
    byte[] content(Image image) throws ImageException {
        try {
            return cancellation.await(image.file().orElseThrow());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ImageException unreadable) {
                throw unreadable;
            }
            if (e.getCause() instanceof Error error) {
                throw error; // the Java heap is full: Spark ends an executor whose task says so
            }
            throw new IllegalStateException(Messages.reason(e), e);
        }
    }

    /** Begins to read the first files, for whoever has something else to do before asking for them. */
    void start() {
        if (mayNameFiles()) {
            fill();
        }
    }

    private boolean mayNameFiles() {
        return settings.input() == PixelColumn.URI || settings.input() == PixelColumn.FILE_OR_URI;
    }

    private void fill() {
        if (!mayNameFiles()) {
            begin(rows.next(), 0);
            return;
        }
        while (ahead.size() < MAX_FILES && (refused.isPresent() || rows.hasNext())) {
            Row row = refused.orElseGet(rows::next);
            long bytes = bytesOf(row);
            if (!ahead.isEmpty() && bytesAhead + bytes > MAX_BYTES) {
                refused = Optional.of(row);
                return;
            }
            refused = Optional.empty();
            begin(row, bytes);
        }
    }

    /** A read that begins when the task has ended would never be stopped. */
    private synchronized void begin(Row row, long bytes) {
        requireOpen();
        ahead.add(new Image(row, read(row), bytes));
        bytesAhead += bytes;
    }

    private Optional<Future<byte[]>> read(Row row) {
        Listed listed = settings.listing().of(row);
        return uri(row).map(uri -> FetchPool.submit(() -> fetcher.fetch(uri, listed)));
    }

    /** What is to be fetched for a row; empty if it has its image itself, or none. */
    private Optional<String> uri(Row row) {
        int index = settings.inputIndex();
        if (row.isNullAt(index)) {
            return Optional.empty();
        }
        return switch (settings.input()) {
            case URI -> Optional.of(row.getString(index));
            case FILE_OR_URI -> FileOrUri.toFetch(row.getStruct(index));
            case FILE_BYTES, IMAGE_STRUCT -> Optional.empty();
        };
    }

    private long bytesOf(Row row) {
        if (row.isNullAt(settings.inputIndex())) {
            return 0;
        }
        if (uri(row).isEmpty()) {
            return FileOrUri.size(row.getStruct(settings.inputIndex()));
        }
        return settings.listing().of(row).length().orElse(ASSUMED_BYTES);
    }

    /** Stops the reads that nobody waits for any more; their streams are closed by the threads that have them. */
    @Override
    public synchronized void close() {
        closed = true;
        given.ifPresent(ahead::add);
        ahead.forEach(image -> image.file().ifPresent(file -> file.cancel(true)));
        ahead.clear();
    }
}
