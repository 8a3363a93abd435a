package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.cli.Run;
import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A client of a stock Spark's Connect server, both processes of their own: {@code src/test/python/stock/connect_client.py} says
 * what it does.
 */
class ConnectIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private static final int SECONDS_TO_START = 90;

    @TempDir
    private Path temp;

    /** Whoever may not add jars to a server sends ours: the server's own classes are all that its driver knows. */
    @ParameterizedTest
    @MethodSource("io.swinlake.StockSpark#withConnect")
    void aServerThatKnowsNothingOfUsRunsAJarThatItsClientSends(StockSpark spark) throws Exception {
        assertConnects(
                spark,
                spark.python(),
                List.of(),
                List.of("--send", Launcher.jar().toString()));
    }

    @ParameterizedTest
    @MethodSource("io.swinlake.StockSpark#withConnect")
    @EnabledIfSystemProperty(named = StockSpark.ALL, matches = "true", disabledReason = "scripts/test --spark runs it")
    void aServerWithTheJarHasOurSqlToo(StockSpark spark) throws Exception {
        assertConnectsToAServerWithTheJar(spark, spark.python());
    }

    /** The package {@code pyspark-client} has neither a JVM nor Py4J. */
    @ParameterizedTest
    @MethodSource("io.swinlake.StockSpark#withConnect")
    @EnabledIfSystemProperty(named = StockSpark.ALL, matches = "true", disabledReason = "scripts/test --spark runs it")
    void aClientWithoutAJvmHasAllOfIt(StockSpark spark) throws Exception {
        assertConnectsToAServerWithTheJar(spark, PythonEnvironment.of(Path.of("src/test/python/stock/client-4.2.txt")));
    }

    private void assertConnectsToAServerWithTheJar(StockSpark spark, PythonEnvironment client) throws Exception {
        String table = temp.resolve("table").toString();
        LocalSpark.session();
        Run infer = Run.inCurrentSession(
                "infer", "--model", Demo.MODEL, "--input", Demo.IMAGES, "--output", table, "--run-id", "1");
        assertThat(infer.exitCode()).as(infer.err()).isZero();

        assertConnects(
                spark,
                client,
                List.of(
                        "--jars",
                        Launcher.jar().toString(),
                        "--conf",
                        "spark.sql.extensions=io.swinlake.spark.SwinlakeExtensions"),
                List.of(table));
    }

    private void assertConnects(
            StockSpark spark, PythonEnvironment python, List<String> options, List<String> arguments) throws Exception {
        Path log = temp.resolve("server.log");
        int port = freePort();
        List<String> command = new ArrayList<>(List.of(
                spark.home().resolve("bin/spark-submit").toString(),
                "--master",
                "local[2]",
                "--driver-memory",
                "2g",
                "--driver-java-options",
                ShortRun.JAVA_OPTIONS,
                "--conf",
                "spark.ui.enabled=false",
                "--conf",
                "spark.sql.shuffle.partitions=2",
                "--conf",
                "spark.connect.grpc.binding.port=" + port));
        command.addAll(options);
        command.addAll(List.of("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"));
        ProcessBuilder server =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        server.environment().put("SPARK_HOME", spark.home().toString());
        Process started = server.start();
        try {
            awaitStart(started, log);
            List<String> client = new ArrayList<>(List.of(
                    "src/test/python/stock/connect_client.py",
                    "sc://127.0.0.1:" + port,
                    Demo.MODEL,
                    Demo.IMAGES,
                    temp.toString()));
            client.addAll(arguments);

            Launcher.Run run = python.python(Map.of(), client, LIMIT);

            assertThat(run.exit()).as(() -> run.out() + run.err() + read(log)).isZero();
            assertThat(run.out()).endsWith("connected " + spark.version() + "\n");
        } finally {
            started.destroy();
            started.waitFor();
        }
    }

    private static void awaitStart(Process server, Path log) throws InterruptedException {
        for (int i = 0; i < SECONDS_TO_START && server.isAlive(); i++) {
            if (read(log).contains("Spark Connect server started")) {
                return;
            }
            Thread.sleep(1000);
        }
        throw new AssertionError("no server: " + read(log));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
