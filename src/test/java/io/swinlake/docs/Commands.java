package io.swinlake.docs;

import io.swinlake.docs.Page.Block;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The lines of a page's bash blocks. */
final class Commands {
    private static final String LAUNCHER = "scripts/swinlake";

    /** Places that are not on this machine: such a command is read, not run. */
    private static final Pattern ELSEWHERE =
            Pattern.compile("s3a://|spark://|hdfs://|https://|--master yarn|gpu-executors");

    private Commands() {}

    /**
     * One command.
     *
     * @param words of the launcher's command: options of spark-submit, the verb, its options; empty for other commands
     */
    record Command(Block block, String text, List<String> words) {
        boolean isOfTheLauncher() {
            return !words.isEmpty();
        }

        boolean needsACluster() {
            return ELSEWHERE.matcher(text).find();
        }

        /** The verb and its options. */
        List<String> verb() {
            int at = 0;
            while (words.get(at).startsWith("--")) {
                at += words.get(at).contains("=") ? 1 : 2;
            }
            return words.subList(at, words.size());
        }

        List<String> sparkOptions() {
            return words.subList(0, words.size() - verb().size());
        }
    }

    static List<Command> of(Page page) {
        List<Command> commands = new ArrayList<>();
        for (Block block : page.blocks()) {
            if (block.language().equals("bash")) {
                block.code()
                        .replace("\\\n", " ")
                        .lines()
                        .map(line -> line.replaceFirst(" +#.*", "").strip())
                        .filter(line -> !line.isEmpty())
                        .forEach(line -> commands.add(new Command(block, line, words(line))));
            }
        }
        return commands;
    }

    private static List<String> words(String line) {
        return line.startsWith(LAUNCHER + " ") ? split(line.substring(LAUNCHER.length())) : List.of();
    }

    /** As bash does. */
    private static List<String> split(String line) {
        try {
            Process bash = new ProcessBuilder("bash", "-c", "printf '%s\\n' " + line).start();
            return new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
