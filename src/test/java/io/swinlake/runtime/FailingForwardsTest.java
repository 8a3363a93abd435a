package io.swinlake.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThatCode;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.IValueUtils;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Structure;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.model.ModelOptions;
import io.swinlake.model.SwinModel;
import io.swinlake.torchscript.Lowering;
import io.swinlake.torchscript.TorchScriptModule;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What forwards that throw leave behind, beside a control: the same calls by DJL's own forward, which keeps the inputs of
 * each. On a GPU that is a whole batch; on a CPU it is a few hundred bytes that point to Java's buffer, too little to show in
 * a resident size. So malloc itself is asked, in a JVM of its own that compiles nothing meanwhile.
 */
class FailingForwardsTest {
    private static final int FAILURES = 1000;
    private static final Shape FOUR_CHANNELS = new Shape(1, 64, 64, 4); // the network reads three

    @Test
    void leaveNothingBehindWhereDjlsOwnLeaveTheirInputs() throws Exception {
        assumeThatCode(() -> NativeLibrary.getInstance("c").getFunction("mallinfo2"))
                .as("glibc 2.33 or newer")
                .doesNotThrowAnyException();
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xint",
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FailingForwardsTest.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        String[] bytesLeft = out.strip().split(" ", -1);

        // 32 bytes a failure are DJL's native half's copy of the list of arguments, whatever calls it; an input is 368
        // more.
        assertThat(Long.parseLong(bytesLeft[0])).as("by ours").isLessThan(48 * FAILURES);
        assertThat(Long.parseLong(bytesLeft[1])).as("by DJL's").isGreaterThan(300 * FAILURES);
    }

    /** Prints the bytes that a thousand failing forwards leave, by ours and by DJL's. */
    public static void main(String[] args) throws Exception {
        SwinModel model = SwinModel.open(LocalSource.of(Path.of("examples", "demo", "model")), ModelOptions.none());
        TorchScriptModule module = SwinRunner.compile(model, Lowering.CPU_FP32, List.of());
        System.out.println(leftByOurs(module) + " " + leftByDjls(module));
    }

    private static long leftByOurs(TorchScriptModule module) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(64 * 64 * 4);
        try (CompiledModule compiled = CompiledModule.load(module, Device.cpu())) {
            return leftBy(() -> compiled.run(pixels.duplicate(), FOUR_CHANNELS, DataType.UINT8));
        }
    }

    private static long leftByDjls(TorchScriptModule module) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(64 * 64 * 4);
        try (CompiledModule compiled = CompiledModule.load(module, Device.cpu())) {
            return leftBy(() -> {
                try (NDManager manager = compiled.model.getNDManager().newSubManager()) {
                    NDList input = new NDList(manager.create(pixels.duplicate(), FOUR_CHANNELS, DataType.UINT8));
                    IValueUtils.forward(compiled.block, input, false);
                }
            });
        }
    }

    private static long leftBy(Runnable failure) {
        fail(FAILURES / 2, failure); // fills libtorch's caches
        long before = bytesInUse();
        fail(FAILURES, failure);
        return bytesInUse() - before;
    }

    private static void fail(int times, Runnable failure) {
        for (int i = 0; i < times; i++) {
            try {
                failure.run();
                throw new AssertionError("the network read four channels");
            } catch (EngineException expected) {
                // as it should
            }
        }
    }

    /** Allocated by malloc and not freed, in small blocks and in large ones. */
    private static long bytesInUse() {
        Mallinfo2.ByValue info = Native.load("c", GlibC.class).mallinfo2();
        return info.uordblks + info.hblkhd;
    }

    /** glibc from 2.33 on. */
    public interface GlibC extends Library {
        Mallinfo2.ByValue mallinfo2();
    }

    /** {@code struct mallinfo2} of malloc.h: size_t throughout. */
    @Structure.FieldOrder({
        "arena",
        "ordblks",
        "smblks",
        "hblks",
        "hblkhd",
        "usmblks",
        "fsmblks",
        "uordblks",
        "fordblks",
        "keepcost"
    })
    public static class Mallinfo2 extends Structure {
        public long arena;
        public long ordblks;
        public long smblks;
        public long hblks;
        public long hblkhd;
        public long usmblks;
        public long fsmblks;
        public long uordblks;
        public long fordblks;
        public long keepcost;

        /** Returned as a whole. */
        public static final class ByValue extends Mallinfo2 implements Structure.ByValue {}
    }
}
