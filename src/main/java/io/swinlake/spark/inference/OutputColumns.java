package io.swinlake.spark.inference;

import static org.apache.spark.sql.types.DataTypes.FloatType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import io.swinlake.spark.SwinTransformer;
import io.swinlake.spark.sql.ColumnNames;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** The columns that {@link SwinTransformer} appends; {@link ImageResult} fills them. */
public final class OutputColumns {
    /** Lance stores an array with this metadata as a vector of fixed length; Spark keeps it through Parquet. */
    private static final String VECTOR_LENGTH = "arrow.fixed-size-list.size";

    public static final String EMBEDDING = "embedding";

    private static final StructType CLASS_SCORE =
            new StructType().add("index", IntegerType).add("label", StringType).add("probability", FloatType);

    private static final StructType ERROR =
            new StructType().add("stage", StringType).add("code", StringType).add("message", StringType);

    private static final StructType MODEL = new StructType()
            .add("name", StringType)
            .add("sha256", StringType)
            .add("recipe", StringType)
            .add("precision", StringType)
            .add("digest", StringType);

    /** In the order of {@link ImageResult}'s places; the pooled stages follow them. */
    private static final StructType APPENDED = new StructType()
            .add("width", IntegerType)
            .add("height", IntegerType)
            .add("prediction", IntegerType)
            .add("label", StringType)
            .add("probability", FloatType)
            .add("top_k", DataTypes.createArrayType(CLASS_SCORE))
            .add(EMBEDDING, DataTypes.createArrayType(FloatType))
            .add("error", ERROR)
            .add("model", MODEL);

    private OutputColumns() {}

    /**
     * The input's columns and then ours.
     *
     * @param prefix what the names of ours begin with
     * @param stages whose pooled output is asked for, counted from 1
     * @throws IllegalArgumentException if one of ours exists already; the message names it
     */
    public static StructType appendedTo(StructType input, String prefix, List<Integer> stages) {
        StructType appended = APPENDED;
        for (int stage : stages) {
            appended = appended.add(stageEmbedding(stage), DataTypes.createArrayType(FloatType));
        }
        StructType all = input;
        for (StructField field : appended.fields()) {
            String name = prefix + field.name();
            if (Arrays.stream(input.fieldNames()).anyMatch(theirs -> ColumnNames.same(theirs, name))) {
                throw new IllegalArgumentException(
                        "column '%s' exists already, and SwinTransformer writes one of that name: rename or drop it, or set another outputPrefix"
                                .formatted(name));
            }
            all = all.add(name, field.dataType(), field.nullable());
        }
        return all;
    }

    /** Names of the columns that are always appended, without a prefix. */
    public static List<String> names() {
        return List.of(APPENDED.fieldNames());
    }

    /** Column with the pooled output of a stage, counted from 1 as in the papers. */
    public static String stageEmbedding(int stage) {
        return EMBEDDING + "_stage" + stage;
    }

    /** The same columns, of which one tells the length of its vectors. */
    public static StructType withLength(StructType columns, String vector, int length) {
        Metadata metadata = new MetadataBuilder().putLong(VECTOR_LENGTH, length).build();
        return new StructType(Arrays.stream(columns.fields())
                .map(field -> field.name().equals(vector)
                        ? new StructField(vector, field.dataType(), field.nullable(), metadata)
                        : field)
                .toArray(StructField[]::new));
    }
}
