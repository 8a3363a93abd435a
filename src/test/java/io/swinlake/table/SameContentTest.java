package io.swinlake.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.spark.LocalSpark;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/** Which objects take the result of which rows. */
class SameContentTest {
    private static final String MD5 = "0123456789abcdef0123456789abcdef";

    private final SparkSession spark = LocalSpark.session();

    /** Objects that only say what they are. */
    private record Listed(Dataset<Row> rows, boolean haveContentTags) implements RunObjects {
        @Override
        public long size() {
            return rows.count();
        }

        @Override
        public long bytes() {
            return 0;
        }

        @Override
        public Dataset<Row> toDataset(SparkSession spark) {
            return rows;
        }

        @Override
        public List<Supplier<Dataset<Row>>> inPartsOf(SparkSession spark, long images) {
            return List.of();
        }

        @Override
        public RunObjects without(Dataset<Row> held, Column isResult) {
            return this;
        }

        @Override
        public Dataset<Row> rowsIn(Dataset<Row> table) {
            return table;
        }
    }

    private Dataset<Row> objects(String... values) {
        return spark.sql("SELECT path, length, timestamp_millis(time) AS modificationTime, etag FROM VALUES "
                + String.join(", ", values) + " AS t(path, length, time, etag)");
    }

    private static String object(String path, int length, String etag) {
        return "('%s', %sL, %sL, %s)".formatted(path, length, length, etag == null ? "NULL" : "'" + etag + "'");
    }

    private Dataset<Row> held(String... values) {
        return objects(values)
                .selectExpr("*", "concat('of ', path) AS result", "cast(NULL AS string) AS error", "'1' AS run");
    }

    private Optional<List<String>> taken(Dataset<Row> listed, boolean haveTags, Dataset<Row> held) {
        StructType columns = held.drop("run").schema();
        return SameContent.rows(spark, new Listed(listed, haveTags), held, columns)
                .map(rows -> rows.selectExpr("concat_ws(' ', path, length, result)").collectAsList().stream()
                        .map(row -> row.getString(0))
                        .sorted()
                        .toList());
    }

    @Test
    void theSameLengthAndEtagIsTheSameContentWhateverItsQuotes() {
        Dataset<Row> held = held(object("a", 1, MD5), object("b", 2, MD5), object("c", 3, "\"" + MD5 + "-2\""));
        Dataset<Row> listed = objects(
                object("copy of a", 1, "\"" + MD5 + "\""),
                object("copy of b", 2, MD5),
                object("parts of c", 3, MD5 + "-2"),
                object("other length", 4, MD5));

        assertThat(taken(listed, true, held))
                .contains(List.of("copy of a 1 of a", "copy of b 2 of b", "parts of c 3 of c"));
    }

    @Test
    void anEtagOfPartsIsThatOfTheSamePartsOnly() {
        Dataset<Row> held = held(object("a", 1, MD5 + "-2"));

        assertThat(taken(objects(object("b", 1, MD5), object("c", 1, MD5 + "-3")), true, held))
                .contains(List.of());
    }

    @Test
    void anEtagThatDoesNotTellTheContentIsNoReason() {
        for (String etag : new String[] {null, "0x8DC1A2B3C4D5E6F", "CKih16GjycICEAE=", "W/\"" + MD5 + "\""}) {
            assertThat(taken(objects(object("b", 1, etag)), true, held(object("a", 1, etag))))
                    .as("etag %s", etag)
                    .contains(List.of());
        }
        assertThat(taken(objects(object("b", 1, MD5)), false, held(object("a", 1, MD5))))
                .isEmpty();
    }

    @Test
    void anErrorIsNoResult() {
        Dataset<Row> held = held(object("a", 1, MD5))
                .selectExpr("path", "length", "modificationTime", "etag", "result", "'decode/bad' AS error", "run");

        assertThat(taken(objects(object("b", 1, MD5)), true, held)).contains(List.of());
    }

    @Test
    void manyRowsOfOneContentGiveEachObjectOneRow() {
        Dataset<Row> held = held(object("a", 1, MD5), object("b", 1, MD5), object("c", 1, MD5));

        assertThat(taken(objects(object("d", 1, MD5), object("e", 1, MD5)), true, held)
                        .orElseThrow())
                .hasSize(2);
    }
}
