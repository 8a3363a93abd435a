package io.swinlake.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.cli.Run;
import io.swinlake.docs.Page.Block;
import io.swinlake.spark.LocalSpark;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The code of README and docs does what it says, on the demo, from top to bottom; {@code target/} is a folder of the test's. */
@TestMethodOrder(OrderAnnotation.class)
class CodeBlocksIT {
    /** What a Java block of the pages leaves out. */
    private static final String JAVA = """
            import io.swinlake.spark.*;
            import io.swinlake.table.*;
            import java.util.*;
            import org.apache.spark.ml.*;
            import org.apache.spark.sql.*;

            public final class %s {
                public static void run(SparkSession spark) throws Exception {
            %s
                }
            }
            """;

    @TempDir
    static Path target;

    @BeforeAll
    static void startSpark() {
        LocalSpark.session();
    }

    private static String inTarget(String text) {
        return text.replaceAll("(?<![\\w/])target/(?!swinlake-)", target + "/");
    }

    private static List<Block> blocks(String language) {
        return Page.all().stream()
                .flatMap(page -> page.blocks().stream())
                .filter(block -> block.language().equals(language))
                .toList();
    }

    /** A command that stands on several pages is run once. */
    @Test
    @Order(1)
    void commandsSucceed() {
        Stream<Commands.Command> commands = Page.all().stream()
                .flatMap(page -> Commands.of(page).stream())
                .filter(command -> command.isOfTheLauncher() && !command.needsACluster());
        List<String> done = new ArrayList<>();
        commands.filter(command -> !done.contains(command.text())).forEach(command -> {
            done.add(command.text());
            Run run = Run.inCurrentSession(
                    command.words().stream().map(CodeBlocksIT::inTarget).toArray(String[]::new));
            assertThat(run.exitCode())
                    .as("%s: %s%n%s%s", command.block(), command.text(), run.out(), run.err())
                    .isZero();
        });
        assertThat(done).hasSizeGreaterThan(8);
        assertThat(target.resolve("digits/_SUCCESS")).exists();
    }

    @Test
    @Order(2)
    void queriesRunOnTheDemosTable() throws Exception {
        for (Block block : blocks("sql")) {
            Path file = Files.writeString(target.resolve("block.sql"), inTarget(block.code()));
            Run run = Run.inCurrentSession(
                    "sql", "--embeddings", target.resolve("digits").toString(), file.toString());
            assertThat(run.exitCode()).as("%s: %s", block, run.err()).isZero();
        }
    }

    @Test
    @Order(3)
    void javaCompilesAndRuns() throws Exception {
        List<Block> blocks = blocks("java");
        Path sources = Files.createDirectory(target.resolve("java"));
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            String name = "Block" + i;
            files.add(Files.writeString(
                    sources.resolve(name + ".java"),
                    JAVA.formatted(name, inTarget(blocks.get(i).code()))));
        }
        compile(files, sources);

        URL[] classes = {sources.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(classes, getClass().getClassLoader())) {
            for (int i = 0; i < blocks.size(); i++) {
                loader.loadClass("Block" + i)
                        .getMethod("run", SparkSession.class)
                        .invoke(null, LocalSpark.session());
            }
        }
    }

    private static void compile(List<Path> files, Path classes) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            List<String> options =
                    List.of("-d", classes.toString(), "-proc:none", "-cp", System.getProperty("java.class.path"));
            boolean compiled = compiler.getTask(
                            messages, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files))
                    .call();
            assertThat(compiled).as(messages.toString()).isTrue();
        }
    }
}
