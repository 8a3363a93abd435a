package io.swinlake.table;

import static org.apache.spark.sql.functions.col;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Results for objects that were moved or copied: an object of the same length and etag as one that the table has a row of has
 * its bytes, and so its result.
 *
 * <p>Only where an etag tells the content: S3 makes it of the bytes, 32 hexadecimal digits, for an upload in parts with their
 * number behind, and then only the same parts of the same bytes have the same. Other stores count changes, and no etag of
 * theirs looks like that.
 */
final class SameContent {
    private static final String OF_CONTENT = "[0-9a-f]{32}(-[0-9]+)?";

    /** What is the object's own; all else is the result. */
    private static final Set<String> OF_THE_OBJECT = Set.of("path", "length", "modificationTime", "etag");

    private static final String TAG = "_swinlake_tag";

    private SameContent() {}

    /**
     * A row for each object that has the content of a row.
     *
     * @param held rows of a table; those with an error are not taken
     * @param columns of the rows to make
     * @return empty if the objects' etags do not tell their content, or the table has other columns
     */
    static Optional<Dataset<Row>> rows(SparkSession spark, RunObjects objects, Dataset<Row> held, StructType columns) {
        if (!objects.haveContentTags() || !hasAll(held.schema(), columns)) {
            return Optional.empty();
        }
        Dataset<Row> listed = tagged(objects.toDataset(spark));
        Dataset<Row> keys = listed.select("length", TAG).distinct();
        Dataset<Row> results = tagged(held.where("error IS NULL"));
        Dataset<Row> one = results.join(
                        keys,
                        results.col(TAG)
                                .equalTo(keys.col(TAG))
                                .and(results.col("length").equalTo(keys.col("length"))),
                        "left_semi")
                .dropDuplicates(new String[] {"length", TAG});
        List<Column> values = Arrays.stream(columns.fieldNames())
                .map(name -> (OF_THE_OBJECT.contains(name) ? listed : one).col(name))
                .toList();
        return Optional.of(listed.join(
                        one,
                        listed.col(TAG)
                                .equalTo(one.col(TAG))
                                .and(listed.col("length").equalTo(one.col("length"))))
                .select(values.toArray(Column[]::new)));
    }

    private static Dataset<Row> tagged(Dataset<Row> rows) {
        return rows.withColumn(TAG, RunObjects.withoutQuotes(col("etag")))
                .where(col(TAG).rlike("^" + OF_CONTENT + "$"));
    }

    private static boolean hasAll(StructType held, StructType columns) {
        return Arrays.stream(columns.fields()).allMatch(column -> Arrays.stream(held.fields())
                .filter(theirs -> theirs.name().equals(column.name()))
                .map(StructField::dataType)
                .anyMatch(theirs ->
                        theirs.catalogString().equals(column.dataType().catalogString())));
    }
}
