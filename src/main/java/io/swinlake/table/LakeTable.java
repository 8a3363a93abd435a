package io.swinlake.table;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A table of a format that has snapshots, by its folder or by its name in a catalog. */
final class LakeTable {
    private static final String DELTA_LOG = "_delta_log";

    private static final Pattern DELTA_VERSION = Pattern.compile("(\\d{20})\\.(?:json|checkpoint\\..*)");

    private static final Pattern CATALOG_NAME = Pattern.compile("\\w+(\\.\\w+)+");

    private final SparkSession spark;
    private final TableFormat format;
    private final String name;
    private final boolean isFolder;

    private LakeTable(SparkSession spark, TableFormat format, String name, boolean isFolder) {
        this.spark = spark;
        this.format = format;
        this.name = name;
        this.isFolder = isFolder;
    }

    /** The Delta table in a folder, which may be empty. */
    static LakeTable deltaToWrite(SparkSession spark, String uri) throws IOException {
        if (uri.matches(".*[\\[\\]{}*?].*")) {
            throw TableException.refused(
                    "%s: Delta takes the characters []{}*? for a pattern; choose another --output", uri);
        }
        Path root = new Path(uri);
        FileSystem fileSystem = root.getFileSystem(spark.sessionState().newHadoopConf());
        if (!fileSystem.exists(new Path(root, DELTA_LOG))
                && !names(fileSystem, root).isEmpty()) {
            throw TableException.refused("%s: exists already and is no Delta table; choose another --output", uri);
        }
        return new LakeTable(
                spark, TableFormat.DELTA, fileSystem.makeQualified(root).toString(), true);
    }

    /** An Iceberg table of a catalog that Spark's settings name. */
    static LakeTable icebergToWrite(SparkSession spark, String name) {
        if (!CATALOG_NAME.matcher(name).matches()) {
            throw TableException.refused(
                    "%s: is no name of an Iceberg table, as catalog.database.table; its catalog stands in Spark's settings"
                            + " spark.sql.catalog.*",
                    name);
        }
        return new LakeTable(spark, TableFormat.ICEBERG, name, false);
    }

    /** The table that is there; empty if the place is no table of such a format. */
    static Optional<LakeTable> find(SparkSession spark, String uri) throws IOException {
        Configuration configuration = spark.sessionState().newHadoopConf();
        Path root = new Path(uri);
        FileSystem fileSystem = root.getFileSystem(configuration);
        if (fileSystem.exists(new Path(root, DELTA_LOG))) {
            return Optional.of(new LakeTable(
                    spark, TableFormat.DELTA, fileSystem.makeQualified(root).toString(), true));
        }
        if (names(fileSystem, new Path(root, "metadata")).stream().anyMatch(file -> file.endsWith(".metadata.json"))) {
            return Optional.of(new LakeTable(
                    spark, TableFormat.ICEBERG, fileSystem.makeQualified(root).toString(), true));
        }
        if (!fileSystem.exists(root) && isInCatalog(spark, uri)) {
            return Optional.of(new LakeTable(spark, providerOf(spark, uri), uri, false));
        }
        return Optional.empty();
    }

    static boolean isInCatalog(SparkSession spark, String name) {
        return CATALOG_NAME.matcher(name).matches() && spark.catalog().tableExists(name);
    }

    private static List<String> names(FileSystem fileSystem, Path folder) throws IOException {
        try {
            return Arrays.stream(fileSystem.listStatus(folder))
                    .map(file -> file.getPath().getName())
                    .toList();
        } catch (FileNotFoundException e) {
            return List.of();
        }
    }

    private static TableFormat providerOf(SparkSession spark, String name) {
        String provider = detail(spark, quoted(name), "Provider").orElse("");
        return Arrays.stream(TableFormat.values())
                .filter(format -> format.word().equalsIgnoreCase(provider))
                .findFirst()
                .orElse(TableFormat.PARQUET);
    }

    private static Optional<String> detail(SparkSession spark, String sqlName, String what) {
        return spark.sql("DESCRIBE TABLE EXTENDED " + sqlName).collectAsList().stream()
                .filter(row -> row.getString(0).equals(what))
                .map(row -> row.getString(1))
                .reduce((first, last) -> last); // a column may have that name too; details follow the columns
    }

    TableFormat format() {
        return format;
    }

    String name() {
        return name;
    }

    /** As SQL names it. */
    String sqlName() {
        return isFolder ? format.word() + ".`" + name.replace("`", "``") + "`" : quoted(name);
    }

    private static String quoted(String catalogName) {
        return "`" + catalogName.replace(".", "`.`") + "`"; // of letters, digits and underscores, as CATALOG_NAME says
    }

    boolean exists() {
        try {
            return switch (format) {
                case DELTA ->
                    isFolder ? deltaVersion().isPresent() : spark.catalog().tableExists(sqlName());
                case ICEBERG, PARQUET ->
                    isFolder || spark.catalog().tableExists(sqlName()); // a folder was found as one
            };
        } catch (IOException e) {
            throw TableException.refused(e, "%s: cannot be listed: %s".formatted(name, e.getMessage()));
        }
    }

    /** The folder with its files. */
    String location() {
        return isFolder ? name : detail(spark, sqlName(), "Location").orElseThrow();
    }

    /** All rows as they are now: whoever reads them twice reads the same, whatever is written meanwhile. */
    Dataset<Row> snapshot() {
        format.requireJar("reading " + name);
        try {
            return switch (format) {
                case DELTA -> isFolder ? deltaAt(deltaVersion()) : spark.table(sqlName());
                case ICEBERG -> icebergSnapshot();
                case PARQUET -> spark.table(sqlName());
            };
        } catch (IOException e) {
            throw TableException.refused(e, "%s: cannot be listed: %s".formatted(name, e.getMessage()));
        }
    }

    private Dataset<Row> deltaAt(Optional<Long> version) {
        return version.map(number -> spark.read()
                        .format("delta")
                        .option("versionAsOf", number)
                        .load(name))
                .orElseThrow(() -> TableException.refused("%s: its %s holds no version", name, DELTA_LOG));
    }

    /** By the names in its log, as the format defines them: Delta's own SQL for it needs its extension. */
    private Optional<Long> deltaVersion() throws IOException {
        Path log = new Path(name, DELTA_LOG);
        return names(log.getFileSystem(spark.sessionState().newHadoopConf()), log).stream()
                .map(DELTA_VERSION::matcher)
                .filter(Matcher::matches)
                .map(match -> Long.valueOf(match.group(1)))
                .max(Long::compare);
    }

    /** Iceberg opens a folder by a catalog of its own, which asks for Hive's classes unless it is told not to. */
    private void nameIcebergsCatalogOfFolders() {
        String catalog = "spark.sql.catalog.default_iceberg";
        if (spark.conf().getOption(catalog + ".type").isEmpty()) {
            spark.conf().set(catalog, "org.apache.iceberg.spark.SparkCatalog");
            spark.conf().set(catalog + ".type", "hadoop");
            spark.conf().set(catalog + ".warehouse", new Path(name).getParent().toString());
        }
    }

    private Dataset<Row> icebergSnapshot() {
        if (isFolder) {
            nameIcebergsCatalogOfFolders();
        }
        Dataset<Row> refs =
                isFolder ? spark.read().format("iceberg").load(name + "#refs") : spark.table(sqlName() + ".refs");
        Optional<Long> current = refs.where("name = 'main'").select("snapshot_id").collectAsList().stream()
                .map(row -> row.getLong(0))
                .findFirst();
        // As Spark says it: Iceberg 1.12 refuses its own option snapshot-id.
        if (!isFolder) {
            String version = current.map(id -> " VERSION AS OF " + id).orElse("");
            return spark.sql("SELECT * FROM " + sqlName() + version);
        }
        DataFrameReader reader = spark.read().format("iceberg");
        current.ifPresent(id -> reader.option("versionAsOf", id));
        return reader.load(name);
    }
}
