package io.swinlake.cli;

import io.swinlake.TextTarget;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Command lines, whose words stand between line ends here. */
public final class CommandTexts {
    private CommandTexts() {}

    public static List<TextTarget> targets() {
        TextTarget line = new TextTarget(
                "command line",
                List.of(
                        "infer\n--model\nexamples/demo/model\n--input\ns3a://lake/images\n--output\ntable\n--top-k\n5",
                        "infer\n--model=m\n--batch-size=8\n--precision=int8\n--device=cuda\n--run-id=2026-11-29",
                        "nearest\n--embeddings\ntable\n--query\nx.png\n--k\n5\n--unique",
                        "evaluate\n--embeddings\nt\n--truth\ntruth.csv\n--columns\nimage,class",
                        "duplicates\n--embeddings\nt\n--min-cosine\n0.95",
                        "report\n--embeddings\nt\n--output\nr.html\n--images\n40",
                        "sql\nfile.sql\n--embeddings\nt",
                        "doctor\n--max-pixels\n178956970\n--decode-timeout\n10s"),
                CommandTexts::parse);
        return List.of(line);
    }

    /** Behind its verb stands --help, so that a line that is right is parsed and not run. */
    private static Optional<String> parse(String text) {
        List<String> words = new ArrayList<>(Arrays.asList(text.split("\n", -1)));
        words.add(1, "--help");
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = Main.run(new PrintWriter(out), new PrintWriter(err), words.toArray(String[]::new));
        if (exit == 0) {
            return Optional.empty();
        }
        if (exit != 2) {
            throw new IllegalStateException("exit code %s: %s".formatted(exit, err));
        }
        // What was typed is repeated as it is; that it is one line is asked of the rest.
        return Optional.of(err.toString().strip().lines().count() == 1 ? "refused" : err.toString());
    }
}
