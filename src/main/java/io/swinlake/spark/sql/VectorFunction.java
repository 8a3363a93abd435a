package io.swinlake.spark.sql;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * A scalar vector function of Spark 4.2.
 *
 * @param name in SQL
 * @param owner {@link VectorMath}, or a public class that generated code finds there
 * @param method of the owner, static, which does the work
 */
public record VectorFunction(
        String name,
        Class<?> owner,
        String method,
        List<AbstractDataType> inputTypes,
        DataType resultType,
        String usage)
        implements Serializable {
    public static final DataType VECTOR = DataTypes.createArrayType(DataTypes.FloatType);

    public static final VectorFunction COSINE_SIMILARITY = ofTwoVectors(
            "vector_cosine_similarity", "cosineSimilarity", "Cosine of two vectors; NULL if one is empty or zero.");
    public static final VectorFunction INNER_PRODUCT =
            ofTwoVectors("vector_inner_product", "innerProduct", "Sum of the products of the elements of two vectors.");
    public static final VectorFunction L2_DISTANCE =
            ofTwoVectors("vector_l2_distance", "l2Distance", "Euclidean distance of two vectors.");
    public static final VectorFunction NORM = ofVectorAndDegree(
            "vector_norm", "norm", DataTypes.FloatType, "Norm of degree p: 1.0F, 2.0F (the default) or float('inf').");
    public static final VectorFunction NORMALIZE = ofVectorAndDegree(
            "vector_normalize",
            "normalize",
            VECTOR,
            "The vector divided by its norm of degree p (2.0F by default); NULL if that is zero.");

    public VectorFunction {
        inputTypes = List.copyOf(inputTypes);
    }

    private static VectorFunction ofTwoVectors(String name, String method, String description) {
        return new VectorFunction(
                name,
                VectorMath.class,
                method,
                List.of(VECTOR, VECTOR),
                DataTypes.FloatType,
                name + "(v, w) - " + description);
    }

    private static VectorFunction ofVectorAndDegree(
            String name, String method, DataType resultType, String description) {
        return new VectorFunction(
                name,
                VectorMath.class,
                method,
                List.of(VECTOR, DataTypes.FloatType),
                resultType,
                name + "(v[, p]) - " + description);
    }
}
