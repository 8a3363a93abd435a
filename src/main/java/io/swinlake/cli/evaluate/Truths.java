package io.swinlake.cli.evaluate;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.udf;

import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.EmbeddingsTable;
import io.swinlake.cli.command.ImageNames;
import io.swinlake.spark.inference.UserText;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;

/**
 * A CSV file of known classes: quoted as RFC 4180 says, in UTF-8 or UTF-16, with the columns file and label in any place
 * and case.
 *
 * @param location what messages begin with
 * @param rows {@code file} as it stands there, {@code key} its normal name, {@code depth} how many parts of a path that has
 *     (0: all), {@code word} for the class; each key once
 */
record Truths(String location, Dataset<Row> rows) {
    /** What a decoder writes for bytes that it cannot read. */
    private static final String REPLACEMENT = "\uFFFD";

    /** Reads the file; the caller unpersists the rows. */
    static Truths read(SparkSession spark, String location, ImageNames names) {
        Dataset<Row> csv = csv(spark, location, StandardCharsets.UTF_8);
        if (csv.columns().length > 0 && csv.columns()[0].startsWith(REPLACEMENT + REPLACEMENT)) {
            csv = csv(spark, location, StandardCharsets.UTF_16); // that was its byte order mark
        }
        String[] columns = csv.columns();
        Dataset<Row> rows = csv.toDF(numbered(columns.length))
                .select(
                        col("_" + place("file", columns, location)).as("file"),
                        col("_" + place("label", columns, location)).as("word"))
                .where("file IS NOT NULL AND word IS NOT NULL")
                .withColumn(
                        "key",
                        udf((UDF1<String, String>) names::normal, DataTypes.StringType)
                                .apply(col("file")))
                .withColumn(
                        "depth",
                        udf((UDF1<String, Integer>) ImageNames::depth, DataTypes.IntegerType)
                                .apply(col("key")))
                .cache();
        Truths truths = new Truths(location, rows);
        truths.requireText(spark.sessionState().newHadoopConf());
        truths.requireEachFileOnce();
        return truths;
    }

    /** The files of a folder must agree on their columns, else Spark takes them by position. */
    private static Dataset<Row> csv(SparkSession spark, String location, Charset charset) {
        try {
            return spark.read()
                    .option("header", "true")
                    .option("enforceSchema", "false")
                    .option("encoding", charset.name())
                    .option("escape", "\"")
                    .option("multiLine", "true")
                    .csv(location);
        } catch (Exception e) { // Spark throws checked ones too, without declaring them
            throw EmbeddingsTable.unreadable(location, e);
        }
    }

    private static String[] numbered(int columns) {
        String[] names = new String[columns];
        Arrays.setAll(names, i -> "_" + i);
        return names;
    }

    private static int place(String wanted, String[] columns, String location) {
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < columns.length; i++) {
            if (columns[i].strip().toLowerCase(Locale.ROOT).equals(wanted)) {
                places.add(i);
            }
        }
        if (places.size() != 1) {
            throw CommandException.preflight(
                    "%s: needs the columns file and label, found %s", location, Arrays.toString(columns));
        }
        return places.get(0);
    }

    /** Spark replaces what it cannot decode, without a word; the file itself then tells where. */
    private void requireText(Configuration configuration) {
        List<Row> damaged = rows.where(
                        col("file").contains(REPLACEMENT).or(col("word").contains(REPLACEMENT)))
                .select("file", "word")
                .takeAsList(1);
        if (damaged.isEmpty()) {
            return;
        }
        try {
            UserText.read(location, configuration);
        } catch (IOException e) {
            throw CommandException.preflight(
                    "%s: cannot be read as text, see '%s,%s': %s",
                    location, damaged.get(0).getString(0), damaged.get(0).getString(1), e.getMessage());
        }
    }

    private void requireEachFileOnce() {
        List<Row> doubled = rows.groupBy("key")
                .agg(count(lit(1)).as("times"), min("file"))
                .where("times > 1")
                .orderBy("key")
                .takeAsList(1);
        if (!doubled.isEmpty()) {
            throw CommandException.preflight(
                    "%s: '%s' stands there more than once",
                    location, doubled.get(0).getString(2));
        }
    }

    /** The depths that occur, those first that say most about an image: whole paths, then long ends, then names. */
    List<Integer> depths() {
        return rows.select("depth").distinct().collectAsList().stream()
                .map(row -> row.getInt(0))
                .sorted((a, b) -> Integer.compare(b == 0 ? Integer.MAX_VALUE : b, a == 0 ? Integer.MAX_VALUE : a))
                .toList();
    }
}
