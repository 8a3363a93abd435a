package io.swinlake.bench;

import io.swinlake.spark.Demo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.commons.math3.stat.regression.SimpleRegression;

/**
 * An application that runs one {@code infer} after the other in its session, over the demo's lake: what it holds after each. Its heap is
 * resident from the start, so that what its resident size gains is not Java's objects. Arguments: jobs (200), of which the first
 * quarter warms up. {@code scripts/bench soak-jobs}
 */
final class JobsSoakBenchmark {
    private static final Path FOLDER = Path.of("target", "bench");

    private JobsSoakBenchmark() {}

    /** What a process holds after so many jobs. */
    private record Sample(int jobs, double megabytes, double threads, double files, double seconds) {
        static Sample of(WorkerProcess process, int jobs, double seconds) throws IOException {
            Path proc = Path.of("/proc", Long.toString(process.pid()));
            try (Stream<Path> files = Files.list(proc.resolve("fd"))) {
                return new Sample(
                        jobs, status(proc, "VmRSS:") * 1024 / 1e6, status(proc, "Threads:"), files.count(), seconds);
            }
        }

        private static double status(Path proc, String field) throws IOException {
            return Files.readAllLines(proc.resolve("status")).stream()
                    .filter(line -> line.startsWith(field))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "job %d: %.2f s, %.1f MB, %.0f threads, %.0f open files",
                    jobs,
                    seconds,
                    megabytes,
                    threads,
                    files);
        }
    }

    public static void main(String[] arguments) throws Exception {
        int jobs = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 200;
        Path output = FOLDER.resolve("tables").resolve("soak-jobs");
        List<String> main =
                List.of("-Xms2g", "-XX:+AlwaysPreTouch", "io.swinlake.cli.InferJob", "local[2]", "wall", Demo.MODEL);
        List<Sample> samples = new ArrayList<>();
        try (WorkerProcess application =
                WorkerProcess.java("soak-jobs", WorkerProcess.ownClassPath(), main, Map.of())) {
            for (int job = 1; job <= jobs; job++) {
                FileUtils.deleteDirectory(output.toFile());
                double seconds = application.ask(Job.request(Path.of(Demo.IMAGES), output));
                Sample sample = Sample.of(application, job, seconds);
                if (job > jobs / 4) {
                    samples.add(sample);
                }
                if (job % 25 == 0 || job == 1) {
                    System.out.println(sample);
                }
            }
        }
        System.out.printf(
                "after the first %d jobs, in 100 jobs: %+.2f MB resident, %+.2f threads, %+.2f open files, %+.3f s a job%n",
                jobs / 4,
                slope(samples, Sample::megabytes),
                slope(samples, Sample::threads),
                slope(samples, Sample::files),
                slope(samples, Sample::seconds));
        System.exit(0);
    }

    /** In 100 jobs, by least squares. */
    private static double slope(List<Sample> samples, ToDoubleFunction<Sample> figure) {
        SimpleRegression line = new SimpleRegression();
        samples.forEach(sample -> line.addData(sample.jobs(), figure.applyAsDouble(sample)));
        return line.getSlope() * 100;
    }
}
