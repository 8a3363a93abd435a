package io.swinlake.jobs;

import io.swinlake.spark.SwinlakeExtensions;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;

/** What verbs take from Spark before they start. */
final class Sessions {
    private static final String EXTENSIONS = "spark.sql.extensions";

    private Sessions() {}

    /** The session that spark-submit configured, with our SQL functions; on this machine's cores if it named no master. */
    static SparkSession open(String verb) {
        SparkConf submitted = new SparkConf();
        String ours = SwinlakeExtensions.class.getName();
        String extensions = submitted
                .getOption(EXTENSIONS)
                .map(theirs -> theirs.contains(ours) ? theirs : theirs + "," + ours)
                .getOrElse(() -> ours);
        return SparkSession.builder()
                .appName("swinlake " + verb)
                .master(submitted.get("spark.master", "local[*]"))
                .config(EXTENSIONS, extensions)
                .config("spark.ui.showConsoleProgress", Progress.onTerminal())
                .getOrCreate();
    }

    /** Hadoop's configuration with {@code spark.hadoop.*} applied, for verbs that start no session. */
    static Configuration hadoopConfiguration() {
        return SparkHadoopUtil.get().newConfiguration(new SparkConf());
    }
}
