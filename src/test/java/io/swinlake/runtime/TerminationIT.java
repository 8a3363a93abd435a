package io.swinlake.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.RuleWeights;
import io.swinlake.model.SwinModel;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/** Ends a process that is in the middle of forwards, as Ctrl-C and cluster managers do. */
class TerminationIT {
    private static final int SIGTERM = 15;

    @TempDir
    private Path folder;

    @RepeatedTest(3) // without NativeWork, two of five crash
    void aProcessThatIsToldToEndWhileItComputesEndsWithoutACrash() throws Exception {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xmx2g",
                        "-XX:-CreateCoredumpOnCrash",
                        "-XX:ErrorFile=" + folder.resolve("crash.log"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        TerminationIT.class.getName())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader out = process.inputReader()) {
            String line = out.readLine();
            while (line != null && !line.equals("computing")) {
                line = out.readLine();
            }
            process.toHandle().destroy(); // leaves its output open
            String rest = out.lines().collect(Collectors.joining("\n"));

            assertThat(process.waitFor()).as(rest).isEqualTo(128 + SIGTERM);
            assertThat(folder.resolve("crash.log")).doesNotExist();
        }
    }

    public static void main(String[] arguments) throws IOException {
        SwinModel model = RuleWeights.model("full/swin_tiny_patch4_window7_224"); // long forwards crash more often
        SwinRunner runner = SwinRunner.open(model, new Target("cpu", Precision.FP32));
        int side = model.inputSize().height();
        for (int thread = 0; thread < 2; thread++) {
            ByteBuffer pixels = ByteBuffer.allocateDirect(8 * side * side * 3);
            runner.run(pixels, 8);
            new Thread(() -> {
                        while (true) {
                            runner.run(pixels, 8);
                        }
                    })
                    .start();
        }
        System.out.println("computing");
    }
}
