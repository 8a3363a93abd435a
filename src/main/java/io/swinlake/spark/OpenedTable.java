package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.md5;
import static org.apache.spark.sql.functions.regexp_replace;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import io.swinlake.spark.inference.PixelColumn;
import io.swinlake.spark.source.FileOrUri;
import io.swinlake.spark.source.TableSource;
import io.swinlake.spark.sql.ColumnNames;
import io.swinlake.storage.Messages;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** One input of an {@link ImageTable}, with the columns that that speaks of. */
final class OpenedTable {
    private static final Set<String> OWN =
            Set.of("path", "length", "modificationTime", "etag", ImageTable.IMAGE, SwinlakeTable.RUN);

    private final SparkSession spark;
    private final String input;
    private final TableSource source;
    private final ImageColumns columns;
    private final StructField image;

    OpenedTable(SparkSession spark, String input, TableSource source, ImageColumns columns) {
        this.spark = spark;
        this.input = input;
        this.source = source;
        this.columns = columns;
        this.image =
                columns.image().map(name -> field("the column of images", name)).orElseGet(this::looksLikeImages);
        boolean areUris = columns.holds() == ImageColumns.Holds.URIS;
        if (areUris != image.dataType().equals(DataTypes.StringType)) {
            throw new IllegalArgumentException(
                    "%s: column '%s' is %s: %s"
                            .formatted(
                                    input,
                                    image.name(),
                                    image.dataType().simpleString(),
                                    areUris
                                            ? "URIs are text; --image-column takes bytes and structs"
                                            : "images are binary, struct<bytes, path> or Spark's image struct; --uri-column takes text"));
        }
        requireOthers(columns.kept());
        if (!areUris) {
            PixelColumn.of(image); // says which types there are
        }
    }

    /** @throws IllegalArgumentException if a column to keep has a name that is taken, or is there twice */
    static void requireOthers(List<ImageColumns.Kept> kept) {
        Set<String> names = new HashSet<>(OWN);
        for (ImageColumns.Kept column : kept) {
            if (!names.add(column.name())) {
                throw new IllegalArgumentException(
                        "--keep %s: there is a column '%s' already; --keep %s=NEWNAME gives it another name"
                                .formatted(column.column(), column.name(), column.column()));
            }
        }
    }

    private StructType schema() {
        return source.rows().schema();
    }

    private StructField field(String what, String name) {
        try {
            return schema().apply(ColumnNames.index(schema(), name));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("%s: %s: %s".formatted(input, what, e.getMessage()), e);
        }
    }

    private StructField looksLikeImages() {
        List<StructField> found = Arrays.stream(schema().fields())
                .filter(field -> !field.dataType().equals(DataTypes.StringType))
                .filter(field -> {
                    try {
                        PixelColumn.of(field);
                        return true;
                    } catch (IllegalArgumentException e) {
                        return false;
                    }
                })
                .toList();
        if (found.size() != 1) {
            throw new IllegalArgumentException(
                    "%s: is a table, and --image-column or --uri-column has to say which column has the images or their URIs; there are %s"
                            .formatted(input, List.of(schema().fieldNames())));
        }
        return found.get(0);
    }

    long bytes() {
        return source.rows()
                .queryExecution()
                .optimizedPlan()
                .stats()
                .sizeInBytes()
                .longValue();
    }

    Dataset<Row> names() {
        return source.rows().select(name().as(ImageTable.PATH), time().as(ImageTable.TIME));
    }

    Dataset<Row> images() {
        List<Column> all = new ArrayList<>(List.of(
                name().as(ImageTable.PATH),
                size().cast(DataTypes.LongType).as("length"),
                time().as(ImageTable.TIME),
                etag().cast(DataTypes.StringType).as(ImageTable.ETAG)));
        for (ImageColumns.Kept kept : columns.kept()) {
            all.add(column(field("a column to keep", kept.column()).name()).as(kept.name()));
        }
        all.add(content().as(ImageTable.IMAGE));
        return source.rows().select(all.toArray(Column[]::new));
    }

    private Column column(String name) {
        return source.rows().col("`" + name.replace("`", "``") + "`");
    }

    private Column image() {
        return column(image.name());
    }

    private boolean isFileOrUri() {
        return FileOrUri.isOne(image.dataType());
    }

    private boolean isImageStruct() {
        return image.dataType() instanceof StructType && !isFileOrUri();
    }

    private Column name() {
        if (columns.id().isPresent()) {
            return column(field("the column that tells rows apart", columns.id().get())
                            .name())
                    .cast(DataTypes.StringType);
        }
        if (columns.holds() == ImageColumns.Holds.URIS) {
            return resolved(image());
        }
        if (isFileOrUri()) {
            return image().getField("path");
        }
        if (isImageStruct()) {
            return image().getField("origin");
        }
        if (!List.of(schema().fieldNames()).contains(ImageTable.PATH)) {
            throw new IllegalArgumentException(
                    "%s: --id-column has to say which column tells its rows apart; there are %s"
                            .formatted(input, List.of(schema().fieldNames())));
        }
        return column(ImageTable.PATH).cast(DataTypes.StringType);
    }

    /** When the file was written that a row lies in: what has not been written since has not changed. */
    private Column time() {
        try {
            Column time = col("_metadata.file_modification_time");
            source.rows().select(time);
            return columns.holds() == ImageColumns.Holds.URIS ? lit(null).cast(DataTypes.TimestampType) : time;
        } catch (Exception e) { // of Spark's analysis, which is checked without being declared: not of files
            return lit(null).cast(DataTypes.TimestampType);
        }
    }

    private Column size() {
        return stored().map(bytes -> length(bytes)).orElse(lit(null));
    }

    private Column etag() {
        return stored().map(bytes -> md5(bytes)).orElse(lit(null));
    }

    /** The bytes that the table itself holds. */
    private Optional<Column> stored() {
        if (columns.holds() == ImageColumns.Holds.URIS) {
            return Optional.empty();
        }
        return Optional.of(
                isFileOrUri() ? image().getField("bytes") : isImageStruct() ? image().getField("data") : image());
    }

    private Column content() {
        if (columns.holds() == ImageColumns.Holds.URIS) {
            return resolved(image());
        }
        return isFileOrUri()
                ? when(
                        image().isNotNull(),
                        struct(
                                image().getField("bytes").as("bytes"),
                                resolved(image().getField("path")).as("path")))
                : image();
    }

    /** A URI as {@link ImageLake} would write it. */
    private Column resolved(Column uri) {
        Configuration configuration = spark.sessionState().newHadoopConf();
        String root;
        try {
            Path slash = new Path("/");
            root = slash.getFileSystem(configuration).makeQualified(slash).toString();
        } catch (IOException e) {
            throw new IllegalArgumentException("the default file system: " + Messages.reason(e), e);
        }
        Column full = configuration.get("fs.s3.impl") == null ? regexp_replace(uri, "^s3://", "s3a://") : uri;
        String folder =
                source.folder().map(some -> some.replaceFirst("/+$", "") + "/").orElse("");
        return when(uri.rlike("^[A-Za-z][A-Za-z0-9+.-]*:/"), regexp_replace(full, "^file:/+", "file:/"))
                .when(uri.startsWith("/"), concat(lit(root.replaceFirst("/+$", "")), uri))
                .otherwise(concat(lit(folder), uri));
    }
}
