package io.swinlake.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.spark.LocalSpark;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/** One run of the command line: what the user sees of it. */
public record Run(int exitCode, String out, String err) {
    static Run swinlake(String... args) {
        LocalSpark.session(); // a verb takes the session that is there
        return inCurrentSession(args);
    }

    public static Run inCurrentSession(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
        return new Run(exitCode, out.toString(), err.toString());
    }

    /** The last line on stdout. */
    public JsonNode summary() {
        try {
            return new ObjectMapper()
                    .readTree(out.lines().reduce((first, second) -> second).orElseThrow());
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
