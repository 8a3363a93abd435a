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

/** {@code swin_embed}, {@code swin_classify} and {@code swin_error} in queries: the transformer's values, by as few forwards as there are images. */
class ImageFunctionsIT {
    private static final int IMAGES = 20;
    private static final String EMBED = "swin_embed('%s', content)".formatted(Demo.MODEL);
    private static final String CLASSIFY = "swin_classify('%s', content)".formatted(Demo.MODEL);
    private static final String ERROR = "swin_error('%s', content)".formatted(Demo.MODEL);

    private static SparkSession spark;

    @BeforeAll
    static void openSession() {
        spark = LocalSpark.session().newSession();
        Dataset<Row> photos = spark.read()
                .format("binaryFile")
                .load(Demo.IMAGES)
                .where("path LIKE '%digit-00_.png' OR path LIKE '%digit-01_.png'")
                .orderBy("path")
                .limit(IMAGES)
                .repartition(2)
                .cache();
        photos.createOrReplaceTempView("photos");
        photos.selectExpr("path", "content").limit(3).createOrReplaceTempView("few");
    }

    private static String filled(String query) {
        return query.replace("EMBED", EMBED).replace("CLASSIFY", CLASSIFY).replace("ERROR", ERROR);
    }

    @Test
    void giveWhatTheTransformerGives() {
        List<Row> expected = new SwinTransformer()
                .setModel(Demo.MODEL)
                .transform(spark.table("photos"))
                .orderBy("path")
                .selectExpr("path", "embedding", "top_k", "error")
                .collectAsList();
        List<Row> found = spark.sql(filled("SELECT path, EMBED, CLASSIFY, ERROR FROM photos ORDER BY path"))
                .collectAsList();
        assertThat(found).hasSameSizeAs(expected).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            20 | SELECT path, EMBED AS e, CLASSIFY[0].label AS l FROM photos
            20 | SELECT path, EMBED AS e FROM photos WHERE CLASSIFY[0].probability > 0
            20 | SELECT path, size(EMBED), EMBED[3] FROM photos ORDER BY CLASSIFY[0].probability DESC LIMIT 3
            20 | SELECT * FROM (SELECT path, EMBED AS e, CLASSIFY AS c FROM photos) WHERE c[0].probability > 0 AND e[0] > -1e9
            20 | SELECT CLASSIFY[0].label AS label, vector_avg(EMBED) AS centroid FROM photos GROUP BY 1
            20 | SELECT path, c.label FROM photos LATERAL VIEW explode(CLASSIFY) AS c
            20 | SELECT path, row_number() OVER (ORDER BY CLASSIFY[0].probability) FROM photos
            20 | SELECT path FROM photos WHERE CLASSIFY[0].label IN (SELECT CAST(id AS STRING) FROM range(10))
            20 | SELECT a.path FROM photos a JOIN few b ON vector_inner_product(swin_embed('MODEL', a.content), array_repeat(0F, 128)) < length(b.path)
            20 | SELECT path, swin_embed('MODEL', photo) FROM (SELECT path, content AS photo FROM photos WHERE CLASSIFY IS NOT NULL)
            1  | SELECT path FROM photos WHERE path LIKE '%digit-003.png' AND CLASSIFY IS NOT NULL
            3  | SELECT path, EMBED FROM few
            2  | SELECT path, EMBED FROM photos ORDER BY path LIMIT 2
            0  | SELECT count(*) FROM (SELECT path, EMBED FROM photos)
            1  | SELECT path, vector_inner_product(array_repeat(0F, 128), swin_embed('MODEL', 'IMAGES/digit-000.png')) FROM photos
            1  | SELECT path, swin_embed('MODEL', (SELECT content FROM photos WHERE path LIKE '%digit-000.png')) FROM photos
            1  | SELECT swin_embed('MODEL', 'IMAGES/digit-000.png'), swin_classify('MODEL', 'IMAGES/digit-000.png')
            40 | SELECT EMBED, swin_embed('MODEL', content, map('normalize', true)) FROM photos
            20 | SELECT EMBED, swin_embed('MODEL', content, map('TopK', 5)) FROM photos
            """)
    void takeAsManyForwardsAsThereAreImages(long forwards, String query) throws TimeoutException {
        String sql = filled(query).replace("MODEL", Demo.MODEL).replace("IMAGES", Demo.IMAGES);
        assertThat(Forwards.of(spark, () -> spark.sql(sql).collectAsList())).isEqualTo(forwards);
    }

    @Test
    void aLimitReadsNoMoreThanABatchOfIts() throws TimeoutException {
        assertThat(Forwards.of(spark, () -> spark.sql(filled("SELECT path, EMBED FROM photos LIMIT 2"))
                        .collectAsList()))
                .isBetween(2L, 4L);
    }

    @Test
    void aViewComputesWhenItIsRead() throws TimeoutException {
        spark.sql(filled("CREATE OR REPLACE TEMP VIEW seen AS SELECT path, EMBED AS e, CLASSIFY AS c FROM photos"));
        assertThat(Forwards.of(spark, () -> assertThat(spark.sql(
                                        "SELECT * FROM seen WHERE c[0].probability > 0 AND path LIKE '%digit-00_.png'")
                                .collectAsList())
                        .hasSize(10)))
                .isEqualTo(10);
    }

    /** Which a function that Spark takes for a temporary one may not be in. */
    @Test
    void aViewOfTheCatalogComputesToo() {
        spark.sql(
                "CREATE OR REPLACE VIEW kept_view AS SELECT swin_classify('%s', content)[0].label AS label FROM binaryFile.`%s/digit-000.png`"
                        .formatted(Demo.MODEL, Demo.IMAGES));
        assertThat(spark.table("kept_view").first().getString(0)).isEqualTo("six");
        spark.sql("DROP VIEW kept_view");
    }

    @Test
    void nullIsNullAndAnUnusableImageSaysWhy() {
        Row row = spark.sql(filled("SELECT EMBED, CLASSIFY, ERROR.code FROM VALUES (X'00') AS t(content)"))
                .first();
        assertThat(row.isNullAt(0)).isTrue();
        assertThat(row.isNullAt(1)).isTrue();
        assertThat(row.getString(2)).isEqualTo("unknown_format");
        Row none = spark.sql(filled("SELECT EMBED, CLASSIFY FROM VALUES (CAST(NULL AS BINARY)) AS t(content)"))
                .first();
        assertThat(none.isNullAt(0) && none.isNullAt(1)).isTrue();
        assertThat(spark.sql("SELECT swin_embed('%s', NULL)".formatted(Demo.MODEL))
                        .first()
                        .isNullAt(0))
                .isTrue();
        assertThatThrownBy(() -> spark.sql(
                                "SELECT swin_embed('%s', content, map('handleInvalid', 'error')) FROM VALUES (X'00') AS t(content)"
                                        .formatted(Demo.MODEL))
                        .collect())
                .rootCause()
                .hasMessageContaining("an image: decode/unknown_format: ");
    }

    /** Else a mistyped path would be a NULL in every row. */
    @Test
    void aConstantImageMustBeUsable() {
        String call = "swin_embed('%s', '/none.png'%s)";
        assertThatThrownBy(() -> spark.sql("SELECT path, " + call.formatted(Demo.MODEL, "") + " FROM photos")
                        .collect())
                .rootCause()
                .hasMessageContaining("/none.png: read/not_found: ");
        assertThat(spark.sql("SELECT " + call.formatted(Demo.MODEL, ", map('handleInvalid', 'keep')"))
                        .first()
                        .isNullAt(0))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            swin_embed('MODEL')                                       | [WRONG_NUM_ARGS] 1 arguments for swin_embed(model, content[, options]) - Embedding of an image, an array of float; NULL if the image cannot be used.
            swin_embed(path, content)                                 | the model is the URI of a checkpoint, a constant text; found path
            swin_embed('MODEL', length)                               | column 'length' is bigint; an image is binary (a file's bytes), string (a URI), struct<bytes, path> or Spark's image struct
            swin_embed('MODEL', content, 'topK')                      | the options are a constant map, as in map('topK', '1'); found 'topK'
            swin_embed('MODEL', content, map('k', 1))                 | [SWINLAKE_INVALID_ARGUMENT] swin_embed: there is no option 'k'; there are [batchSize, decodeTimeout, device, handleInvalid, imageSize, labels, maxPixels, normalize, orientation, precision, pretrainedWindows, recipe, reuse, topK, weights, window]
            swin_embed('MODEL', content, map('topk', 'many'))         | [SWINLAKE_INVALID_ARGUMENT] swin_embed: option topK is 'many', which it cannot be. topK: how many classes top_k lists, at least 1
            swin_embed('MODEL', content, map('precision', 'fp64'))    | [SWINLAKE_INVALID_ARGUMENT] swin_embed: option precision is 'fp64', which it cannot be. precision: number format of the network on the device; auto is bf16 where all executors are fast at it, else fp32: [fp32, bf16, fp16, int8, auto]
            swin_embed('MODEL', content, map('handleInvalid', 'skip')) | [SWINLAKE_INVALID_ARGUMENT] swin_embed: handleInvalid is keep or error, since a function gives a value for each row; found skip
            swin_classify('/no/model', content)                       | [SWINLAKE_UNUSABLE_SOURCE] swin_classify: /no/model: no such file or directory
            """)
    void wrongArgumentsAreRefusedWhenTheQueryIsAnalysed(String call, String message) {
        assertThatThrownBy(() -> spark.sql("SELECT " + call.replace("MODEL", Demo.MODEL) + " FROM photos"))
                .isInstanceOfAny(AnalysisException.class, io.swinlake.spark.sql.VectorException.class)
                .hasMessageContaining(message);
    }
}
