package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.spark.Demo;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How {@code main} ends the process that it runs in: YARN's cluster mode calls it from a process of its own. */
class MainExitIT {
    private static final String RETURNED = "main returned, and keeps alive: ";

    @TempDir
    private Path folder;

    private record Ended(int exit, String out) {}

    private static Ended swinlake(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.startsWith("--add-opens") || option.startsWith("-XX:"))
                .forEach(command::add);
        command.addAll(List.of("-Xmx1g", "-Dspark.master=local[2]", "-Dspark.ui.enabled=false"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MainExitIT.class.getName()));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), out);
    }

    /** Calls the command line's {@code main} and prints which threads the JVM would wait for. */
    public static void main(String[] words) {
        Main.main(words);
        System.out.println(RETURNED
                + Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> !thread.isDaemon())
                        .map(Thread::getName)
                        .sorted()
                        .toList());
    }

    @Test
    void aGoodJobReturnsFromMainAndLeavesNoThreadThatKeepsTheProcessAlive() throws Exception {
        Ended infer = swinlake(
                "infer",
                "--model",
                Demo.MODEL,
                "--input",
                Demo.IMAGES,
                "--glob",
                "digit-00*.png",
                "--output",
                folder.resolve("table").toString());

        assertThat(infer.out()).contains("\"written\":10").endsWith(RETURNED + "[main]\n");
        assertThat(infer.exit()).isZero();
    }

    @Test
    void aFailureEndsTheProcessWithItsCode() throws Exception {
        assertThat(swinlake("infer")).isEqualTo(new Ended(2, ""));
    }
}
