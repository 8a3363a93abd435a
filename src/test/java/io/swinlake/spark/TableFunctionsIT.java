package io.swinlake.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.TimeoutException;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code swinlake_infer}, {@code swinlake_nearest} and {@code swinlake_duplicates}: the rows of the classes behind them. */
class TableFunctionsIT {
    private static SparkSession spark;

    @BeforeAll
    static void openSession() {
        spark = LocalSpark.session().newSession();
        spark.read().format("binaryFile").load(Demo.IMAGES + "/digit-00*.png").createOrReplaceTempView("ten_photos");
        spark.createDataFrame(
                        new SwinTransformer()
                                .setModel(Demo.MODEL)
                                .setInputCol("path")
                                .transform(spark.table("ten_photos").select("path"))
                                .collectAsList(),
                        new SwinTransformer()
                                .setInputCol("path")
                                .transformSchema(
                                        spark.table("ten_photos").select("path").schema()))
                .createOrReplaceTempView("ten");
    }

    private static List<Row> rows(String query) {
        return spark.sql(query.replace("MODEL", Demo.MODEL)).collectAsList();
    }

    @Test
    void inferGivesTheTransformersRows() throws TimeoutException {
        List<Row> expected = new SwinTransformer()
                .setModel(Demo.MODEL)
                .setTopK(2)
                .transform(spark.table("ten_photos"))
                .orderBy("path")
                .collectAsList();
        String named = "SELECT * FROM swinlake_infer('MODEL', 'ten_photos', map('topK', 2)) ORDER BY path";
        assertThat(rows(named)).isEqualTo(expected);
        String table =
                "SELECT * FROM swinlake_infer('MODEL', TABLE(SELECT * FROM ten_photos WHERE path LIKE '%3.png'), map('topK', 2))";
        assertThat(Forwards.of(spark, () -> assertThat(rows(table)).isEqualTo(expected.subList(3, 4))))
                .isEqualTo(1);
    }

    @Test
    void nearestGivesTheRowsOfTheSearchAndStartsNothingBefore() {
        Dataset<Row> ten = spark.table("ten");
        List<Row> expected = new NearestEmbeddings(
                        EmbeddingColumns.ofInference(), io.swinlake.search.Ranking.nearest(3))
                .join(ten, ten)
                .collectAsList();
        assertThat(rows("SELECT * FROM swinlake_nearest('ten', TABLE(ten), 3)")).isEqualTo(expected);
        assertThat(rows(
                        "SELECT neighbor FROM swinlake_nearest(TABLE(ten), TABLE(SELECT 'q' AS path, swin_embed('MODEL', content) AS embedding"
                                + " FROM ten_photos WHERE path LIKE '%3.png'), 1)"))
                .singleElement()
                .satisfies(row -> assertThat(row.getString(0)).endsWith("digit-003.png"));
        spark.sql(
                "CREATE OR REPLACE TEMP VIEW failing AS SELECT path, transform(embedding, x -> CAST(raise_error('read') AS FLOAT)) AS embedding FROM ten");
        Dataset<Row> laidOut = spark.sql("SELECT * FROM swinlake_nearest('failing', 'failing', 3)");
        assertThat(laidOut.columns()).containsExactly("query", "rank", "neighbor", "similarity");
        assertThatThrownBy(laidOut::collect).hasStackTraceContaining("read");
    }

    @Test
    void duplicatesGiveGroupsLinksAndPairs() {
        Dataset<Row> ten = spark.table("ten");
        DuplicateEmbeddings search = new DuplicateEmbeddings(EmbeddingColumns.ofInference(), 0.5);
        try (DuplicateEmbeddings.Pairs pairs = search.pairs(ten)) {
            List<Row> expected = pairs.rows().orderBy("left", "right").collectAsList();
            assertThat(expected).isNotEmpty();
            assertThat(rows("SELECT * FROM swinlake_duplicates('ten', 0.5, map('rows', 'pairs')) ORDER BY left, right"))
                    .isEqualTo(expected);
            assertThat(rows("SELECT * FROM swinlake_duplicates('ten', 0.5) ORDER BY id"))
                    .isEqualTo(DuplicateEmbeddings.groups(pairs.rows())
                            .orderBy("id")
                            .collectAsList());
        }
        assertThat(rows("SELECT * FROM swinlake_duplicates('ten', 0.5, map('rows', 'links'))"))
                .isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            swinlake_infer('MODEL')                               | [WRONG_NUM_ARGS] 1 arguments for swinlake_infer(model, table[, options])
            swinlake_infer('/no/model', 'ten_photos')             | [SWINLAKE_UNUSABLE_SOURCE] swinlake_infer: /no/model: no such file or directory
            swinlake_infer('MODEL', '/no/table')                  | [SWINLAKE_UNUSABLE_SOURCE] /no/table: there is no such table or view, and it cannot be read as a table that infer wrote:
            swinlake_infer('MODEL', 'ten_photos', map('k', 1))    | [SWINLAKE_INVALID_ARGUMENT] swinlake_infer: there is no option 'k'; there are [batchSize,
            swinlake_infer('MODEL', 'ten')                        | [SWINLAKE_INVALID_ARGUMENT] swinlake_infer: column 'content' does not exist; there are [path, width,
            swinlake_nearest('ten', 'ten', 0)                     | [SWINLAKE_INVALID_ARGUMENT] swinlake_nearest: a search gives 1 to 100,000 neighbours of each query, found numResults = 0
            swinlake_nearest('ten', 'ten', 'k')                   | [SWINLAKE_INVALID_ARGUMENT] argument 3 is a constant number, found 'k': swinlake_nearest(lake, queries, k[, options])
            swinlake_nearest('ten', 'ten', 1.5)                   | [SWINLAKE_INVALID_ARGUMENT] swinlake_nearest: k is a whole number, found 1.5
            swinlake_nearest('ten', 'ten', 1, map('embedding', 'path')) | [SWINLAKE_INVALID_ARGUMENT] swinlake_nearest: column 'path' is STRING: embeddings are ARRAY<FLOAT>
            swinlake_duplicates('ten', 2)                         | [SWINLAKE_INVALID_ARGUMENT] swinlake_duplicates: the threshold is above -1 and at most 1, found 2.0
            swinlake_duplicates('ten', 0.9, map('rows', 'all'))   | [SWINLAKE_INVALID_ARGUMENT] swinlake_duplicates: option rows is groups, links or pairs, found all
            """)
    void wrongArgumentsAreRefusedWhenTheQueryIsAnalysed(String call, String message) {
        assertThatThrownBy(() -> spark.sql("SELECT * FROM " + call.replace("MODEL", Demo.MODEL)))
                .isInstanceOfAny(AnalysisException.class, io.swinlake.spark.sql.VectorException.class)
                .hasMessageContaining(message);
    }
}
