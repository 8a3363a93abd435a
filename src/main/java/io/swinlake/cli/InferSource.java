package io.swinlake.cli;

import io.swinlake.cli.command.CommandException;
import io.swinlake.spark.ImageColumns;
import io.swinlake.spark.ImageLake;
import io.swinlake.spark.ImageShards;
import io.swinlake.spark.ImageTable;
import io.swinlake.spark.inference.OutputColumns;
import io.swinlake.spark.source.SourceKind;
import io.swinlake.table.RunObjects;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * What {@code infer} computes: objects that are images, rows of tables, or members of shards.
 *
 * @param column of their rows with the image
 */
record InferSource(RunObjects objects, String column) {
    static final String PATH = "path";

    /**
     * Finds what the inputs are.
     *
     * @param leftOut folders whose files are no images
     */
    static InferSource of(SparkSession spark, InferArguments asked, List<String> leftOut) {
        try {
            InferSource source = open(spark, asked, leftOut);
            requireOwnNames(source.objects().toDataset(spark).schema());
            if (source.objects().size() == 0) {
                throw CommandException.preflight(
                        "%s: no %s%s",
                        String.join(" ", asked.inputs),
                        source.objects().noun(),
                        asked.glob.equals("*") ? "" : " that match " + asked.glob);
            }
            return source;
        } catch (IOException | IllegalArgumentException e) {
            throw CommandException.preflight(e);
        }
    }

    private static InferSource open(SparkSession spark, InferArguments asked, List<String> leftOut) throws IOException {
        Map<SourceKind, String> kinds = new LinkedHashMap<>();
        for (String input : asked.inputs) {
            kinds.putIfAbsent(SourceKind.of(spark, input, leftOut), input);
        }
        List<SourceKind> found = List.copyOf(kinds.keySet());
        if (found.stream().anyMatch(SourceKind::isTable)) {
            requireOneKind(found.stream().allMatch(SourceKind::isTable), kinds);
            if (asked.uriColumn.isEmpty()
                    && asked.imageColumn.isEmpty()
                    && asked.idColumn.isEmpty()
                    && asked.keep.isEmpty()) {
                Optional<ImageLake> listed = ImageLake.ofLiveInventories(spark, asked.inputs, asked.glob, leftOut);
                if (listed.isPresent()) {
                    return files(listed.get(), asked);
                }
            }
            return new InferSource(table(spark, asked), ImageTable.IMAGE);
        }
        if (asked.uriColumn.isPresent() || asked.imageColumn.isPresent() || asked.idColumn.isPresent()) {
            throw CommandException.preflight(
                    "%s: %s, which has no columns: --uri-column, --image-column and --id-column go with tables, whose names"
                            + " end in .parquet, .csv or .jsonl, or which are Delta's or Iceberg's",
                    kinds.get(found.get(0)),
                    found.get(0) == SourceKind.SHARDS ? "is a tar shard" : "is a folder or object of images");
        }
        if (found.contains(SourceKind.SHARDS)) {
            requireOneKind(found.size() == 1, kinds);
            if (asked.limit.isPresent()) {
                throw CommandException.preflight(
                        "%s: --limit counts images, and how many a shard holds only reading it tells: name fewer shards",
                        String.join(" ", asked.inputs));
            }
            return new InferSource(
                    ImageShards.list(spark, asked.inputs, asked.glob, asked.keep, leftOut), ImageShards.IMAGE);
        }
        if (!asked.keep.isEmpty()) {
            throw CommandException.preflight(
                    "%s: --keep goes with tables and tar shards: images in files have nothing beside them to keep",
                    String.join(" ", asked.inputs));
        }
        return files(ImageLake.list(spark, asked.inputs, asked.glob, leftOut), asked);
    }

    private static InferSource files(ImageLake lake, InferArguments asked) {
        return new InferSource(asked.limit.map(lake::limit).orElse(lake), PATH);
    }

    private static void requireOneKind(boolean holds, Map<SourceKind, String> kinds) {
        if (!holds) {
            throw CommandException.preflight(
                    "the inputs are of different kinds, %s: give each kind a run of its own",
                    String.join(
                            ", ",
                            kinds.entrySet().stream()
                                    .map(kind -> kind.getValue() + " ("
                                            + kind.getKey().words() + ")")
                                    .toList()));
        }
    }

    private static ImageTable table(SparkSession spark, InferArguments asked) throws IOException {
        if (!asked.glob.equals("*")) {
            throw CommandException.preflight(
                    "%s: --glob chooses files, and this is a table: filter its rows instead",
                    String.join(" ", asked.inputs));
        }
        Optional<ImageColumns> named =
                asked.uriColumn.map(ImageColumns::uris).or(() -> asked.imageColumn.map(ImageColumns::images));
        ImageColumns columns = named.orElseGet(ImageColumns::ofTable).keeping(asked.keep);
        ImageColumns all = asked.idColumn.map(columns::identifiedBy).orElse(columns);
        ImageTable table = ImageTable.open(spark, asked.inputs, all);
        return asked.limit.map(table::limit).orElse(table);
    }

    /** Columns that are kept must not be called as those that are computed. */
    private static void requireOwnNames(StructType columns) {
        for (String own : OutputColumns.names()) {
            if (columns.getFieldIndex(own).isDefined()) {
                throw new IllegalArgumentException(
                        "--keep %s: infer writes a column of that name; --keep %s=NEWNAME gives it another name"
                                .formatted(own, own));
            }
        }
    }
}
