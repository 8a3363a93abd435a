package io.swinlake.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.swinlake.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.launcher.SparkLauncher;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Every command of the pages is one that exists; {@link CodeBlocksIT} runs those that need no cluster. */
class CommandsTest {
    private static final List<Commands.Command> COMMANDS =
            Page.all().stream().flatMap(page -> Commands.of(page).stream()).toList();

    @Test
    void everyVerbTakesItsOptions() {
        assertThat(COMMANDS)
                .filteredOn(Commands.Command::isOfTheLauncher)
                .hasSizeGreaterThan(10)
                .allSatisfy(command -> assertThatCode(() -> new CommandLine(Main.class)
                                .setCaseInsensitiveEnumValuesAllowed(true)
                                .parseArgs(command.verb().toArray(String[]::new)))
                        .as("%s: %s", command.block(), command.text())
                        .doesNotThrowAnyException());
    }

    /** spark-submit's own parser knows its options; it starts nothing. */
    @Test
    void whatStandsBeforeTheVerbAreOptionsOfSparkSubmit() {
        assertThat(COMMANDS).filteredOn(Commands.Command::isOfTheLauncher).allSatisfy(command -> assertThatCode(
                        () -> addAll(new SparkLauncher(), command.sparkOptions()))
                .as("%s: %s", command.block(), command.text())
                .doesNotThrowAnyException());
    }

    private static void addAll(SparkLauncher launcher, List<String> options) {
        for (int i = 0; i < options.size(); i += 2) {
            launcher.addSparkArg(options.get(i), options.get(i + 1));
        }
    }

    /** Scripts and tools: what they name of the project is there, and Maven's profiles are in the pom. */
    @Test
    void otherCommandsNameWhatIsThere() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        Set<String> tools = Set.of("cat", "pip", "sed", "./mvnw");
        assertThat(COMMANDS).filteredOn(command -> !command.isOfTheLauncher()).allSatisfy(command -> {
            List<String> words = List.of(command.text().split(" +", -1));
            assertThat(tools.contains(words.get(0)) || Files.isExecutable(Path.of(words.get(0))))
                    .as("%s: %s", command.block(), command.text())
                    .isTrue();
            assertThat(words.stream().filter(word -> word.matches("(?:conf|examples|jobs|scripts|src)/.*")))
                    .allSatisfy(word -> assertThat(Path.of(word)).exists());
            assertThat(words.stream()
                            .filter(word -> word.startsWith("-P"))
                            .flatMap(word -> Stream.of(word.substring(2).split(",", -1))))
                    .allSatisfy(profile -> assertThat(pom).contains("<id>" + profile + "</id>"));
        });
    }

    @Test
    void everyBlockIsOfALanguageThatIsChecked() {
        Set<String> run = Set.of("bash", "java", "sql", "python");
        Set<String> shown = Set.of("mermaid", "console", ""); // drawings, other machines' shells, layouts of folders
        assertThat(Page.all().stream().flatMap(page -> page.blocks().stream()))
                .allSatisfy(block -> assertThat(run.contains(block.language()) || shown.contains(block.language()))
                        .as("%s: ```%s", block, block.language())
                        .isTrue());
    }
}
