package io.swinlake.cli.command;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.SparkConf;

/**
 * Classes of Spark's own that it sends for tables like ours and, as of 3.5, has not registered with Kryo: a cluster with {@code
 * spark.kryo.registrationRequired} could not even read the schema of a column of embeddings. Ours travel as bytes.
 */
final class KryoClasses {
    static final String SETTING = "spark.kryo.classesToRegister";

    private static final List<String> OF_SPARK = List.of(
            "[Lorg.apache.spark.util.io.ChunkedByteBuffer;", // results of SQL
            "org.apache.spark.sql.types.ArrayType", // schemas of Parquet files
            "org.apache.spark.sql.types.FloatType$",
            "org.apache.spark.sql.types.TimestampType$",
            "breeze.linalg.DenseVector$mcD$sp"); // sums of MLlib

    private KryoClasses() {}

    /** The classes that were submitted, and those of this Spark. */
    static String of(SparkConf submitted) {
        Set<String> classes = new LinkedHashSet<>();
        submitted.getOption(SETTING).foreach(theirs -> classes.addAll(List.of(theirs.split(","))));
        OF_SPARK.stream().filter(KryoClasses::isThere).forEach(classes::add);
        return String.join(",", classes);
    }

    private static boolean isThere(String name) {
        try {
            Class.forName(name, false, Thread.currentThread().getContextClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false; // another Spark's name for it; to register what is not there is an error
        }
    }
}
