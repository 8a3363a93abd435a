package io.swinlake.spark.search;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.least;
import static org.apache.spark.sql.functions.min;

import io.swinlake.search.Groups;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * What pairs connect, directly or over others. Few pairs one task connects; of many, each round hangs every id under the smallest
 * that it knows of, by the large and the small star of Kiveris et al., Connected Components in MapReduce and Beyond (SoCC
 * 2014), until nothing moves: some ten rounds of joins, and no process holds all ids.
 */
public final class ConnectedIds {
    /** Pairs of one task: some 400 MB. */
    public static final int FEW = 2_000_000;

    private ConnectedIds() {}

    /**
     * Columns {@code id} and {@code group}, the smallest id of its group: a row of each id in a pair.
     *
     * @param pairs columns {@code left} and {@code right}; computed once, here
     * @param few how many pairs one task connects
     */
    public static Dataset<Row> of(Dataset<Row> pairs, int few) {
        Dataset<Row> edges = pairs.selectExpr("left AS u", "right AS v").localCheckpoint();
        return edges.count() <= few
                ? inOneTask(edges, EmbeddingId.in(edges.schema().apply("u")))
                : byStars(edges);
    }

    /** The columns of {@link #of}. */
    public static StructType schema(DataType id) {
        return new StructType().add("id", id, false).add("group", id, false);
    }

    private static <I extends Comparable<? super I>> Dataset<Row> inOneTask(Dataset<Row> edges, EmbeddingId<I> id) {
        // Before they are rows: Kryo knows no row where classes have to be registered.
        JavaRDD<Row> rows = edges.repartition(1).toJavaRDD().mapPartitions(part -> connect(part, id));
        return edges.sparkSession()
                .createDataFrame(rows, schema(edges.schema().apply("u").dataType()));
    }

    private static <I extends Comparable<? super I>> Iterator<Row> connect(Iterator<Row> edges, EmbeddingId<I> id) {
        Groups<I> groups = new Groups<>();
        while (edges.hasNext()) {
            Row edge = edges.next();
            groups.connect(id.internal(edge.get(0)), id.internal(edge.get(1)));
        }
        List<Row> rows = new ArrayList<>();
        groups.smallestIds()
                .forEach((member, smallest) -> rows.add(RowFactory.create(id.external(member), id.external(smallest))));
        return rows.iterator();
    }

    private static Dataset<Row> byStars(Dataset<Row> pairs) {
        Dataset<Row> edges = pairs;
        Row before = null;
        while (true) {
            edges = smallStar(largeStar(edges)).localCheckpoint();
            Row now = edges.selectExpr("count(1)", "sum(CAST(xxhash64(u, v) AS DECIMAL(38, 0)))")
                    .first();
            if (now.equals(before)) {
                break;
            }
            before = now;
        }
        return edges.selectExpr("u AS id", "v AS group")
                .union(edges.selectExpr("v AS id", "v AS group").distinct());
    }

    /** Of every id, the neighbours that are greater go under its smallest. */
    private static Dataset<Row> largeStar(Dataset<Row> edges) {
        Dataset<Row> both = edges.union(edges.selectExpr("v AS u", "u AS v"));
        Dataset<Row> smallest = both.groupBy("u").agg(least(min("v"), col("u")).as("m"));
        return both.join(smallest, "u")
                .where("v > u")
                .selectExpr("v AS u", "m AS v")
                .distinct();
    }

    /** Of every id, it and the neighbours that are smaller go under its smallest. */
    private static Dataset<Row> smallStar(Dataset<Row> edges) {
        Dataset<Row> smallest = edges.groupBy("u").agg(min("v").as("m"));
        return edges.join(smallest, "u")
                .where("v != m")
                .selectExpr("v AS u", "m AS v")
                .union(smallest.selectExpr("u", "m AS v"))
                .distinct();
    }
}
