package io.swinlake;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An installation of Airflow with the DAG of {@code jobs/airflow}, in which the paths of this machine take the place of others. */
final class AirflowHome {
    private static final Path SOURCES = Path.of("src/test/python/airflow");

    private final PythonEnvironment python;
    private final Path home;
    private final Map<String, String> environment = new HashMap<>();

    /**
     * Makes the home with its DAGs.
     *
     * @param release of Airflow, as its file of requirements is called
     * @param master that the connection to Spark names
     * @param replacements what the DAGs say, and what they are to say here
     */
    AirflowHome(String release, Path home, String master, Map<String, String> replacements) throws IOException {
        this.python = PythonEnvironment.of(SOURCES.resolve(release + ".txt"));
        this.home = home;
        Path dags = Files.createDirectories(home.resolve("dags"));
        for (Path dag : List.of(Path.of("jobs/airflow/swinlake_infer.py"), SOURCES.resolve("images_arrive.py"))) {
            String text = Files.readString(dag);
            for (Map.Entry<String, String> replacement : replacements.entrySet()) {
                text = text.replace(replacement.getKey(), replacement.getValue());
            }
            Files.writeString(dags.resolve(dag.getFileName()), text);
        }
        environment.putAll(StandaloneCluster.environment());
        environment.put("AIRFLOW_HOME", home.toString());
        environment.put("AIRFLOW__CORE__LOAD_EXAMPLES", "False");
        environment.put("AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY", "1");
        environment.put("PATH", SOURCES.toAbsolutePath() + ":" + python.bin() + ":" + System.getenv("PATH"));
        environment.put("PYTHONWARNINGS", "default");
        connect("spark_default", Map.of("conn_type", "spark", "host", master));
    }

    void connect(String connection, Map<String, Object> facts) throws IOException {
        environment.put(
                "AIRFLOW_CONN_" + connection.toUpperCase(Locale.ROOT), new ObjectMapper().writeValueAsString(facts));
    }

    void set(Map<String, String> variables) {
        environment.putAll(variables);
    }

    Path dag() {
        return home.resolve("dags/swinlake_infer.py");
    }

    /** Runs a command of Airflow, four minutes at most: a task that fails where it should not waits and tries again. */
    Launcher.Run airflow(String... words) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("-m", "airflow"));
        all.addAll(List.of(words));
        return python.python(environment, all, Duration.ofMinutes(4));
    }

    /** Runs a script of {@code src/test/python/airflow} in its environment. */
    Launcher.Run script(String name, String... words) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(SOURCES.resolve(name).toString()));
        all.addAll(List.of(words));
        return python.python(environment, all);
    }
}
