package io.swinlake.spark;

import io.swinlake.image.ImageDecoder;
import io.swinlake.image.ImageException;
import io.swinlake.image.ImageException.Stage;
import io.swinlake.image.Pixels;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.Row;

/** An input row's image, whatever kind of column holds it. */
final class PixelReader {
    private final InferSettings settings;
    private final ImageFetcher fetcher;
    private final ImageDecoder decoder;

    PixelReader(InferSettings settings, Configuration configuration) {
        this.settings = settings;
        this.fetcher = new ImageFetcher(configuration);
        this.decoder = ImageDecoder.create(settings.decode());
    }

    /** The decoded image; its encoded bytes are garbage as soon as this returns. */
    Pixels read(Row row) throws ImageException {
        int index = settings.inputIndex();
        if (row.isNullAt(index)) {
            throw new ImageException(Stage.READ, "null", "the input column is null");
        }
        return switch (settings.input()) {
            case URI -> decoder.decode(fetcher.fetch(row.getString(index), listedLength(row)));
            case FILE_BYTES -> decoder.decode((byte[]) row.get(index));
            case IMAGE_STRUCT -> fromStruct(row.getStruct(index));
        };
    }

    /** Names the image in a message: its URI where it has one. */
    String describe(Row row) {
        int index = settings.inputIndex();
        if (row.isNullAt(index)) {
            return "an image";
        }
        return switch (settings.input()) {
            case URI -> row.getString(index);
            case IMAGE_STRUCT -> String.valueOf(ImageSchema.getOrigin(row.getStruct(index)));
            case FILE_BYTES ->
                row.schema().getFieldIndex("path").isDefined() ? String.valueOf(row.<Object>getAs("path")) : "an image";
        };
    }

    private OptionalLong listedLength(Row row) {
        int index = settings.lengthIndex();
        return index == InferSettings.UNKNOWN || row.isNullAt(index)
                ? OptionalLong.empty()
                : OptionalLong.of(row.getLong(index));
    }

    /** Spark keeps channels as OpenCV does: blue first, alpha last. */
    private static Pixels fromStruct(Row image) throws ImageException {
        int width = ImageSchema.getWidth(image);
        int height = ImageSchema.getHeight(image);
        int channels = ImageSchema.getNChannels(image);
        byte[] data = ImageSchema.getData(image);
        boolean known = channels == 1 || channels == 3 || channels == 4;
        if (!known || width < 1 || height < 1 || data.length != (long) width * height * channels) {
            throw new ImageException(
                    Stage.DECODE,
                    "invalid_struct",
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
