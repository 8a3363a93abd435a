package io.swinlake.spark.search;

import java.util.Iterator;
import java.util.stream.StreamSupport;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Tuple2;

/**
 * How much the members of a group are in its middle: the cosine with the sum of their directions, which orders them as the mean
 * of their cosines with all members does. Groups of any size: no process holds the members of one.
 */
public final class Centrality {
    public static final String CENTRALITY = "centrality";

    /** Sums of whole numbers are the same in any order: 2⁻³⁶ is a ten thousandth of what float32 tells apart, and 10⁸ members fit. */
    private static final double UNIT = 0x1p36;

    /** What is closer than this is taken for equal: two members of a group of two differ by rounding alone. */
    private static final double DECIMALS = 1e6;

    private Centrality() {}

    /**
     * Columns {@code id} and {@value #CENTRALITY}, to six decimals.
     *
     * @param members columns {@code id}, {@code group} (text both) and {@code embedding}, none null, no embedding all zeros
     */
    public static Dataset<Row> of(Dataset<Row> members) {
        JavaPairRDD<String, long[]> sums = members.queryExecution()
                .toRdd()
                .toJavaRDD()
                .mapToPair(row -> new Tuple2<>(
                        row.getUTF8String(1).toString(), row.getArray(2).toFloatArray()))
                .aggregateByKey(new long[0], Centrality::add, Centrality::add);
        JavaRDD<Row> directions = sums.map(sum -> RowFactory.create(sum._1(), PackedRows.bytes(direction(sum._2()))));
        StructType schema =
                new StructType().add("of", DataTypes.StringType, false).add("direction", DataTypes.BinaryType, false);
        Dataset<Row> joined = members.join(
                        members.sparkSession().createDataFrame(directions, schema),
                        members.col("group").equalTo(functions.col("of")))
                .select("id", "embedding", "direction");
        JavaRDD<Row> rows = joined.queryExecution().toRdd().toJavaRDD().mapPartitions(Centrality::rows);
        return members.sparkSession()
                .createDataFrame(
                        rows,
                        new StructType()
                                .add("id", DataTypes.StringType, false)
                                .add(CENTRALITY, DataTypes.DoubleType, false));
    }

    private static Iterator<Row> rows(Iterator<InternalRow> part) {
        Iterable<InternalRow> once = () -> part;
        return StreamSupport.stream(once.spliterator(), false)
                .map(row -> RowFactory.create(
                        row.getUTF8String(0).toString(),
                        cosine(row.getArray(1).toFloatArray(), PackedRows.floats(row.getBinary(2)))))
                .iterator();
    }

    private static long[] add(long[] sum, float[] embedding) {
        long[] grown = sum.length == 0 ? new long[embedding.length] : sum;
        double scale = UNIT / Math.sqrt(dot(embedding, embedding));
        for (int i = 0; i < grown.length; i++) {
            grown[i] += Math.round(embedding[i] * scale);
        }
        return grown;
    }

    private static long[] add(long[] one, long[] other) {
        if (one.length == 0) {
            return other;
        }
        for (int i = 0; i < other.length; i++) {
            one[i] += other[i];
        }
        return one;
    }

    private static float[] direction(long[] sum) {
        double squares = 0;
        for (long element : sum) {
            squares += (double) element * element;
        }
        float[] direction = new float[sum.length];
        for (int i = 0; i < sum.length; i++) {
            direction[i] = (float) (squares == 0 ? 0 : sum[i] / Math.sqrt(squares));
        }
        return direction;
    }

    private static double cosine(float[] embedding, float[] direction) {
        double lengths = Math.sqrt(dot(embedding, embedding) * dot(direction, direction));
        return lengths == 0 ? 0 : Math.rint(dot(embedding, direction) / lengths * DECIMALS) / DECIMALS;
    }

    private static double dot(float[] v, float[] w) {
        double sum = 0;
        for (int i = 0; i < v.length; i++) {
            sum += (double) v[i] * w[i];
        }
        return sum;
    }
}
