package io.swinlake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.spark.launcher.JavaModuleOptions;

/** Spark's own Master and one Worker, processes on loopback made of the jars in {@code target/spark}. */
final class StandaloneCluster implements AutoCloseable {
    static final Path SPARK_HOME = Path.of("target", "spark").toAbsolutePath();

    private static final int SECONDS_TO_START = 120;

    private final int port = freePort();
    private final int page = freePort();
    private final Process master;
    private final Process worker;

    private StandaloneCluster(Path folder) throws IOException {
        master = start(
                folder.resolve("master.log"),
                "org.apache.spark.deploy.master.Master",
                List.of("--host", "127.0.0.1", "--port", "" + port, "--webui-port", "" + page));
        worker = start(
                folder.resolve("worker.log"),
                "org.apache.spark.deploy.worker.Worker",
                List.of(
                        "--host",
                        "127.0.0.1",
                        "--cores",
                        "2",
                        "--memory",
                        "4g",
                        "--webui-port",
                        "0",
                        "--work-dir",
                        "" + folder.resolve("work"),
                        url()));
    }

    /**
     * Starts both and waits until they know each other.
     *
     * @param folder gets their logs, and {@code work/} with those of the executors
     */
    static StandaloneCluster start(Path folder) throws IOException, InterruptedException {
        StandaloneCluster cluster = new StandaloneCluster(folder);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_TO_START);
        while (cluster.state("aliveworkers").asInt() < 1) {
            if (System.nanoTime() > deadline) {
                cluster.close();
                throw new IllegalStateException("no worker after " + SECONDS_TO_START + " s; see " + folder);
            }
            Thread.sleep(200);
        }
        return cluster;
    }

    private static Process start(Path log, String mainClass, List<String> words) throws IOException {
        List<String> command = java(SPARK_HOME.resolve("jars") + "/*", mainClass);
        command.addAll(words);
        ProcessBuilder process =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        process.environment().putAll(environment());
        return process.start();
    }

    /** The beginning of a command that runs a main class with Spark's options for its JVMs. */
    static List<String> java(String classPath, String mainClass) {
        List<String> command =
                new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"), "-Xmx1g"));
        command.addAll(Arrays.asList(ShortRun.JAVA_OPTIONS.split(" ")));
        command.addAll(Arrays.asList(JavaModuleOptions.defaultModuleOptions().split(" ")));
        command.addAll(List.of("-cp", classPath, mainClass));
        return command;
    }

    /** What processes of Spark want to find in their environment. */
    static Map<String, String> environment() {
        return Map.of(
                "SPARK_HOME", SPARK_HOME.toString(), "SPARK_SCALA_VERSION", "2.12", "SPARK_LOCAL_IP", "127.0.0.1");
    }

    String url() {
        return "spark://127.0.0.1:" + port;
    }

    /** How many applications have come and gone. */
    int completedApplications() {
        return state("completedapps").size();
    }

    private JsonNode state(String field) {
        try {
            return new ObjectMapper()
                    .readTree(URI.create("http://127.0.0.1:" + page + "/json/").toURL())
                    .path(field);
        } catch (IOException e) {
            return new ObjectMapper().missingNode(); // not listening yet
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        for (Process process : List.of(worker, master)) {
            process.destroy();
        }
    }
}
