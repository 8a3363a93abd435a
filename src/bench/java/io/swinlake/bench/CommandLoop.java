package io.swinlake.bench;

import io.swinlake.cli.Run;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Commands in one session, which stays: a line each on standard input, words parted by {@link #BETWEEN_WORDS}. Each is answered by
 * its exit code and the last line of its standard output, or of standard error if it failed.
 */
public final class CommandLoop {
    static final String BETWEEN_WORDS = "\u0001";
    static final String ANSWER = "exit ";

    private CommandLoop() {}

    public static void main(String[] args) throws IOException {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            Run run = Run.inCurrentSession(line.split(BETWEEN_WORDS, -1));
            String said = run.exitCode() == 0 ? run.out() : run.err();
            System.out.println(ANSWER + run.exitCode() + " "
                    + said.lines().reduce((first, second) -> second).orElse(""));
        }
        System.exit(0);
    }
}
