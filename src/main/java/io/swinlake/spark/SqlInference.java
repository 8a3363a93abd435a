package io.swinlake.spark;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.runtime.device.UnusableDeviceException;
import io.swinlake.spark.inference.InvalidRows;
import io.swinlake.spark.inference.OutputColumns;
import io.swinlake.spark.inference.PixelColumn;
import io.swinlake.spark.sql.ImageFunction;
import io.swinlake.spark.sql.ImageInference;
import io.swinlake.spark.sql.SqlException;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** {@link SwinTransformer}, as the SQL functions of images use it. */
final class SqlInference implements ImageInference {
    /** Params that say which columns a table has; a function has its image and one result. */
    private static final Set<String> OF_TABLES =
            Set.of("inputCol", "lengthCol", "modificationTimeCol", "etagCol", "outputPrefix", "embeddingStages");

    private static final String HANDLE_INVALID = "handleInvalid";

    private static final StructType COLUMNS = OutputColumns.appendedTo(new StructType(), "", List.of());

    @Override
    public StructType columns() {
        return COLUMNS;
    }

    @Override
    public Request request(
            SparkSession spark, ImageFunction function, String model, SortedMap<String, String> options) {
        TransformerOptions given = TransformerOptions.of(function.functionName(), options, OF_TABLES);
        SwinTransformer transformer = given.transformer(model);
        if (transformer.getHandleInvalid().equals(InvalidRows.SKIP.word())) {
            throw SqlException.invalidArgument(
                    "%s: handleInvalid is keep or error, since a function gives a value for each row; found skip"
                            .formatted(function.functionName()));
        }
        SentModel sent;
        try {
            var unused = transformer.checkDevice(spark);
            sent = transformer.rememberedModel(spark);
        } catch (CheckpointException | UnusableDeviceException e) {
            throw SqlException.unusable(function.functionName() + ": " + e.getMessage(), e);
        }
        if (function == ImageFunction.CLASSIFY && sent.config().classes() == 0) {
            throw SqlException.unusable(
                    "swin_classify: %s: has no classifier, only an embedding: call swin_embed".formatted(model), null);
        }
        return new Request(model, given.distinguishing());
    }

    @Override
    public Request strict(Request request) {
        SortedMap<String, String> options = new TreeMap<>(request.options());
        options.putIfAbsent(HANDLE_INVALID, InvalidRows.ERROR.word());
        return new Request(request.model(), options);
    }

    @Override
    public void requireImages(StructField column) {
        var unused = PixelColumn.of(column);
    }

    @Override
    public Dataset<Row> compute(Request request, Dataset<Row> images, String inputColumn) {
        return TransformerOptions.of("SQL", request.options(), OF_TABLES)
                .transformer(request.model())
                .setInputCol(inputColumn)
                .transformRemembered(images);
    }
}
