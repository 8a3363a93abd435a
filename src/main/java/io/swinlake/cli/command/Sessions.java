package io.swinlake.cli.command;

import io.swinlake.spark.SwinlakeExtensions;
import io.swinlake.table.ParquetRows;
import io.swinlake.table.TableFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;

/** What verbs take from Spark before they start. */
public final class Sessions {
    private static final String EXTENSIONS = "spark.sql.extensions";

    private static final String SESSION_CATALOG = "spark.sql.catalog.spark_catalog";

    private static final String TIMESTAMPS = "spark.sql.parquet.outputTimestampType";

    private Sessions() {}

    /**
     * The session that spark-submit configured, with our SQL functions and what the table formats need whose jars are there;
     * on this machine's cores if it named no master.
     */
    public static SparkSession open(String verb) {
        return open(verb, Map.of());
    }

    /** The same, with settings that come before the user's own. */
    public static SparkSession open(String verb, Map<String, String> settings) {
        SparkConf submitted = new SparkConf();
        Set<String> extensions = new LinkedHashSet<>();
        submitted.getOption(EXTENSIONS).foreach(theirs -> extensions.addAll(List.of(theirs.split(","))));
        extensions.add(SwinlakeExtensions.class.getName());
        SparkSession.Builder session = SparkSession.builder();
        for (TableFormat format : TableFormat.values()) {
            if (format.hasJar()) {
                format.extension().ifPresent(extensions::add);
                format.sessionCatalog()
                        .ifPresent(catalog -> session.config(SESSION_CATALOG, submitted.get(SESSION_CATALOG, catalog)));
            }
        }
        ParquetRows.committerSettings(submitted::contains).forEach(session::config);
        settings.forEach(session::config);
        return session.appName("swinlake " + verb)
                .master(submitted.get("spark.master", "local[*,4]"))
                .config(EXTENSIONS, String.join(",", extensions))
                // Without a time zone, as Spark's default INT96 is, other readers take it for a local time.
                .config(TIMESTAMPS, submitted.get(TIMESTAMPS, "TIMESTAMP_MICROS"))
                .config(KryoClasses.SETTING, KryoClasses.of(submitted))
                .config("spark.ui.showConsoleProgress", Progress.onTerminal())
                .getOrCreate();
    }

    /** Hadoop's configuration with {@code spark.hadoop.*} applied, for verbs that start no session. */
    public static Configuration hadoopConfiguration() {
        return SparkHadoopUtil.get().newConfiguration(new SparkConf());
    }
}
