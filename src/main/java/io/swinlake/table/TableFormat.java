package io.swinlake.table;

import io.swinlake.storage.Messages;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.package$;
import org.apache.spark.sql.SparkSession;

/** What a table of runs can be; Delta and Iceberg by their own jars, which the user adds. */
public enum TableFormat {
    PARQUET(Optional.empty(), Map.of(), Optional.empty()),
    DELTA(
            Optional.of("io.delta.sql.DeltaSparkSessionExtension"),
            Map.of(
                    "3.5", "io.delta:delta-spark_2.12:3.3.2",
                    "4.0", "io.delta:delta-spark_4.0_2.13:4.4.0",
                    "4.1", "io.delta:delta-spark_4.1_2.13:4.4.0",
                    "4.2", "io.delta:delta-spark_4.2_2.13:4.4.0"),
            Optional.of("org.apache.spark.sql.delta.catalog.DeltaCatalog")),
    ICEBERG(
            Optional.of("org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"),
            Map.of(
                    "3.5", "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.9.2",
                    "4.0", "org.apache.iceberg:iceberg-spark-runtime-4.0_2.13:1.10.0",
                    "4.1", "org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0"),
            Optional.empty());

    private final Optional<String> extension;

    @SuppressWarnings("ImmutableEnumChecker") // as Map.of makes it
    private final Map<String, String> packages;

    private final Optional<String> sessionCatalog;

    /** @param packages that have its jar, by the line of Spark that they are made for */
    TableFormat(Optional<String> extension, Map<String, String> packages, Optional<String> sessionCatalog) {
        this.extension = extension;
        this.packages = packages;
        this.sessionCatalog = sessionCatalog;
    }

    /**
     * Of the table that is at a place or has a name in a catalog; empty if it is none of Delta or Iceberg or of a catalog.
     *
     * @throws IOException if the place cannot be listed
     */
    public static Optional<TableFormat> at(SparkSession spark, String uri) throws IOException {
        try {
            return LakeTable.find(spark, uri).map(LakeTable::format);
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // no URI, such as 10:00.jpg
        }
    }

    /** As options and Spark name it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether this JVM has the jar that it needs. */
    public boolean hasJar() {
        if (extension.isEmpty()) {
            return true;
        }
        try {
            // Jars of --packages and --jars are not on the class path of this class but on that of the thread.
            Class.forName(extension.get(), false, Thread.currentThread().getContextClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /**
     * Refuses to go on without its jar.
     *
     * @param what needs it, as the beginning of the message
     * @throws TableException if its jar is missing; the message says which package to add, or that there is none
     */
    public void requireJar(String what) {
        if (!hasJar()) {
            String spark = package$.MODULE$.SPARK_VERSION();
            throw neededPackage(spark)
                    .map(needed -> TableException.refused(
                            "%s needs a jar that is not there: add --packages %s before the verb", what, needed))
                    .orElseGet(() -> TableException.refused(
                            "%s needs a jar that is not there, and for Spark %s none is known: take Spark %s, or Parquet",
                            what, spark, lines()));
        }
    }

    /** The package with its jar for a version of Spark; empty if there is none, or none is needed. */
    Optional<String> neededPackage(String spark) {
        return packages.entrySet().stream()
                .filter(line -> spark.startsWith(line.getKey() + "."))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    private String lines() {
        return packages.keySet().stream().sorted().collect(Collectors.joining(", "));
    }

    /** What it needs in {@code spark.sql.extensions}. */
    public Optional<String> extension() {
        return extension;
    }

    /** What it needs as {@code spark.sql.catalog.spark_catalog}. */
    public Optional<String> sessionCatalog() {
        return sessionCatalog;
    }

    /**
     * The table that an {@code --output} names; it need not exist yet.
     *
     * @param runs folder for the records of runs; empty for the table's own
     */
    RunTable toWrite(SparkSession spark, String output, Optional<String> runs) {
        try {
            return switch (this) {
                case PARQUET -> ParquetRuns.forWriting(spark, output);
                case DELTA -> new MergedTable(spark, LakeTable.deltaToWrite(spark, output), runs);
                case ICEBERG -> new MergedTable(spark, LakeTable.icebergToWrite(spark, output), runs);
            };
        } catch (IOException | IllegalArgumentException e) {
            throw TableException.refused(e, "%s: cannot be written: %s".formatted(output, Messages.reason(e)));
        }
    }
}
