package io.swinlake.jobs;

import io.swinlake.spark.SwinlakeExtensions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;

/** What verbs take from Spark before they start. */
final class Sessions {
    private static final String EXTENSIONS = "spark.sql.extensions";

    private static final String SESSION_CATALOG = "spark.sql.catalog.spark_catalog";

    private Sessions() {}

    /** The session that spark-submit configured, with our SQL functions; on this machine's cores if it named no master. */
    static SparkSession open(String verb) {
        return open(verb, TableFormat.PARQUET);
    }

    /** The same, with settings that come before the user's own. */
    static SparkSession open(String verb, Map<String, String> settings) {
        return open(verb, TableFormat.PARQUET, settings);
    }

    /** The same, with what a table format needs; the user's own settings come first. */
    static SparkSession open(String verb, TableFormat format) {
        return open(verb, format, Map.of());
    }

    private static SparkSession open(String verb, TableFormat format, Map<String, String> settings) {
        SparkConf submitted = new SparkConf();
        Set<String> extensions = new LinkedHashSet<>();
        submitted.getOption(EXTENSIONS).foreach(theirs -> extensions.addAll(List.of(theirs.split(","))));
        extensions.add(SwinlakeExtensions.class.getName());
        format.extension().ifPresent(extensions::add);
        SparkSession.Builder session = SparkSession.builder();
        settings.forEach(session::config);
        format.sessionCatalog()
                .ifPresent(catalog -> session.config(SESSION_CATALOG, submitted.get(SESSION_CATALOG, catalog)));
        return session.appName("swinlake " + verb)
                .master(submitted.get("spark.master", "local[*]"))
                .config(EXTENSIONS, String.join(",", extensions))
                .config(KryoClasses.SETTING, KryoClasses.of(submitted))
                .config("spark.ui.showConsoleProgress", Progress.onTerminal())
                .getOrCreate();
    }

    /** Hadoop's configuration with {@code spark.hadoop.*} applied, for verbs that start no session. */
    static Configuration hadoopConfiguration() {
        return SparkHadoopUtil.get().newConfiguration(new SparkConf());
    }
}
