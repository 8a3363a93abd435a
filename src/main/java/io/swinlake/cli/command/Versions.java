package io.swinlake.cli.command;

import java.util.Optional;
import org.apache.spark.package$;
import picocli.CommandLine.IVersionProvider;

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

    public static String java() {
        return Runtime.version().toString();
    }

    @Override
    public String[] getVersion() {
        return new String[] {"swinlake %s, Spark %s, Java %s".formatted(swinlake(), spark(), java())};
    }
}
