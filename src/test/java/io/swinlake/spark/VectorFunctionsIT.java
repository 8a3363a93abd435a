package io.swinlake.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.spark.sql.VectorException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The rules of Spark 4.2 for its vector functions, on every way by which Spark 3.5 evaluates an expression. */
class VectorFunctionsIT {
    /** Where the vectors come from and what runs the expression. */
    enum Way {
        GENERATED_CODE("CODEGEN_ONLY", "true"),
        INTERPRETED("NO_CODEGEN", "false");

        private final String factoryMode;
        private final String wholeStage;

        Way(String factoryMode, String wholeStage) {
            this.factoryMode = factoryMode;
            this.wholeStage = wholeStage;
        }

        void use(SparkSession spark) {
            spark.conf().set("spark.sql.codegen.factoryMode", factoryMode);
            spark.conf().set("spark.sql.codegen.wholeStage", wholeStage);
        }
    }

    @TempDir
    static Path directory;

    private static SparkSession spark;

    @BeforeAll
    static void openSession() {
        spark = LocalSpark.session().newSession();
        spark.conf().set("spark.sql.shuffle.partitions", "1");
        spark.conf().set("spark.sql.adaptive.enabled", "false");
        // Else the optimizer would compute the results, and no generated code would run.
        spark.conf()
                .set(
                        "spark.sql.optimizer.excludedRules",
                        "org.apache.spark.sql.catalyst.optimizer.ConstantFolding,"
                                + "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation");
    }

    /** The value of an expression over columns v and w. */
    private static Object evaluate(Way way, String expression, String v, String w) {
        way.use(spark);
        return spark.sql("SELECT CAST(%s AS ARRAY<FLOAT>) AS v, CAST(%s AS ARRAY<FLOAT>) AS w".formatted(v, w))
                .selectExpr(expression)
                .first()
                .get(0);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "NULL", textBlock = """
            # function                 | v                     | w                  | value (numpy in float64, rounded to float32)
            vector_cosine_similarity   | array(1, 2, 3)        | array(4, 5, 6)     | 0.97463185
            vector_cosine_similarity   | array(1, 0)           | array(-2, 0)       | -1.0
            vector_cosine_similarity   | array(3e38, 3e38)     | array(3e38, 0)     | 0.70710677
            vector_cosine_similarity   | array()               | array()            | NULL
            vector_cosine_similarity   | array(0, 0)           | array(1, 2)        | NULL
            vector_cosine_similarity   | array(1, NULL)        | array(1, 2)        | NULL
            vector_cosine_similarity   | NULL                  | array(1, 2)        | NULL
            vector_cosine_similarity   | array(1, 2)           | NULL               | NULL
            vector_inner_product       | array(1, 2, 3)        | array(4, 5, 6)     | 32.0
            vector_inner_product       | array(1, 2, 3, 4, 5)  | array(1, 1, 1, 1, 2) | 20.0
            vector_inner_product       | array(3e38, 3e38)     | array(10, -10)     | 0.0
            vector_inner_product       | array()               | array()            | 0.0
            vector_inner_product       | array(0, 0)           | array(1, 2)        | 0.0
            vector_inner_product       | array(1, 2)           | array(NULL, 2)     | NULL
            vector_inner_product       | NULL                  | NULL               | NULL
            vector_l2_distance         | array(1, 2, 3)        | array(4, 5, 6)     | 5.196152
            vector_l2_distance         | array(0, 0, 0, 0, 1)  | array(0, 0, 0, 0, 3) | 2.0
            vector_l2_distance         | array(3e38)           | array(0)           | 3.0E38
            vector_l2_distance         | array()               | array()            | 0.0
            vector_l2_distance         | array(1, NULL)        | array(1, 2)        | NULL
            vector_l2_distance         | array(1, 2)           | NULL               | NULL
            """)
    void functionsOfTwoVectorsFollowTheRules(String function, String v, String w, Float value) {
        for (Way way : Way.values()) {
            assertThat(evaluate(way, function + "(v, w)", v, w)).as(way.name()).isEqualTo(value);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "NULL", textBlock = """
            vector_norm(v)                  | array(3, 4)              | 5.0
            vector_norm(v, 2.0F)            | array(3, 4)              | 5.0
            vector_norm(v, 1.0F)            | array(3, -4)             | 7.0
            vector_norm(v, float('inf'))    | array(3, -4)             | 4.0
            vector_norm(v, float('inf'))    | array(float('nan'), 4)   | NaN
            vector_norm(v)                  | array()                  | 0.0
            vector_norm(v)                  | array(0, 0)              | 0.0
            vector_norm(v)                  | array(3, NULL)           | NULL
            vector_norm(v)                  | NULL                     | NULL
            vector_norm(v, CAST(NULL AS FLOAT)) | array(3, 4)          | NULL
            """)
    void normsFollowTheRules(String expression, String v, Float value) {
        for (Way way : Way.values()) {
            assertThat(evaluate(way, expression, v, "NULL")).as(way.name()).isEqualTo(value);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "NULL", textBlock = """
            vector_normalize(v)               | array(3, 4)        | [0.6, 0.8]
            vector_normalize(v, 1.0F)         | array(1, -3)       | [0.25, -0.75]
            vector_normalize(v, float('inf')) | array(1, -4)       | [0.25, -1.0]
            vector_normalize(v)               | array(3e38, 0)     | [1.0, 0.0]
            vector_normalize(v)               | array()            | []
            vector_normalize(v)               | array(0, 0)        | NULL
            vector_normalize(v)               | array(3, NULL)     | NULL
            vector_normalize(v)               | NULL               | NULL
            """)
    void normalizingFollowsTheRules(String expression, String v, String value) {
        for (Way way : Way.values()) {
            Object result = evaluate(way, "CAST(" + expression + " AS STRING)", v, "NULL");
            assertThat(result).as(way.name()).isEqualTo(value);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "NULL", textBlock = """
            (array(1, 2)), (array(3, 4))                          | [2.0, 3.0]
            (array(1, 2)), (NULL), (array(5, NULL)), (array(3, 4)) | [2.0, 3.0]
            (array(3e38)), (array(3e38))                          | [3.0E38]
            (array()), (array())                                  | []
            (NULL), (array(1, NULL))                              | NULL
            """)
    void theAverageFollowsTheRules(String rows, String value) {
        for (Way way : Way.values()) {
            way.use(spark);
            Object average = spark.sql("SELECT CAST(vector_avg(CAST(v AS ARRAY<FLOAT>)) AS STRING) FROM VALUES " + rows
                            + " AS t(v)")
                    .first()
                    .get(0);
            assertThat(average).as(way.name()).isEqualTo(value);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "NULL", textBlock = """
            (array(1, 2)), (array(3, 4))                           | [4.0, 6.0]
            (array(1, 2)), (NULL), (array(5, NULL)), (array(3, 4)) | [4.0, 6.0]
            (array(3e38)), (array(3e38)), (array(-3e38))           | [3.0E38]
            (array(3e38)), (array(3e38))                           | [Infinity]
            (array()), (array())                                   | []
            (NULL), (array(1, NULL))                               | NULL
            """)
    void theSumFollowsTheRules(String rows, String value) {
        for (Way way : Way.values()) {
            way.use(spark);
            Object sum = spark.sql("SELECT CAST(vector_sum(CAST(v AS ARRAY<FLOAT>)) AS STRING) FROM VALUES " + rows
                            + " AS t(v)")
                    .first()
                    .get(0);
            assertThat(sum).as(way.name()).isEqualTo(value);
        }
    }

    /** One plan takes equal calls for one, and these are not equal. */
    @Test
    void sumAndAverageOfOneColumnAreTwo() {
        Row row = spark.sql("SELECT vector_sum(v), vector_avg(v) FROM VALUES (array(1F)), (array(4F)) AS t(v)")
                .first();
        assertThat(row.<Float>getList(0)).containsExactly(5f);
        assertThat(row.<Float>getList(1)).containsExactly(2.5f);
    }

    @Test
    void theAverageOfNoRowsIsNull() {
        assertThat(spark.sql("SELECT vector_avg(array(1F)) FROM range(0)")
                        .first()
                        .isNullAt(0))
                .isTrue();
    }

    @Test
    void theAverageIsMergedAcrossPartitions() {
        Row row = spark.range(0, 1000, 1, 7)
                .selectExpr("id % 2 AS parity", "array(CAST(id AS FLOAT), 1F) AS v")
                .groupBy("parity")
                .agg(functions.expr("vector_avg(v)").as("centroid"))
                .orderBy("parity")
                .first();
        assertThat(row.<Float>getList(1)).containsExactly(499f, 1f);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void vectorsOfUnequalLengthAreAnError(Way way) {
        for (String function : List.of("vector_cosine_similarity", "vector_inner_product", "vector_l2_distance")) {
            assertThatThrownBy(() -> evaluate(way, function + "(v, w)", "array(1, 2)", "array(1, 2, 3)"))
                    .rootCause()
                    .isInstanceOf(VectorException.class)
                    .hasMessage(
                            "[VECTOR_DIMENSION_MISMATCH] %s: one vector has 2 elements, the other 3; they need the same number. Embeddings of two models?"
                                    .formatted(function));
        }
        assertThatThrownBy(() -> spark.sql(
                                "SELECT vector_avg(CAST(v AS ARRAY<FLOAT>)) FROM VALUES (array(1)), (array(1, 2)) AS t(v)")
                        .collect())
                .rootCause()
                .hasMessage(
                        "[VECTOR_DIMENSION_MISMATCH] vector_avg: one vector has 1 elements, the other 2; they need the same number. Embeddings of two models?");
    }

    @Test
    void anErrorCarriesItsSqlState() {
        VectorException exception = VectorException.unknownDegree("vector_norm", 3);
        assertThat(exception.getErrorClass()).isEqualTo("INVALID_VECTOR_NORM_DEGREE");
        assertThat(exception.getSqlState()).isEqualTo("22023");
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void unknownDegreesAreAnError(Way way) {
        for (String function : List.of("vector_norm", "vector_normalize")) {
            assertThatThrownBy(() -> evaluate(way, function + "(v, 3.0F)", "array(1, 2)", "NULL"))
                    .rootCause()
                    .hasMessage(
                            "[INVALID_VECTOR_NORM_DEGREE] %s: there is no norm of degree 3.0 here; the degrees are 1.0F, 2.0F and float('inf')."
                                    .formatted(function));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            vector_cosine_similarity(array(1D), array(1F)) | Parameter 1 requires the "ARRAY<FLOAT>" type, however "array(1.0)" has the type "ARRAY<DOUBLE>"
            vector_inner_product(array(1F), array(1))      | Parameter 2 requires the "ARRAY<FLOAT>" type, however "array(1)" has the type "ARRAY<INT>"
            vector_l2_distance(array(1F), 1F)              | Parameter 2 requires the "ARRAY<FLOAT>" type, however "1.0" has the type "FLOAT"
            vector_norm(array(1F), 2D)                     | Parameter 2 requires the "FLOAT" type, however "2.0" has the type "DOUBLE"
            vector_normalize(array(1D))                    | Parameter 1 requires the "ARRAY<FLOAT>" type, however "array(1.0)" has the type "ARRAY<DOUBLE>"
            vector_avg(array(1D))                          | Parameter 1 requires the "ARRAY<FLOAT>" type, however "array(1.0)" has the type "ARRAY<DOUBLE>"
            """)
    void otherTypesAreRefusedNotCast(String expression, String message) {
        assertThatThrownBy(() -> spark.sql("SELECT " + expression))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            vector_norm()                          | [WRONG_NUM_ARGS] 0 arguments for vector_norm(v[, p]) - Norm of degree p: 1.0F, 2.0F (the default) or float('inf').
            vector_inner_product(array(1F))        | [WRONG_NUM_ARGS] 1 arguments for vector_inner_product(v, w) - Sum of the products of the elements of two vectors.
            vector_avg(array(1F), array(1F))       | [WRONG_NUM_ARGS] 2 arguments for vector_avg(v) - Element-wise mean of the vectors of a group.
            """)
    void aWrongNumberOfArgumentsIsAnError(String expression, String message) {
        assertThatThrownBy(() -> spark.sql("SELECT " + expression)).hasMessage(message);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void columnsOfAParquetFileGiveTheSame(Way way) {
        way.use(spark);
        String file = directory.resolve(way.name()).toString();
        spark.sql("SELECT array(3F, 4F) AS v UNION ALL SELECT array(3F, NULL) UNION ALL SELECT NULL")
                .write()
                .parquet(file);
        List<Float> norms = spark.read()
                .parquet(file)
                .selectExpr("vector_norm(v) AS norm")
                .orderBy(functions.col("norm").desc())
                .as(Encoders.FLOAT())
                .collectAsList();
        assertThat(norms).containsExactly(5f, null, null);
    }

    @Test
    void wholeStageCodeContainsTheCall() {
        Way.GENERATED_CODE.use(spark);
        String code = spark.range(2)
                .selectExpr("array(CAST(id AS FLOAT)) AS v")
                .repartition(1)
                .selectExpr("vector_norm(v)")
                .queryExecution()
                .debug()
                .codegenToSeq()
                .mkString();
        assertThat(code).contains("io.swinlake.spark.sql.VectorMath.norm(");
    }

    @Test
    void viewsUseTheFunctions() {
        spark.sql("CREATE OR REPLACE TEMPORARY VIEW temporary_norms AS SELECT vector_norm(array(3F, 4F)) AS norm");
        spark.sql("CREATE OR REPLACE VIEW persisted_norms AS SELECT vector_norm(array(3F, 4F)) AS norm");
        assertThat(spark.sql("SELECT norm FROM temporary_norms").first().getFloat(0))
                .isEqualTo(5f);
        assertThat(spark.newSession()
                        .sql("SELECT norm FROM persisted_norms")
                        .first()
                        .getFloat(0))
                .isEqualTo(5f);
        spark.sql("DROP VIEW persisted_norms");
    }

    @Test
    void columnsAndErrorsBearTheFunctionsName() {
        assertThat(spark.sql("SELECT vector_norm(array(3F, 4F))").columns())
                .containsExactly("vector_norm(array(3.0, 4.0), 2.0)");
        assertThat(spark.sql("DESCRIBE FUNCTION vector_avg").collectAsList().toString())
                .contains("vector_avg(v) - Element-wise mean of the vectors of a group.");
    }

    @Test
    void equalCallsAreComputedOnce() {
        String plan = spark.range(1)
                .selectExpr("array(CAST(id AS FLOAT)) AS v")
                .repartition(1)
                .groupBy(functions.expr("vector_norm(v)"))
                .agg(functions.expr("vector_norm(v) + 1"))
                .queryExecution()
                .optimizedPlan()
                .toString();
        assertThat(plan).containsOnlyOnce("vector_norm(v#");
    }

    @ParameterizedTest
    @CsvSource({"3.5.7,7", "4.0.0,7", "4.1.3,7", "4.2.0,0", "4.2.0-SNAPSHOT,0", "5.0.0-preview1,0"})
    void sparkWithFunctionsOfItsOwnGetsNone(String version, int functions) throws IOException {
        assertThat(SqlFunctions.entriesFor(version)).hasSize(functions);
    }
}
