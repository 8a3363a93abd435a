package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.s3.AmazonS3;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.Launcher.Run;
import io.swinlake.bench.LoopbackS3;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/**
 * The files in {@code jobs/} that schedule a job: each gives the command that its scheduler would run, and that runs on a
 * cluster of Spark's own Master and Worker, from S3 to S3. What the files name and is elsewhere here, the cluster's address
 * and {@code /opt/swinlake}, is replaced, nothing else.
 */
class ScheduledJobsIT {
    private static final Path KUBERNETES = Path.of("jobs/kubernetes");
    private static final Path CRONTAB = Path.of("jobs/cron/swinlake.crontab");
    private static final String FARTHEST_EAST = "Pacific/Kiritimati";
    private static final String DAY = "2026-11-21";
    private static final int IMAGES = 4;

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path temp;

    private static LoopbackS3 s3;
    private static AmazonS3 client;
    private static StandaloneCluster cluster;

    /** {@code conf/} with the address of the test's S3, and with executors that start fast. */
    private static Path conf;

    @BeforeAll
    static void start() throws Exception {
        s3 = LoopbackS3.start();
        client = s3.client();
        client.createBucket("lake");
        LoopbackS3.upload(client, "model/", Path.of("examples/demo/model"));
        for (int i = 0; i < IMAGES; i++) {
            Path image = Path.of(String.format(Locale.ROOT, "examples/demo/images/digit-%03d.png", i));
            client.putObject("lake", "images/" + DAY + "/" + image.getFileName(), image.toFile());
        }
        conf = Files.createDirectory(temp.resolve("conf"));
        Files.copy(Path.of("conf/log4j2.properties"), conf.resolve("log4j2.properties"));
        StringBuilder settings = new StringBuilder(Files.readString(Path.of("conf/spark-defaults.conf")));
        settingsOfTheTest().forEach((key, value) -> settings.append(key + " " + value + "\n"));
        Files.writeString(conf.resolve("spark-defaults.conf"), settings);
        cluster = StandaloneCluster.start(temp);
    }

    private static Map<String, String> settingsOfTheTest() {
        Map<String, String> settings = new TreeMap<>(s3.endpointSettings());
        settings.put("spark.executor.extraJavaOptions", ShortRun.JAVA_OPTIONS);
        settings.put("spark.ui.enabled", "false");
        return settings;
    }

    @AfterAll
    static void stop() {
        cluster.close();
        s3.close();
    }

    @BeforeEach
    void emptyTheTable() {
        client.listObjectsV2("lake", "table/")
                .getObjectSummaries()
                .forEach(object -> client.deleteObject("lake", object.getKey()));
    }

    private static AirflowHome airflow() throws IOException {
        Map<String, String> places = new LinkedHashMap<>();
        places.put("/opt/swinlake/swinlake.jar", Launcher.jar().toString());
        places.put("/opt/swinlake/conf", conf.toString());
        return new AirflowHome("airflow-3.3", temp.resolve("airflow"), cluster.url(), places);
    }

    @Test
    void theDagTrustsARecordThatNamesTheRunAndAccountsForEachImage() throws Exception {
        AirflowHome airflow = airflow();

        Run faults = airflow.script("faults.py", airflow.dag().toString(), record());
        assertThat(faults.out()).as(faults.err()).isEqualTo("""

                the record is that of run A, not of B
                run A is error_budget_exceeded: 2 images failed, {'decode/truncated': 2}
                run A listed 5 images and accounts for 4
                """);
        assertThat(faults.err()).doesNotContainPattern("swinlake_infer.py:\\d+: \\w*Warning");
    }

    private static String record() throws IOException {
        return JSON.writeValueAsString(Map.of(
                "run_id",
                "A",
                "status",
                "ok",
                "failed",
                2,
                "failed_by",
                Map.of("decode/truncated", 2),
                "listed",
                5,
                "unchanged",
                1,
                "written",
                3,
                "skipped",
                1));
    }

    /** As a person's run for that time; {@code AirflowIT} has all kinds of runs. */
    @Test
    void airflowRunsTheDagFromS3ToS3() throws Exception {
        AirflowHome airflow = airflow();
        airflow.connect(
                "aws_default",
                Map.of(
                        "conn_type",
                        "aws",
                        "login",
                        LoopbackS3.ACCESS_KEY,
                        "password",
                        LoopbackS3.SECRET_KEY,
                        "extra",
                        Map.of(
                                "endpoint_url",
                                s3.endpoint().toString(),
                                "region_name",
                                "us-east-1",
                                "config_kwargs", // s3proxy answers a checksum that is asked for with 501
                                Map.of("response_checksum_validation", "when_required"))));
        airflow.set(LoopbackS3.environment());

        Run migrated = airflow.airflow("db", "migrate");
        assertThat(migrated.exit()).as(migrated.out() + migrated.err()).isZero();
        Run run = airflow.airflow("dags", "test", "swinlake_infer", DAY + "T02:15:00+00:00");

        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        assertThat(run.out() + run.err())
                .contains("'listed': 4, 'unchanged': 0, 'written': 4, 'replaced': 0, 'skipped': 0, 'failed': 0")
                .doesNotContainPattern("swinlake_infer.py:\\d+: \\w*Warning")
                .doesNotContain("Broken DAG");
        assertRecord("20261121T021500");
    }

    @Test
    void theKubernetesOperatorSubmitsTheNightlyApplication() throws Exception {
        Map<String, Object> spec = part(yaml("infer-nightly.yaml"), "spec");
        assertThat(spec).containsEntry("concurrencyPolicy", "Forbid").containsEntry("schedule", "15 2 * * *");
        Map<String, Object> template = part(spec, "template");
        assertThat(part(template, "driver").get("env").toString())
                .contains("name=RUN_ID", "fieldPath=metadata.labels['sparkoperator.k8s.io/app-name']");

        List<String> words = operatorWords(template, Map.of("RUN_ID", "swinlake-nightly-1795313700000000000"));

        assertRuns(sparkSubmit(words), "swinlake-nightly-1795313700000000000");
    }

    /** ... of which the nightly one's run tells that it works. */
    @Test
    void theApplicationOfOneRunDiffersFromTheNightlyOneInItsRunIdOnly() throws IOException {
        Map<String, Object> template = part(part(yaml("infer-nightly.yaml"), "spec"), "template");

        assertThat(operatorWords(part(yaml("infer.yaml"), "spec"), Map.of()))
                .isEqualTo(operatorWords(template, Map.of("RUN_ID", DAY)));
    }

    /** ... and so does the one for Apache's operator, which has no fields for cores and memory. */
    @Test
    void theApplicationForApachesOperatorSaysTheSame() throws IOException {
        Map<String, Object> spec = part(yaml("infer-apache.yaml"), "spec");
        Map<String, Object> settings = part(spec, "sparkConf");
        Map<String, Object> asKubeflow = new TreeMap<>(part(yaml("infer.yaml"), "spec"));
        assertThat(spec.get("driverArgs")).isEqualTo(asKubeflow.get("arguments"));
        assertThat(spec).containsEntry("mainClass", asKubeflow.get("mainClass"));
        assertThat(spec).containsEntry("jars", asKubeflow.get("mainApplicationFile"));
        assertThat(settings).containsEntry("spark.kubernetes.container.image", asKubeflow.get("image"));
        assertThat(part(spec, "runtimeVersions")).containsEntry("sparkVersion", asKubeflow.get("sparkVersion"));

        Map<String, String> expected = new TreeMap<>();
        part(asKubeflow, "sparkConf").forEach((key, value) -> expected.put(key, value.toString()));
        expected.putAll(resources(asKubeflow));
        Map<String, String> found = new TreeMap<>();
        settings.forEach((key, value) -> found.put(key, value.toString()));
        found.keySet().removeIf(key -> key.startsWith("spark.kubernetes."));
        assertThat(found).isEqualTo(expected);
        assertThat(part(spec, "applicationTolerations").toString())
                .contains("restartPolicy=OnFailure", "maxRestartAttempts=2", "restartBackoffMillis=600000");
    }

    /** What an application of Kubeflow's operator says of driver and executors, as settings of Spark. */
    private static Map<String, String> resources(Map<String, Object> spec) {
        Map<String, String> settings = new TreeMap<>();
        for (String role : List.of("driver", "executor")) {
            for (String resource : List.of("cores", "memory", "memoryOverhead")) {
                settings.put(
                        "spark." + role + "." + resource,
                        part(spec, role).get(resource).toString());
            }
        }
        settings.put(
                "spark.executor.instances",
                part(spec, "executor").get("instances").toString());
        return settings;
    }

    /** As the operator puts the command together; {@code $(NAME)} is what Kubernetes fills in when it starts the driver. */
    private static List<String> operatorWords(Map<String, Object> spec, Map<String, String> driverEnvironment) {
        Map<String, String> settings = new TreeMap<>();
        part(spec, "sparkConf").forEach((key, value) -> settings.put(key, value.toString()));
        // The role of a service account is not to be had outside Kubernetes.
        assertThat(settings.remove("spark.hadoop.fs.s3a.aws.credentials.provider"))
                .isEqualTo("com.amazonaws.auth.WebIdentityTokenCredentialsProvider");
        assertThat(settings).isEqualTo(defaults());
        settings.putAll(settingsOfTheTest());
        settings.putAll(resources(spec));

        List<String> words = new ArrayList<>(List.of("--master", cluster.url()));
        words.addAll(List.of("--class", spec.get("mainClass").toString()));
        settings.forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
        words.add(local(spec.get("mainApplicationFile").toString().replaceFirst("^local://", "")));
        for (Object argument : (List<?>) spec.get("arguments")) {
            Matcher variable = Pattern.compile("\\$\\((\\w+)\\)").matcher(argument.toString());
            words.add(variable.replaceAll(name -> driverEnvironment.get(name.group(1))));
        }
        return words;
    }

    /** The settings in {@code conf/} that every application wants; an application says itself how much memory. */
    private static Map<String, String> defaults() {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(Files.readString(Path.of("conf/spark-defaults.conf"))));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        Map<String, String> defaults = new TreeMap<>();
        properties.forEach(
                (key, value) -> defaults.put(key.toString(), value.toString().strip()));
        defaults.remove("spark.driver.memory");
        return defaults;
    }

    @Test
    void theImageCopiesWhatTheBuildMakes() throws IOException {
        String dockerfile = Files.readString(KUBERNETES.resolve("Dockerfile")).replaceAll("\\\\\\R\\s*", "");
        List<String> sources = Pattern.compile("/src/(\\S+)")
                .matcher(dockerfile)
                .results()
                .map(source -> source.group(1))
                .toList();

        assertThat(sources).hasSize(4).allSatisfy(source -> {
            Path pattern = Path.of(source);
            try (Stream<Path> files = Files.list(pattern.getParent())) {
                assertThat(files.map(Path::getFileName)
                                .filter(
                                        FileSystems.getDefault().getPathMatcher("glob:" + pattern.getFileName())
                                                ::matches))
                        .as(source)
                        .hasSize(1);
            }
        });
    }

    @Test
    void cronRunsTheLauncherOnceAndFindsNothingToDoTheSecondTime() throws Exception {
        Map<String, String> environment = new HashMap<>(LoopbackS3.environment());
        String command = "";
        for (String line : Files.readAllLines(CRONTAB)) {
            Matcher variable = Pattern.compile("([A-Z_]+)=(.*)").matcher(line);
            if (variable.matches()) {
                environment.put(variable.group(1), variable.group(2));
            } else if (!line.isBlank() && !line.startsWith("#")) {
                command = line.split("\\s+", 6)[5].replace("\\%", "%");
            }
        }
        assertThat(environment).containsKeys("SHELL", "SWINLAKE", "MASTER", "LAKE", "LOG");
        Path log = temp.resolve("cron.log");
        environment.put("SWINLAKE", Path.of("").toAbsolutePath().toString());
        environment.put("MASTER", cluster.url());
        environment.put("LOG", log.toString());
        environment.put("SPARK_CONF_DIR", conf.toString());
        environment.put("SPARK_LOCAL_IP", "127.0.0.1");
        assertThat(environment).containsEntry("CRON_TZ", "UTC");
        environment.put("TZ", FARTHEST_EAST); // the run's id is the day in UTC, whatever the machine's clock says
        String today = LocalDate.now(ZoneOffset.UTC).toString();

        Run first = output(environment, environment.get("SHELL"), "-c", command);
        assertThat(first).as(Files.readString(log)).isEqualTo(new Run(0, "", ""));
        assertRecord(today);
        Run second = output(environment, environment.get("SHELL"), "-c", command);

        assertThat(second).isEqualTo(new Run(0, "", ""));
        assertThat(log).content().contains("run " + today + " was already done");
        environment.put("LAKE", "s3a://no-lake");
        assertThat(output(environment, environment.get("SHELL"), "-c", command).out())
                .isEqualTo("swinlake: exit code 4, see " + log + "\n");
    }

    @Test
    void theDoctorLooksAtAnExecutorToo() throws Exception {
        Map<String, String> environment = new HashMap<>(LoopbackS3.environment());
        environment.put("SPARK_CONF_DIR", conf.toString());
        environment.put("SPARK_LOCAL_IP", "127.0.0.1");

        List<String> words =
                new ArrayList<>(List.of("--master", cluster.url(), "doctor", "--model", "s3a://lake/model"));
        words.addAll(List.of("--input", "s3a://lake/images", "--output", "s3a://lake/table"));
        Run run = Launcher.swinlake(environment, words);

        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        assertThat(run.out())
                .containsPattern("ok +engine +executor 0 on 127.0.0.1 +libtorch 2.7.1")
                .containsPattern(
                        "ok +input +executor 0 on 127.0.0.1 +s3a://lake/images: listed 4 objects, read digit-000.png")
                .containsPattern("ok +output +driver +s3a://lake/table: wrote, committed \\(by magic\\)")
                .containsPattern("ok +image +executor +through Spark on cpu in fp32: class 6 six, cosine 1.000000")
                .containsPattern("ok +memory +executor 0 on 127.0.0.1 ");
    }

    /** The command that {@code bin/spark-submit} of a distribution becomes. */
    private static Run sparkSubmit(List<String> words) throws Exception {
        List<String> command = StandaloneCluster.java(
                conf + ":" + StandaloneCluster.SPARK_HOME.resolve("jars") + "/*",
                "org.apache.spark.deploy.SparkSubmit");
        command.addAll(words);
        Map<String, String> environment = new HashMap<>(StandaloneCluster.environment());
        environment.putAll(LoopbackS3.environment());
        return output(environment, command.toArray(String[]::new));
    }

    private static void assertRuns(Run run, String runId) throws IOException {
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.summary().get("written").asInt()).isEqualTo(IMAGES);
        assertRecord(runId);
    }

    /** The run is committed, was computed by the cluster, and left no credentials in the logs of its processes. */
    private static void assertRecord(String runId) throws IOException {
        JsonNode record = JSON.readTree(client.getObjectAsString("lake", "table/run=" + runId + "/_run.json"));
        assertThat(record.get("run_id").asText()).isEqualTo(runId);
        assertThat(record.get("status").asText()).isEqualTo("ok");
        assertThat(record.get("written").asInt()).isEqualTo(IMAGES);
        assertThat(cluster.completedApplications()).isPositive();
        try (Stream<Path> logs = Files.walk(temp)) {
            assertThat(logs.filter(file -> file.toString().matches(".*(\\.log|stderr|stdout)")))
                    .hasSizeGreaterThan(3)
                    .allSatisfy(log ->
                            assertThat(log).content().doesNotContain(LoopbackS3.ACCESS_KEY, LoopbackS3.SECRET_KEY));
        }
    }

    /** The place in the project of a file that is installed below {@code /opt/swinlake}. */
    private static String local(String installed) {
        return switch (installed) {
            case "/opt/swinlake/swinlake.jar" -> Launcher.jar().toString();
            default -> throw new IllegalArgumentException(installed);
        };
    }

    private static Map<String, Object> yaml(String name) throws IOException {
        return new Yaml().load(Files.readString(KUBERNETES.resolve(name)));
    }

    private static Map<String, Object> part(Map<String, Object> whole, String name) {
        return JSON.convertValue(whole.get(name), new TypeReference<LinkedHashMap<String, Object>>() {});
    }

    private static Run output(Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        return Launcher.run(environment, List.of(command));
    }
}
