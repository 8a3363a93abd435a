package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.timestamp_millis;

import io.swinlake.storage.Listing;
import io.swinlake.storage.Messages;
import io.swinlake.storage.StoredFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Tuple4;

/** Files that the driver has listed, and how they become rows. */
final class ListedFiles {
    static final StructType COLUMNS = columns(DataTypes.TimestampType);
    static final StructType WITH_MILLIS = columns(DataTypes.LongType);

    private ListedFiles() {}

    private static StructType columns(DataType time) {
        return new StructType()
                .add("path", DataTypes.StringType, false)
                .add("length", DataTypes.LongType, false)
                .add("modificationTime", time, false)
                .add("etag", DataTypes.StringType, true);
    }

    /**
     * All files of some inputs, sorted by their URIs, each once.
     *
     * @throws IOException if an input is not there or cannot be listed; the message begins with the input
     */
    static List<StoredFile> list(Listing listing, List<String> inputs) throws IOException {
        return list(listing, inputs, Integer.MAX_VALUE).orElseThrow();
    }

    /**
     * The same; empty if there are more and others can list them.
     *
     * @param most files that the driver is to hold
     */
    static Optional<List<StoredFile>> list(Listing listing, List<String> inputs, int most) throws IOException {
        List<StoredFile> found = new ArrayList<>();
        boolean canBeCut = most < Integer.MAX_VALUE;
        for (String input : inputs) {
            try {
                canBeCut = canBeCut && listing.canBeCut(input);
                RemoteIterator<StoredFile> files = listing.of(input);
                while (files.hasNext()) {
                    found.add(files.next());
                    if (canBeCut && found.size() > most) {
                        return Optional.empty();
                    }
                }
            } catch (FileNotFoundException e) {
                throw withCause(new FileNotFoundException(input + ": " + Messages.firstLine(e)), e);
            } catch (IOException | IllegalArgumentException e) {
                throw new IOException(input + ": cannot be listed: " + Messages.reason(e), e);
            }
        }
        return Optional.of(sortedAndDistinct(found));
    }

    private static <E extends Exception> E withCause(E exception, Exception cause) {
        exception.initCause(cause);
        return exception;
    }

    static List<StoredFile> sortedAndDistinct(List<StoredFile> files) {
        files.sort(Comparator.comparing(StoredFile::uri));
        List<StoredFile> distinct = new ArrayList<>(files.size());
        for (StoredFile file : files) {
            if (distinct.isEmpty() || !distinct.get(distinct.size() - 1).uri().equals(file.uri())) {
                distinct.add(file);
            }
        }
        return distinct;
    }

    /** {@link #COLUMNS}: one row for each file, one partition for each task. */
    static Dataset<Row> toDataset(SparkSession spark, List<List<StoredFile>> tasks) {
        JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
        List<Tuple4<String[], long[], long[], String[]>> slices =
                tasks.stream().map(ListedFiles::slice).toList();
        // Times travel as numbers: whether a row holds a Timestamp or an Instant is a setting of Spark's.
        return spark.createDataFrame(
                        context.parallelize(new ArrayList<>(slices), Math.max(1, slices.size()))
                                .flatMap(ListedFiles::rows),
                        WITH_MILLIS)
                .withColumn("modificationTime", timestamp_millis(col("modificationTime")));
    }

    /** One task's objects, as arrays: what any {@code spark.serializer} carries. */
    private static Tuple4<String[], long[], long[], String[]> slice(List<StoredFile> files) {
        return new Tuple4<>(
                files.stream().map(StoredFile::uri).toArray(String[]::new),
                files.stream().mapToLong(StoredFile::length).toArray(),
                files.stream().mapToLong(StoredFile::modificationMillis).toArray(),
                files.stream().map(StoredFile::etag).toArray(String[]::new));
    }

    private static Iterator<Row> rows(Tuple4<String[], long[], long[], String[]> files) {
        return IntStream.range(0, files._1().length)
                .mapToObj(i -> row(new StoredFile(files._1()[i], files._2()[i], files._3()[i], files._4()[i])))
                .iterator();
    }

    /** {@link #WITH_MILLIS}. */
    static Row row(StoredFile file) {
        return RowFactory.create(
                file.uri(),
                file.length(),
                file.modificationMillis(),
                file.etag().equals(StoredFile.NO_ETAG) ? null : file.etag());
    }

    /** @param row {@link #WITH_MILLIS} */
    static StoredFile file(Row row) {
        return new StoredFile(
                row.getString(0),
                row.getLong(1),
                row.getLong(2),
                row.isNullAt(3) ? StoredFile.NO_ETAG : row.getString(3));
    }
}
