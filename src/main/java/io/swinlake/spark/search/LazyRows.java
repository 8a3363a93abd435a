package io.swinlake.spark.search;

import java.util.List;
import java.util.function.Supplier;
import org.apache.spark.Dependency;
import org.apache.spark.OneToOneDependency;
import org.apache.spark.Partition;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Row;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.collection.immutable.Seq;
import scala.reflect.ClassTag$;

/**
 * Rows of a table that is laid out when a job first asks for them, not before: a search runs jobs to lay itself out, which a
 * query that is only analysed must not start.
 */
public final class LazyRows extends RDD<Row> {
    private static final long serialVersionUID = 1;

    private final transient Supplier<RDD<Row>> layOut;
    private RDD<Row> rows; // on the driver null until a job asks

    /**
     * Starts nothing.
     *
     * @param layOut called at most once, on the driver, by the thread that starts the job
     */
    public LazyRows(SparkContext context, Supplier<RDD<Row>> layOut) {
        super(context.emptyRDD(ClassTag$.MODULE$.apply(Row.class)), ClassTag$.MODULE$.apply(Row.class));
        this.layOut = layOut;
    }

    private synchronized RDD<Row> rows() {
        if (rows == null) {
            rows = layOut.get();
        }
        return rows;
    }

    @Override
    public Partition[] getPartitions() {
        return rows().partitions();
    }

    @Override
    public Seq<Dependency<?>> getDependencies() {
        return JavaConverters.<Dependency<?>>asScalaBuffer(List.of(new OneToOneDependency<>(rows())))
                .toList();
    }

    @Override
    public Iterator<Row> compute(Partition partition, TaskContext task) {
        return rows.iterator(partition, task);
    }
}
