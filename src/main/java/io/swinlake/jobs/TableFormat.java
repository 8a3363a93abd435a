package io.swinlake.jobs;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/** What {@code infer} can write; Delta and Iceberg by their own jars, which the user adds. */
enum TableFormat {
    PARQUET(Optional.empty(), "", Optional.empty()),
    DELTA(
            Optional.of("io.delta.sql.DeltaSparkSessionExtension"),
            "io.delta:delta-spark_2.12:3.3.2",
            Optional.of("org.apache.spark.sql.delta.catalog.DeltaCatalog")),
    ICEBERG(
            Optional.of("org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"),
            "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.9.2",
            Optional.empty());

    private final Optional<String> extension;
    private final String neededPackage;
    private final Optional<String> sessionCatalog;

    TableFormat(Optional<String> extension, String neededPackage, Optional<String> sessionCatalog) {
        this.extension = extension;
        this.neededPackage = neededPackage;
        this.sessionCatalog = sessionCatalog;
    }

    /** @throws JobException if its jar is missing; the message says which package to add */
    void requireJar() {
        if (extension.isEmpty()) {
            return;
        }
        try {
            // Jars of --packages and --jars are not on the class path of this class but on that of the thread.
            Class.forName(extension.get(), false, Thread.currentThread().getContextClassLoader());
        } catch (ClassNotFoundException e) {
            throw JobException.preflight(
                    "--format %s needs a jar that is not there: add --packages %s before the verb",
                    name().toLowerCase(Locale.ROOT), neededPackage);
        }
    }

    /** What it needs in {@code spark.sql.extensions}. */
    Optional<String> extension() {
        return extension;
    }

    /** What it needs as {@code spark.sql.catalog.spark_catalog}. */
    Optional<String> sessionCatalog() {
        return sessionCatalog;
    }

    /** The table that an {@code --output} names; it need not exist yet. */
    ResultTable table(SparkSession spark, String output) throws IOException {
        return switch (this) {
            case PARQUET -> new RunFolders(spark, output);
            case DELTA -> MergedTable.delta(spark, output);
            case ICEBERG -> MergedTable.iceberg(spark, output);
        };
    }
}
