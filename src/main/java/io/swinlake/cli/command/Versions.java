package io.swinlake.cli.command;

import java.util.List;
import java.util.Optional;
import org.apache.hadoop.util.VersionInfo;
import org.apache.spark.package$;
import picocli.CommandLine.IVersionProvider;
import scala.util.Properties$;

/** Which Swinlake this is, and what it runs on. */
public final class Versions implements IVersionProvider {
    /** From the jar's manifest. */
    public static String swinlake() {
        return Optional.ofNullable(Versions.class.getPackage().getImplementationVersion())
                .orElse("development");
    }

    public static String spark() {
        return package$.MODULE$.SPARK_VERSION();
    }

    public static String hadoop() {
        return VersionInfo.getVersion();
    }

    private static String scala() {
        return Properties$.MODULE$.versionNumberString();
    }

    public static String java() {
        return Runtime.version().toString();
    }

    /**
     * The Javas that a Spark runs on, of those that Swinlake does.
     *
     * @param spark its version
     */
    public static List<Integer> javas(String spark) {
        if (spark.startsWith("3.")) {
            return List.of(17);
        }
        return spark.startsWith("4.0.") || spark.startsWith("4.1.") ? List.of(17, 21) : List.of(17, 21, 25);
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "swinlake %s, Spark %s, Scala %s, Hadoop %s, Java %s"
                    .formatted(swinlake(), spark(), scala(), hadoop(), java())
        };
    }
}
