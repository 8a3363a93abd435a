package io.swinlake.spark.inference;

import io.swinlake.image.ImageException;
import io.swinlake.storage.Listing;
import io.swinlake.storage.Messages;
import io.swinlake.storage.StoredFile;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RemoteIterator;

/** Lists inputs and reads what is there, in this JVM or in one of another locale or with fewer rights. */
final class LakeReader {
    private LakeReader() {}

    /** What became of each file, by its URI: the number of its bytes, or the code of its error. */
    static Map<String, String> read(Configuration configuration, List<String> inputs) throws IOException {
        ImageFetcher fetcher = new ImageFetcher(configuration);
        Listing listing = new Listing(configuration, "*", List.of());
        Map<String, String> files = new TreeMap<>();
        for (String input : inputs) {
            RemoteIterator<StoredFile> listed = listing.of(input);
            while (listed.hasNext()) {
                StoredFile file = listed.next();
                files.put(file.uri(), outcome(fetcher, file));
            }
        }
        return files;
    }

    private static String outcome(ImageFetcher fetcher, StoredFile file) {
        try {
            return fetcher.fetch(file.uri(), file.listed()).length + " bytes";
        } catch (ImageException e) {
            return e.code().code();
        }
    }

    /** The same in a JVM of its own; a listing that fails gives its message alone. */
    static Map<String, String> readElsewhere(Map<String, String> environment, List<String> starter, String... inputs)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(starter);
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("-Xmx128m", "-cp", System.getProperty("java.class.path"), LakeReader.class.getName()));
        command.addAll(List.of(inputs));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        File errors = File.createTempFile("lake-reader", ".log");
        Process process = builder.redirectError(errors).start();
        Map<String, String> files = new TreeMap<>();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        text.lines().map(line -> line.split("\t")).forEach(line -> files.put(line[0], line[1]));
        if (process.waitFor() != 0) {
            throw new IllegalStateException(Files.readString(errors.toPath()));
        }
        return files;
    }

    public static void main(String[] inputs) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try {
            read(new Configuration(), List.of(inputs)).forEach((uri, outcome) -> out.println(uri + "\t" + outcome));
        } catch (IOException e) {
            out.println("failed\t" + Messages.reason(e));
        }
    }
}
