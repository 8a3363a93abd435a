package io.swinlake.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A JVM that waits for requests, one line each, and answers each with a figure; {@link WorkerProcess} asks. */
public final class Worker {
    static final String FIGURE = "figure: ";
    static final String FAILURE = "failure: ";

    private Worker() {}

    /** What a worker does. */
    public interface Task {
        double run(String request) throws Exception;
    }

    /** Answers requests until there are no more, then ends the JVM. */
    public static void serve(Task task) throws IOException {
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String request = requests.readLine(); request != null; request = requests.readLine()) {
            System.out.println(answer(task, request));
        }
        System.exit(0);
    }

    private static String answer(Task task, String request) {
        try {
            return FIGURE + String.format(Locale.ROOT, "%.6f", task.run(request));
        } catch (Exception | LinkageError e) {
            e.printStackTrace();
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            return FAILURE + String.valueOf(cause).replace('\n', ' ');
        }
    }
}
