package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The DAG in Airflow's own scheduler, with a real Spark on this machine. What the file names and is elsewhere here is replaced,
 * nothing else.
 */
@EnabledIfSystemProperty(
        named = "swinlake.airflow",
        matches = "true",
        disabledReason = "scripts/test --airflow runs it")
class AirflowIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path temp;

    private Path lake;

    private AirflowHome airflow(String release) throws IOException {
        lake = Files.createDirectories(temp.resolve("lake"));
        Map<String, String> places = new LinkedHashMap<>();
        places.put("s3a://lake", lake.toUri().toString().replaceAll("/$", ""));
        places.put("/opt/swinlake/swinlake.jar", Launcher.jar().toString());
        places.put("/opt/swinlake", Path.of("").toAbsolutePath().toString());
        return new AirflowHome(release, temp.resolve("airflow"), "local[2]", places);
    }

    /** A folder for each of the last days: today's has one image, yesterday's two, and so on. */
    private void fill(LocalDate today) throws IOException {
        int next = 0;
        for (int ago = 0; ago < 8; ago++) {
            Path folder = Files.createDirectories(lake.resolve("images/" + today.minusDays(ago)));
            for (int i = 0; i <= ago; i++) {
                String name = String.format(Locale.ROOT, "digit-%03d.png", next++);
                Files.copy(Path.of("examples/demo/images", name), folder.resolve(name));
            }
        }
        Path broken = Files.createDirectories(lake.resolve("images/2026-01-01"));
        Files.writeString(broken.resolve("a.png"), "no image");
        Path model = Files.createDirectories(lake.resolve("model"));
        try (var files = Files.list(Path.of("examples/demo/model"))) {
            for (Path file : files.toList()) {
                Files.copy(file, model.resolve(file.getFileName()));
            }
        }
    }

    @Test
    void onAirflow3EveryKindOfRunReadsItsDayAndItsRecordIsTheAssetsEvent() throws Exception {
        assertEveryKindOfRunReadsItsDay("airflow-3.3");
    }

    @Test
    void onAirflow2EveryKindOfRunReadsItsDayAndItsRecordIsTheAssetsEvent() throws Exception {
        assertEveryKindOfRunReadsItsDay("airflow-2.11");
    }

    private void assertEveryKindOfRunReadsItsDay(String release) throws Exception {
        AirflowHome airflow = airflow(release);
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        LocalDate lastNight = LocalDateTime.ofInstant(Instant.now().minus(Duration.ofMinutes(135)), ZoneOffset.UTC)
                .toLocalDate()
                .minusDays(1);
        fill(today);
        // The first attempt at the first run dies when one of its images is computed.
        Path crash = Files.writeString(
                temp.resolve("crash"),
                lake.resolve("table/_runs/*/parts/*/_SUCCESS").toString());
        airflow.set(Map.of("CRASH", crash.toString()));

        Launcher.Run run = airflow.script(
                "schedule.py",
                lake.toString(),
                JSON.writeValueAsString(Map.of(
                        "trigger",
                        List.of(
                                Map.of(),
                                Map.of("day", today.minusDays(7).toString()),
                                Map.of("day", "2026-01-01"),
                                Map.of("day", "2026-01-01", "max_error_rate", 1)),
                        "asset",
                        true,
                        "backfill",
                        List.of(
                                today.minusDays(6).toString(),
                                today.minusDays(4).toString()),
                        "backfill_runs",
                        3)));

        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        assumeTrue(LocalDate.now(ZoneOffset.UTC).equals(today), "the day has ended meanwhile");
        List<JsonNode> runs = run.out()
                .lines()
                .filter(line -> line.startsWith("{")) // Airflow writes there too
                .map(AirflowIT::parse)
                .toList();
        String asset = release.equals("airflow-3.3") ? "asset_triggered" : "dataset_triggered";
        assertThat(runs)
                .extracting(
                        some -> some.get("type").asText(),
                        AirflowIT::day,
                        some -> some.get("state").asText(),
                        AirflowIT::listed)
                .containsExactly(
                        tuple(
                                "scheduled",
                                "" + lastNight,
                                "success",
                                1 + (int) ChronoUnit.DAYS.between(lastNight, today)),
                        tuple("manual", "" + today, "success", 1),
                        tuple("manual", "" + today.minusDays(7), "success", 8),
                        tuple("manual", "2026-01-01", "failed", 1),
                        tuple("manual", "2026-01-01", "success", 1),
                        tuple(asset, "" + today, "success", 1),
                        tuple("backfill", "" + today.minusDays(6), "success", 7),
                        tuple("backfill", "" + today.minusDays(5), "success", 6),
                        tuple("backfill", "" + today.minusDays(4), "success", 5));
        assertThat(runs.get(0).get("tries").asInt())
                .as("the killed attempt and the next")
                .isEqualTo(2);
        assertThat(runs.get(0).get("resumed").asInt())
                .as("what the killed attempt had computed")
                .isPositive();
        assertThat(runs.get(3).get("status").asText()).isEqualTo("error_budget_exceeded");
        assertThat(runs.get(3).get("extra").isNull()).isTrue();
        for (JsonNode some : runs) {
            if (some.get("state").asText().equals("success")) {
                assertThat(some.get("extra").get("run")).isEqualTo(some.get("run"));
                assertThat(some.get("extra").get("listed")).isEqualTo(some.get("listed"));
                assertThat(some.get("extra").get("written")).isEqualTo(some.get("written"));
            }
        }
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException(line, e);
        }
    }

    /** The day that infer was told to read; its record says that it did. */
    private static String day(JsonNode run) {
        String input = run.get("input").asText();
        assertThat(run.get("inputs").get(0).asText()).isEqualTo(input);
        return input.substring(input.lastIndexOf('/') + 1);
    }

    private static int listed(JsonNode run) {
        return run.get("listed").asInt();
    }
}
