package io.swinlake.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.rdd.PartitionPruningRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import scala.Function1;

/** A table cut at the bounds of its partitions, so that each part reads its own and nothing is read twice. */
final class PartRanges {
    private PartRanges() {}

    /** A choice of partitions, of which only the driver asks. */
    private interface Choice extends Function1<Object, Object>, Serializable {}

    /**
     * The table in parts of about the same number of partitions, in order.
     *
     * @param parts how many; fewer if there are not so many partitions
     */
    static List<Dataset<Row>> cut(Dataset<Row> table, long parts) {
        if (parts <= 1) {
            return List.of(table);
        }
        RDD<Row> rows = table.rdd();
        int partitions = rows.getNumPartitions();
        int count = (int) Math.min(parts, partitions);
        List<Dataset<Row>> cut = new ArrayList<>(count);
        for (int part = 0; part < count; part++) {
            long from = (long) part * partitions / count;
            long to = (part + 1L) * partitions / count;
            Choice choice = partition -> (Integer) partition >= from && (Integer) partition < to;
            cut.add(table.sparkSession().createDataFrame(PartitionPruningRDD.create(rows, choice), table.schema()));
        }
        return cut;
    }
}
