package io.swinlake;

/** Spark in JVMs that live for seconds. */
public final class ShortRun {
    /** Half the processor time without Java's optimising compiler; {@code pom.xml} gives the tests and launchers the same. */
    public static final String JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

    private ShortRun() {}
}
