package io.swinlake.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.ShortRun;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.xbean.asm9.ClassReader;
import org.apache.xbean.asm9.ClassVisitor;
import org.apache.xbean.asm9.ClassWriter;
import org.apache.xbean.asm9.MethodVisitor;
import org.apache.xbean.asm9.Opcodes;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A session on a Spark of which a class lacks a method that our functions need and Spark itself does not: in a process of its own,
 * where that class stands before Spark's jars.
 */
class UnlinkableExtensionIT {
    @TempDir
    private Path changed;

    @ParameterizedTest
    @CsvSource({
        "org.apache.spark.sql.catalyst.analysis.FunctionRegistry, builtin",
        "org.apache.spark.sql.catalyst.analysis.TableFunctionRegistry, builtin",
        "org.apache.spark.sql.SparkSessionExtensions, injectPreCBORule",
    })
    void isOneLineAndTheSessionGoesOn(String type, String method) throws Exception {
        writeWithout(type, method);
        List<String> command =
                new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"), "-Xmx512m"));
        command.addAll(List.of(ShortRun.JAVA_OPTIONS.split(" ")));
        for (String opened : List.of("java.lang", "java.lang.invoke", "java.nio", "java.util", "sun.nio.ch")) {
            command.add("--add-opens=java.base/" + opened + "=ALL-UNNAMED");
        }
        String classPath = changed + ":" + System.getProperty("java.class.path");
        command.addAll(List.of("-cp", classPath, UnlinkableExtensionIT.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();

        assertThat(process.waitFor()).as(String.join("\n", lines)).isZero();
        assertThat(lines).contains("sum 45", "swin_embed false", "head_score false", "swinlake_table false");
        assertThat(lines.stream().filter(line -> line.contains("Swinlake's SQL functions")))
                .singleElement()
                .asString()
                .contains("ERROR", "java.lang.NoSuchMethodError", type, method, "; the session goes on without them");
        assertThat(lines).noneMatch(line -> line.startsWith("\tat "));
    }

    private void writeWithout(String type, String method) throws IOException {
        String name = type.replace('.', '/') + ".class";
        URL original = SparkSession.class.getClassLoader().getResource(name);
        ClassWriter writer = new ClassWriter(0);
        List<String> left = new ArrayList<>();
        try (InputStream in = original.openStream()) {
            new ClassReader(in)
                    .accept(
                            new ClassVisitor(Opcodes.ASM9, writer) {
                                @Override
                                public MethodVisitor visitMethod(
                                        int access,
                                        String found,
                                        String descriptor,
                                        String signature,
                                        String[] exceptions) {
                                    if (found.equals(method)) {
                                        left.add(found);
                                        return null;
                                    }
                                    return super.visitMethod(access, found, descriptor, signature, exceptions);
                                }
                            },
                            0);
        }
        assertThat(left).as(type).contains(method);
        Path file = changed.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, writer.toByteArray());
    }

    /** A user's session, who has the extension and asks for nothing of it. */
    public static void main(String[] args) {
        SparkSession spark = SparkSession.builder()
                .master("local[1]")
                .config("spark.ui.enabled", false)
                .config("spark.log.level", "WARN")
                .config("spark.sql.extensions", SwinlakeExtensions.class.getName())
                .getOrCreate();
        System.out.println(
                "sum " + spark.range(10).selectExpr("sum(id)").first().getLong(0));
        for (String function : List.of("swin_embed", "head_score", "swinlake_table")) {
            System.out.println(function + " " + spark.catalog().functionExists(function));
        }
        spark.stop();
    }
}
