package io.swinlake.spark.inference;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import io.swinlake.image.SharedHeap;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.spark.source.FileOrUri;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;

/** The images of a task's rows, whatever kind of column holds them. */
final class PixelReader implements AutoCloseable {
    private final InferSettings settings;
    private final ReadAhead images;
    private final ImageDecoder decoder;

    PixelReader(Iterator<Row> rows, InferSettings settings, Configuration configuration, Cancellation cancellation) {
        this.settings = settings;
        this.images = new ReadAhead(rows, settings, new ImageFetcher(configuration), cancellation);
        this.decoder = ImageDecoder.create(settings.decode());
    }

    /** Begins to read the first files. */
    void start() {
        images.start();
    }

    boolean hasNext() {
        return images.hasNext();
    }

    /** The next row's image, which {@link #read} decodes. */
    ReadAhead.Image next() {
        return images.next();
    }

    /** An image that is there with all its bytes. */
    @FunctionalInterface
    interface Encoded {
        /** Decodes into a share of the heap, in which the pixels stay. */
        Pixels decode(SharedHeap.Share share) throws ImageException;

        /** The bytes of its file; empty if it came as pixels. */
        default Optional<byte[]> file() {
            return Optional.empty();
        }
    }

    /**
     * Waits for a row's image.
     *
     * @throws ImageException of stage {@code read}
     */
    Encoded read(ReadAhead.Image image) throws ImageException {
        Row row = image.row();
        int index = settings.inputIndex();
        if (row.isNullAt(index)) {
            throw new ImageException(ErrorCode.NULL, "the input column is null");
        }
        return switch (settings.input()) {
            case URI -> file(images.content(image));
            case FILE_BYTES -> file((byte[]) row.get(index));
            case FILE_OR_URI ->
                file(image.file().isPresent() ? images.content(image) : FileOrUri.bytes(row.getStruct(index)));
            case IMAGE_STRUCT ->
                share -> fromStruct(row.getStruct(index), settings.decode().maxPixels());
        };
    }

    private Encoded file(byte[] bytes) {
        return new Encoded() {
            @Override
            public Pixels decode(SharedHeap.Share share) throws ImageException {
                return decoder.decode(bytes, share);
            }

            @Override
            public Optional<byte[]> file() {
                return Optional.of(bytes);
            }
        };
    }

    @Override
    public void close() {
        images.close();
    }

    /** Names the image in a message: its URI where it has one. */
    String describe(Row row) {
        int index = settings.inputIndex();
        if (row.isNullAt(index)) {
            return "an image";
        }
        return switch (settings.input()) {
            case URI -> row.getString(index);
            case IMAGE_STRUCT -> named(row.getStruct(index), "origin");
            case FILE_OR_URI -> FileOrUri.toFetch(row.getStruct(index)).orElseGet(() -> named(row, "path"));
            case FILE_BYTES -> named(row, "path");
        };
    }

    /** What a column of the row says, where there is one. */
    private static String named(Row row, String column) {
        return row.schema().getFieldIndex(column).isDefined() && row.getAs(column) != null
                ? String.valueOf(row.<Object>getAs(column))
                : "an image";
    }

    /** Spark keeps channels as OpenCV does: blue first, alpha last. */
    private static Pixels fromStruct(Row image, long maxPixels) throws ImageException {
        for (String field : List.of("width", "height", "nChannels", "data")) {
            if (image.getAs(field) == null) {
                throw new ImageException(ErrorCode.INVALID_STRUCT, "the field %s of an image struct is null", field);
            }
        }
        int width = image.getAs("width");
        int height = image.getAs("height");
        int channels = image.getAs("nChannels");
        byte[] data = image.getAs("data");
        if ((long) width * height > maxPixels) {
            throw new ImageException(
                    ErrorCode.TOO_MANY_PIXELS,
                    "an image struct of %d x %d pixels, the limit is %d: raise maxPixels",
                    width,
                    height,
                    maxPixels);
        }
        boolean known = channels == 1 || channels == 3 || channels == 4;
        if (!known || width < 1 || height < 1 || data.length != (long) width * height * channels) {
            throw new ImageException(
                    ErrorCode.INVALID_STRUCT,
                    "an image struct of %d x %d pixels, %d channels and %d bytes is none",
                    width,
                    height,
                    channels,
                    data.length);
        }
        byte[] rgb = new byte[Math.multiplyExact(width * height, 3)];
        for (int pixel = 0; pixel < width * height; pixel++) {
            int from = pixel * channels;
            int to = pixel * 3;
            rgb[to] = data[channels == 1 ? from : from + 2];
            rgb[to + 1] = data[channels == 1 ? from : from + 1];
            rgb[to + 2] = data[from];
        }
        return new Pixels(width, height, rgb);
    }
}
