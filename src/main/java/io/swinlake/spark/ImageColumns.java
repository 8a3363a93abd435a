package io.swinlake.spark;

import io.swinlake.PublicApi;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which columns of a table say where its images are, which rows they are, and what else goes along.
 *
 * <pre>{@code ImageColumns.images("image").identifiedBy("id").keeping(List.of("caption", "label=truth"))}</pre>
 *
 * @param holds what the column of images holds
 * @param image name of that column; empty for the one column that looks like images
 * @param id name of a column that tells rows apart, whose text becomes {@code path}; empty for the URI of the image, or the
 *     column {@code path} that Spark's {@code binaryFile} makes, or the path in a struct
 * @param keep names of columns to carry along, {@code COLUMN} or {@code COLUMN=NEWNAME}
 */
@PublicApi(since = "0.1.0")
public record ImageColumns(Holds holds, Optional<String> image, Optional<String> id, List<String> keep) {
    /** What a column of images holds. */
    public enum Holds {
        /** URIs of images that lie elsewhere; relative ones begin at the folder of the table. */
        URIS,
        /** Images: bytes of a file, Spark's image struct, or Hugging Face's struct of bytes and path. */
        IMAGES
    }

    /** Copies the list in. */
    public ImageColumns {
        keep = List.copyOf(keep);
    }

    /**
     * The column that looks like images.
     *
     * @return columns, of which more can be said
     */
    public static ImageColumns ofTable() {
        return new ImageColumns(Holds.IMAGES, Optional.empty(), Optional.empty(), List.of());
    }

    /**
     * A column of URIs.
     *
     * @param column its name
     * @return columns, of which more can be said
     */
    public static ImageColumns uris(String column) {
        return new ImageColumns(Holds.URIS, Optional.of(column), Optional.empty(), List.of());
    }

    /**
     * A column with the images themselves.
     *
     * @param column its name
     * @return columns, of which more can be said
     */
    public static ImageColumns images(String column) {
        return new ImageColumns(Holds.IMAGES, Optional.of(column), Optional.empty(), List.of());
    }

    /**
     * The same with a column that tells rows apart.
     *
     * @param column its name; no value may be null or stand there twice
     * @return the columns
     */
    public ImageColumns identifiedBy(String column) {
        return new ImageColumns(holds, image, Optional.of(column), keep);
    }

    /**
     * The same with columns that are carried along.
     *
     * @param columns names, each with {@code =NEWNAME} if it is to be called otherwise
     * @return the columns
     */
    public ImageColumns keeping(List<String> columns) {
        List<String> all = new ArrayList<>(keep);
        all.addAll(columns);
        return new ImageColumns(holds, image, id, all);
    }

    /** A column to carry along. */
    record Kept(String column, String name) {
        static Kept of(String text) {
            int equals = text.lastIndexOf('=');
            return equals < 0 ? new Kept(text, text) : new Kept(text.substring(0, equals), text.substring(equals + 1));
        }
    }

    List<Kept> kept() {
        return keep.stream().map(Kept::of).toList();
    }
}
