package io.swinlake.cli.command;

import io.swinlake.storage.Messages;
import io.swinlake.table.RunRecord;
import io.swinlake.table.SameModel;
import io.swinlake.table.SwinlakeTable;
import io.swinlake.table.TableException;
import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A table that {@code infer} wrote. */
public final class EmbeddingsTable {
    private static final List<String> NEEDED = List.of("path", "prediction", "label", "top_k", "embedding", "error");

    private EmbeddingsTable() {}

    /** The table; a preflight failure if it is none or another one. */
    public static Dataset<Row> read(SparkSession spark, String uri) {
        Dataset<Row> table;
        try {
            table = SwinlakeTable.read(spark, uri);
        } catch (TableException e) {
            throw e;
        } catch (Exception e) { // Spark throws checked ones too, without declaring them
            throw unreadable(uri, e);
        }
        List<String> columns = List.of(table.columns());
        for (String column : NEEDED) {
            if (!columns.contains(column)) {
                throw CommandException.preflight(
                        "%s: has no column '%s', so infer did not write it; there are %s", uri, column, columns);
            }
        }
        return table;
    }

    /** What the table's runs said about themselves, the latest first. */
    public static List<RunRecord> records(SparkSession spark, String uri) {
        try {
            return SwinlakeTable.records(spark, uri);
        } catch (IOException e) {
            throw unreadable(uri, e);
        }
    }

    /** The table; a preflight failure also if its rows come from more than one model. */
    public static Dataset<Row> readOneModel(SparkSession spark, String uri) {
        Dataset<Row> table = read(spark, uri);
        requireOneModel(uri, table);
        return table;
    }

    /** A preflight failure, about the place of one of them, if the rows of these tables come from more than one model. */
    @SafeVarargs
    public static void requireOneModel(String uri, Dataset<Row>... tables) {
        try {
            SameModel.require(tables);
        } catch (IllegalArgumentException e) {
            throw CommandException.preflight("%s: %s", uri, e.getMessage());
        }
    }

    /** What Spark says when there is nothing that it can read as a table. */
    public static CommandException unreadable(String uri, Exception cause) {
        return CommandException.preflight("%s: cannot be read as a table: %s", uri, Messages.reason(cause));
    }
}
