package io.swinlake;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** A Kafka broker on a loopback port, in a JVM of its own. */
public final class KafkaBroker implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Process server;
    private final int port;

    private KafkaBroker(Process server, int port) {
        this.server = server;
        this.port = port;
    }

    /**
     * Starts a broker without topics; it makes those that it is asked for.
     *
     * @param folder for its files
     */
    public static KafkaBroker start(Path folder) throws IOException, InterruptedException {
        String classPath =
                MavenClassPath.of(Path.of("target", "kafka-broker.classpath"), "src/test/kafka/pom.xml", Map.of());
        int port = freePort();
        int controller = freePort();
        Path settings = Files.write(
                folder.resolve("server.properties"),
                List.of(
                        "process.roles=broker,controller",
                        "node.id=1",
                        "controller.quorum.voters=1@127.0.0.1:" + controller,
                        "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller,
                        "controller.listener.names=CONTROLLER",
                        "log.dirs=" + folder.resolve("log"),
                        "offsets.topic.replication.factor=1"));
        Path log = folder.resolve("server.log");
        Process format = java(
                classPath,
                log,
                "kafka.tools.StorageTool",
                "format",
                "--cluster-id",
                UUID.randomUUID().toString(),
                "--config",
                settings.toString());
        if (format.waitFor() != 0) {
            throw new IllegalStateException(Files.readString(log));
        }
        KafkaBroker broker = new KafkaBroker(java(classPath, log, "kafka.Kafka", settings.toString()), port);
        broker.await(log);
        return broker;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Process java(String classPath, Path log, String... command) throws IOException {
        String java = ProcessHandle.current().info().command().orElse("java");
        List<String> words = new ArrayList<>(List.of(java, "-Xmx256m", "-XX:TieredStopAtLevel=1"));
        words.addAll(List.of("-cp", classPath.replace("\n", File.pathSeparator)));
        words.addAll(List.of(command));
        return new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    private void await(Path log) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return;
            } catch (IOException e) {
                if (!server.isAlive() || System.nanoTime() > deadline) {
                    close();
                    throw new IllegalStateException(Files.readString(log), e);
                }
                Thread.sleep(100);
            }
        }
    }

    /** As {@code kafka.bootstrap.servers} takes it. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        server.destroyForcibly();
        try {
            server.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
