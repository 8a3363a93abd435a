package io.swinlake.spark.source;

import io.swinlake.storage.Listing;
import io.swinlake.storage.StoredFile;
import io.swinlake.table.TableFormat;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.sql.SparkSession;

/** What an input is, which the place itself tells: by the files of a table format, or by how its names end. */
public enum SourceKind {
    /** Objects that are images each. */
    FILES("objects"),
    /** Tar archives of images. */
    SHARDS("tar shards", ".tar"),
    /** A Delta or Iceberg table. */
    TABLE("a Delta or Iceberg table"),
    PARQUET("Parquet", ".parquet"),
    CSV("CSV", ".csv", ".csv.gz"),
    JSON_LINES("JSON lines", ".jsonl", ".jsonl.gz", ".ndjson", ".json", ".json.gz");

    /** So many files of one ending make a folder a table; images among them come up sooner. */
    private static final int LOOKED_AT = 100;

    private final String words;
    private final String endings; // words

    SourceKind(String words, String... endings) {
        this.words = words;
        this.endings = String.join(" ", endings);
    }

    /**
     * What an input is; {@link #FILES} if nothing tells otherwise, also if nothing is there.
     *
     * @param leftOut folders that do not count, such as an output below its input
     * @throws IOException if the first of its files cannot be listed
     */
    public static SourceKind of(SparkSession spark, String input, List<String> leftOut) throws IOException {
        if (TableFormat.at(spark, input).isPresent()) {
            return TABLE;
        }
        Optional<SourceKind> named = byName(input.replaceFirst("/+$", ""));
        return named.isPresent() ? named.get() : byFiles(spark, input, leftOut);
    }

    private static SourceKind byFiles(SparkSession spark, String input, List<String> leftOut) throws IOException {
        RemoteIterator<StoredFile> files;
        try {
            files = new Listing(spark.sessionState().newHadoopConf(), "*", leftOut).of(input);
        } catch (IOException | IllegalArgumentException e) {
            return FILES; // whoever lists it says what is wrong
        }
        Optional<SourceKind> kind = Optional.empty();
        for (int i = 0; i < LOOKED_AT && files.hasNext(); i++) {
            Optional<SourceKind> next = byName(files.next().name());
            if (next.isEmpty() || (kind.isPresent() && !kind.equals(next))) {
                return FILES;
            }
            kind = next;
        }
        return kind.orElse(FILES);
    }

    private static Optional<SourceKind> byName(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return Arrays.stream(values()).filter(kind -> kind.hasEndingOf(lower)).findFirst();
    }

    private boolean hasEndingOf(String name) {
        return !endings.isEmpty() && Arrays.stream(endings.split(" ", -1)).anyMatch(name::endsWith);
    }

    /** Whether its rows have columns that somebody has to name. */
    public boolean isTable() {
        return this != FILES && this != SHARDS;
    }

    /** As messages name it. */
    public String words() {
        return words;
    }
}
