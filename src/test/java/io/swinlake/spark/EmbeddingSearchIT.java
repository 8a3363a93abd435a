package io.swinlake.spark;

import static org.apache.spark.sql.functions.expr;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.swinlake.bench.NumberedRow;
import io.swinlake.search.Cells;
import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.Groups;
import io.swinlake.search.HeadedRows;
import io.swinlake.search.NearestRows;
import io.swinlake.search.Neighbor;
import io.swinlake.search.PairTile;
import io.swinlake.search.RankOrder;
import io.swinlake.search.Ranking;
import io.swinlake.search.SearchPlan;
import io.swinlake.search.SimilarRows;
import io.swinlake.search.Similarity;
import io.swinlake.search.Spectrum;
import io.swinlake.search.product.MatrixProduct;
import io.swinlake.spark.search.ConnectedIds;
import io.swinlake.spark.search.Embedding;
import io.swinlake.spark.search.EmbeddingId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Searches and queries over a small lake: 600 embeddings of 24 floats in three classes, some failed, some doubled. */
class EmbeddingSearchIT {
    private static final EmbeddingColumns COLUMNS = EmbeddingColumns.ofInference();

    @TempDir
    static Path directory;

    private static SparkSession spark;
    private static Dataset<Row> lake;
    private static Dataset<Row> classes;

    @BeforeAll
    static void writeLake() {
        spark = LocalSpark.session().newSession();
        spark.conf().set("spark.sql.shuffle.partitions", "2");
        String file = directory.resolve("lake").toString();
        // Image i and image i + 500 are the same picture. Every tenth of the first 500 could not be read.
        spark.range(0, 600, 1, 2)
                .selectExpr("id", "id % 500 AS picture")
                .selectExpr(
                        "format_string('s3a://lake/%04d.jpg', id) AS path",
                        "CAST(picture % 3 AS INT) AS prediction",
                        "concat('class ', picture % 3) AS label",
                        "CAST(0.5 AS FLOAT) AS probability",
                        "array(struct(CAST(picture % 3 AS INT) AS index, concat('class ', picture % 3) AS label,"
                                + " CAST(0.5 AS FLOAT) AS probability)) AS top_k",
                        "IF(picture % 10 = 9, NULL, transform(sequence(1, 24), i ->"
                                + " CAST(hash(picture, i) / 4294967296 + IF(i % 3 = picture % 3, 1, 0) AS FLOAT)))"
                                + " AS embedding",
                        "IF(picture % 10 = 9, struct('decode' AS stage, 'truncated' AS code, 'cut off' AS message), NULL)"
                                + " AS error",
                        "struct('swin-t' AS name, 'aaaa' AS sha256) AS model")
                .write()
                .parquet(file);
        lake = spark.read().parquet(file);
        lake.createOrReplaceTempView("embeddings");

        file = directory.resolve("classes").toString();
        spark.range(0, 4000, 1, 4)
                .map(
                        (MapFunction<Long, NumberedRow>) id -> NumberedRow.of(id, rowOfClasses(id)),
                        Encoders.bean(NumberedRow.class))
                .write()
                .parquet(file);
        classes = spark.read().parquet(file);
    }

    @Test
    void nearestGivesWhatSqlGives() {
        // Enough queries for libtorch's product; the one in Java has the other tests.
        Dataset<Row> queries = lake.where("path < 's3a://lake/0020.jpg'");
        Dataset<Row> found = new NearestEmbeddings(COLUMNS, Ranking.nearest(7)).join(queries, lake);
        assertThat(found.columns()).containsExactly("query", "rank", "neighbor", "similarity");

        queries.createOrReplaceTempView("queries");
        Dataset<Row> expected = spark.sql("""
                SELECT query, rank, neighbor FROM (
                    SELECT q.path AS query, e.path AS neighbor, row_number() OVER (PARTITION BY q.path ORDER BY
                        aggregate(zip_with(q.embedding, e.embedding, (x, y) -> DOUBLE(x) * DOUBLE(y)), 0D, (s, x) -> s + x)
                            / sqrt(aggregate(e.embedding, 0D, (s, x) -> s + DOUBLE(x) * DOUBLE(x))) DESC, e.path) AS rank
                    FROM queries q CROSS JOIN embeddings e
                    WHERE q.embedding IS NOT NULL AND e.embedding IS NOT NULL)
                WHERE rank <= 7 ORDER BY query, rank
                """);
        assertThat(found.select("query", "rank", "neighbor").collectAsList()).isEqualTo(expected.collectAsList());
        assertThat(found.count()).isEqualTo(18 * 7);
    }

    @Test
    void theSamePictureTwiceIsFoundTwiceInTheOrderOfIds() {
        List<Row> found = new NearestEmbeddings(COLUMNS, Ranking.nearest(2))
                .join(lake.where("path = 's3a://lake/0503.jpg'"), lake)
                .collectAsList();
        assertThat(found)
                .extracting(row -> row.getString(2))
                .containsExactly("s3a://lake/0003.jpg", "s3a://lake/0503.jpg");
        assertThat(found.get(1).getDouble(3))
                .isEqualTo(found.get(0).getDouble(3))
                .isEqualTo(1, within(1e-12));
    }

    @Test
    void queriesAndLakeMayHaveNumbersAsIds() {
        Dataset<Row> numbered = lake.selectExpr("CAST(substr(path, 12, 4) AS BIGINT) AS id", "embedding");
        List<Row> found = new NearestEmbeddings(
                        new EmbeddingColumns("id", "embedding"),
                        new Ranking(Similarity.INNER_PRODUCT, RankOrder.LEAST_SIMILAR, 1))
                .join(numbered.where("id = 5"), numbered)
                .collectAsList();
        Row expected = spark.sql("""
                        SELECT e.path FROM embeddings q, embeddings e
                        WHERE q.path LIKE '%/0005.jpg' AND e.embedding IS NOT NULL
                        ORDER BY vector_inner_product(q.embedding, e.embedding), e.path LIMIT 1
                        """).first();
        assertThat(expected.getString(0))
                .contains(String.format(Locale.ROOT, "/%04d.jpg", found.get(0).getLong(2)));
    }

    static Stream<Arguments> tablesOfEmbeddings() {
        return Stream.of(
                Arguments.of("as it is", lake, true),
                Arguments.of("with its embeddings in a dictionary", inDictionary(), true),
                Arguments.of(
                        "the embedding before the id", classes.selectExpr("embedding", "string(id) AS path"), false),
                Arguments.of("filtered", lake.where("prediction = 1"), false),
                Arguments.of("not from a file", lake.limit(50), false));
    }

    private static Dataset<Row> inDictionary() {
        String file = directory.resolve("dictionary").toString();
        lake.selectExpr("array_repeat(CAST(prediction AS FLOAT), 5) AS embedding", "path")
                .write()
                .mode("overwrite")
                .parquet(file);
        return spark.read().parquet(file);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tablesOfEmbeddings")
    void embeddingsAreReadAsSparkReadsThem(String name, Dataset<Row> table, boolean asColumns) {
        JavaRDD<Embedding<UTF8String>> rows = COLUMNS.rows(table, stringIds(table));
        assertThat(rows.toDebugString().contains("SQLExecutionRDD")).isEqualTo(!asColumns);
        assertThat(rows.map(row -> row.id() + Arrays.toString(row.elements())).collect())
                .isNotEmpty()
                .containsExactlyElementsOf(
                        table.where("embedding IS NOT NULL").select("path", "embedding").collectAsList().stream()
                                .map(row -> row.getString(0) + row.getList(1))
                                .toList());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEmbeddingWithANullElementIsRefused(boolean asColumns) {
        String file = directory.resolve("null-element").toString();
        lake.selectExpr("path", "IF(path LIKE '%0003.jpg', array(1F, NULL), array(1F, 2F)) AS embedding")
                .write()
                .mode("overwrite")
                .parquet(file);
        Dataset<Row> table = spark.read().parquet(file);
        NearestEmbeddings nearest = new NearestEmbeddings(COLUMNS, Ranking.nearest(1));
        assertThatThrownBy(() -> nearest.join(table.limit(2), asColumns ? table : table.where("path > 'a'"))
                        .collectAsList())
                .hasStackTraceContaining("an embedding has a null element");
    }

    @SuppressWarnings("unchecked") // the column is of strings
    private static EmbeddingId<UTF8String> stringIds(Dataset<Row> table) {
        return (EmbeddingId<UTF8String>) EmbeddingId.in(COLUMNS.idField(table));
    }

    /** As a million queries are: in blocks that no process holds all of. */
    @Test
    void queriesInBlocksHaveTheNeighboursOfQueriesThatAreSent() throws Exception {
        Spectrum spectrum = new Spectrum(96, 20, 1, 0.6, 2);
        Dataset<Row> table = rows(spectrum, 4000, 3900);
        NearestEmbeddings nearest = new NearestEmbeddings(new EmbeddingColumns("id", "embedding"), Ranking.nearest(12));
        Dataset<Row> queries = table.where("id % 4 = 0");
        NearestEmbeddings.Neighbors one = nearest.search(queries, table);
        NearestEmbeddings.Neighbors many = nearest.search(queries, table, 150, 150);
        List<Row> expected = one.rows().collectAsList();
        assertThat(expected).hasSize(1000 * 12);
        assertThat(many.rows().collectAsList()).isEqualTo(expected);
        for (NearestEmbeddings.Neighbors found : List.of(one, many)) {
            assertThat(found.work().pairs().value()).isEqualTo(1000 * 4000);
            assertThat(found.work().inFull().value()).isBetween(1000L * 12, 1000L * 4000);
        }
        assertThat(one.work().saved()).isPositive();
    }

    @Test
    void manyQueriesDoNotPassTheDriver() throws Exception {
        Spectrum spectrum = new Spectrum(32, 20, 1, 0.6, 2);
        Dataset<Row> queries = rows(spectrum, 60_000, 1500);
        long bytes = 60_000 * 32 * Float.BYTES;
        AtomicLong toDriver = new AtomicLong();
        SparkListener listener = new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd end) {
                toDriver.addAndGet(end.taskMetrics().resultSize());
            }
        };
        spark.sparkContext().addSparkListener(listener);
        try {
            NearestEmbeddings nearest =
                    new NearestEmbeddings(new EmbeddingColumns("id", "embedding"), Ranking.nearest(1));
            Dataset<Row> lake = queries.where("id < 3000"); // every row twice
            Dataset<Row> found = nearest.search(queries, lake, 1000, 9000).rows();
            assertThat(found.where("neighbor = query % 1500").count()).isEqualTo(60_000);
            spark.sparkContext().listenerBus().waitUntilEmpty();
        } finally {
            spark.sparkContext().removeSparkListener(listener);
        }
        // What there is: the first thousand, and a sample of the queries and of the rows, each some 4,096.
        assertThat(toDriver.get()).isBetween(1L, bytes / 3);
    }

    /** 4,000 rows in classes, every fiftieth of them zeros. */
    private static float[] rowOfClasses(long id) {
        return id % 50 == 49 ? new float[48] : new Spectrum(48, 20, 1, 0.6, 2).row(id % 3900);
    }

    private static EmbeddingMatrix<Long> inMemory(LongPredicate wanted) {
        EmbeddingMatrix<Long> embeddings = new EmbeddingMatrix<>(48);
        LongStream.range(0, 4000).filter(wanted).forEach(id -> embeddings.add(id, rowOfClasses(id)));
        return embeddings;
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MAX_VALUE, 150})
    void allCellsTogetherHaveTheExactNeighbours(int mostOfSearch) {
        Dataset<Row> queries = classes.where("id % 7 = 0");
        NearestEmbeddings nearest = new NearestEmbeddings(new EmbeddingColumns("id", "embedding"), Ranking.nearest(12));
        Cells cells = Cells.of(inMemory(id -> id % 2 == 0), 40, MatrixProduct.inJava());
        NearestEmbeddings.Neighbors all =
                nearest.approximate(queries, classes, cells, cells.count(), 4000, mostOfSearch);
        List<Row> expected = nearest.join(queries, classes).collectAsList();
        assertThat(expected).hasSize(560 * 12); // of 572 queries, 12 are zeros
        assertThat(all.rows().collectAsList()).isEqualTo(expected);
        assertThat(all.work().pairs().value()).isEqualTo(560 * 3920);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MAX_VALUE, 30})
    void aQueryFindsTheNearestRowsOfTheCellsThatItLooksInto(int mostOfSearch) {
        Dataset<Row> queries = classes.where("id < 300");
        NearestEmbeddings nearest = new NearestEmbeddings(new EmbeddingColumns("id", "embedding"), Ranking.nearest(5));
        MatrixProduct product = FastestProduct.ofMany(); // what the tasks multiply by
        EmbeddingMatrix<Long> rows = inMemory(id -> true);
        Cells cells = Cells.of(rows, 63, product);
        int[] cellOfRow = cells.nearest(rows, 1, product);
        int[] probes = cells.nearest(inMemory(id -> id < 300), 3, product);

        NearestEmbeddings.Neighbors some = nearest.approximate(queries, classes, cells, 3, 4000, mostOfSearch);
        Map<Long, List<Long>> found = new TreeMap<>();
        for (Row row : some.rows().collectAsList()) {
            found.computeIfAbsent(row.getLong(0), query -> new ArrayList<>()).add(row.getLong(2));
        }
        Map<Long, List<Long>> expected = new TreeMap<>();
        long compared = 0;
        for (int query = 0; query < 300; query++) {
            if (query % 50 == 49) {
                continue;
            }
            int[] own = Arrays.copyOfRange(probes, 3 * query, 3 * query + 3);
            EmbeddingMatrix<Long> one = new EmbeddingMatrix<>(48);
            one.add((long) query, rowOfClasses(query));
            NearestRows<Long> search = new NearestRows<>(one, Ranking.nearest(5));
            for (int row = 0; row < 4000; row++) {
                int cell = cellOfRow[row];
                if (row % 50 != 49 && Arrays.stream(own).anyMatch(probe -> probe == cell)) {
                    search.add((long) row, rowOfClasses(row));
                    compared++;
                }
            }
            expected.put(
                    (long) query,
                    search.neighborsOf(0).stream().map(Neighbor::id).toList());
        }
        assertThat(found).isEqualTo(expected);
        assertThat(some.work().pairs().value()).isEqualTo(compared).isLessThan(300 * 4000 / 4);
        assertThat(some)
                .returns(63, NearestEmbeddings.Neighbors::cells)
                .returns(3, NearestEmbeddings.Neighbors::probed)
                .returns(false, NearestEmbeddings.Neighbors::areExact);
        // Placing the rows and, twice, the queries; a tenth of the pairs in full.
        double placed = 63 * (4000.0 + 2 * 294);
        assertThat(some.work().saved()).isCloseTo(1 - (compared + placed) / (294 * 4000.0), within(1e-9));
    }

    /** Of neighbours some of which are taken away. */
    @Test
    void recallIsThePartOfTheExactNeighboursOfAHundredQueries() {
        Dataset<Row> queries = classes.where("id < 400 AND id % 50 != 49");
        NearestEmbeddings nearest = new NearestEmbeddings(new EmbeddingColumns("id", "embedding"), Ranking.nearest(10));
        Dataset<Row> exact = nearest.join(queries, classes);
        assertThat(nearest.recall(exact, queries, classes)).isEqualTo(new NearestEmbeddings.Recall(1, 100));
        assertThat(nearest.recall(exact.where("rank <= 7"), queries, classes).part())
                .isEqualTo(0.7);
        assertThat(nearest.recall(exact.withColumn("neighbor", expr("neighbor + 5000")), queries, classes)
                        .part())
                .isZero();
        assertThat(nearest.recall(exact, queries.where("id < 30"), classes).queries())
                .isEqualTo(30);
        assertThat(nearest.recall(exact, queries.where("false"), classes))
                .isEqualTo(new NearestEmbeddings.Recall(1, 0));
    }

    @Test
    void aSearchOfFewRowsOrOfAllCellsIsExact() {
        NearestEmbeddings nearest = new NearestEmbeddings(new EmbeddingColumns("id", "embedding"), Ranking.nearest(3));
        Dataset<Row> queries = classes.where("id < 20");
        assertThat(nearest.approximate(queries, classes, 1))
                .returns(1, NearestEmbeddings.Neighbors::cells)
                .returns(true, NearestEmbeddings.Neighbors::areExact)
                .satisfies(found -> assertThat(found.rows().collectAsList())
                        .isEqualTo(nearest.join(queries, classes).collectAsList()));
        Dataset<Row> enough = classes.union(classes.selectExpr("embedding", "id + 4000 AS id"));
        assertThat(nearest.approximate(queries, enough, 100_000))
                .returns(89, NearestEmbeddings.Neighbors::cells) // the root of 8,000
                .returns(89, NearestEmbeddings.Neighbors::probed)
                .satisfies(found -> assertThat(found.rows().collectAsList())
                        .isEqualTo(nearest.join(queries, enough).collectAsList()));
        assertThat(nearest.approximate(queries.where("false"), enough, 8).rows().collectAsList())
                .isEmpty();
    }

    @Test
    void anApproximateSearchOfAnythingElseIsRefused() {
        assertThatThrownBy(() -> new NearestEmbeddings(COLUMNS, Ranking.nearest(3)).approximate(lake, lake, 0))
                .hasMessage("a query looks into 1 cell or more, found probed = 0");
        Ranking farthest = new Ranking(Similarity.COSINE, RankOrder.LEAST_SIMILAR, 3);
        assertThatThrownBy(() -> new NearestEmbeddings(COLUMNS, farthest).approximate(lake, lake, 8))
                .hasMessage(
                        "cells are near by cosine, so an approximate search is for the most similar by cosine, found "
                                + farthest);
    }

    @Test
    void noQueriesHaveNoNeighbours() {
        assertThat(new NearestEmbeddings(COLUMNS, Ranking.nearest(3))
                        .join(lake.where("false"), lake)
                        .collectAsList())
                .isEmpty();
    }

    @Test
    void duplicatesAreThePairsAboveAThresholdAndTheirGroups() {
        Dataset<Row> pairs;
        int cached = spark.sparkContext().getPersistentRDDs().size();
        try (DuplicateEmbeddings.Pairs found = new DuplicateEmbeddings(COLUMNS, 0.999).pairs(lake)) {
            pairs = spark.createDataFrame(
                    found.rows().orderBy("left").collectAsList(), found.rows().schema());
        }
        assertThat(spark.sparkContext().getPersistentRDDs().size()).isEqualTo(cached);
        assertThat(pairs.count()).isEqualTo(90);
        assertThat(pairs.first().getString(0)).isEqualTo("s3a://lake/0000.jpg");
        assertThat(pairs.first().getString(1)).isEqualTo("s3a://lake/0500.jpg");

        Dataset<Row> groups = DuplicateEmbeddings.groups(pairs);
        assertThat(groups.columns()).containsExactly("id", "group");
        assertThat(groups.where("id = 's3a://lake/0500.jpg'").first().getString(1))
                .isEqualTo("s3a://lake/0000.jpg");
        assertThat(groups.count()).isEqualTo(180);
    }

    /** Of 2,500 images, two are different: one pair is compared. */
    @Test
    void rowsOfLinksGrowWithTheImagesAndConnectTheGroupsOfAllPairs() {
        Dataset<Row> equal =
                spark.range(0, 2500, 1, 2).selectExpr("id", "array(1F, CAST(id % 2 AS FLOAT)) AS embedding");
        try (DuplicateEmbeddings.Pairs found =
                new DuplicateEmbeddings(new EmbeddingColumns("id", "embedding"), 0.999).links(equal)) {
            Dataset<Row> links = spark.createDataFrame(
                    found.rows().collectAsList(), found.rows().schema());
            assertThat(links.count()).isEqualTo(2498);
            Dataset<Row> groups = DuplicateEmbeddings.groups(links);
            assertThat(groups.count()).isEqualTo(2500);
            assertThat(groups.where("group = id % 2").count()).isEqualTo(2500);
        }
    }

    /** Enough rows for a plan: what a head rules out is no duplicate, and what it leaves is. */
    @Test
    void groupsFoundByHeadsAreThoseOfEveryPairInFull() {
        Spectrum spectrum = new Spectrum(256, 300, 0.7, 0.35, 9);
        int rows = 30_000;
        Dataset<Row> many =
                rows(spectrum, rows, rows).localCheckpoint(); // making a row takes longer than searching for it
        EmbeddingMatrix<Long> embeddings = new EmbeddingMatrix<>(256);
        for (long id = 0; id < rows; id++) {
            embeddings.add(id, spectrum.row(id));
        }
        SearchPlan inFull = SearchPlan.inFull(256);
        Groups<Long> expected = new Groups<>();
        PairTile.<Long>ofLinks(
                        new SimilarRows(0.95, inFull, MatrixProduct.inJava()),
                        (a, b, similarity) -> expected.connect(a, b))
                .holdCompared(HeadedRows.of(embeddings, inFull, MatrixProduct.inJava()));
        DuplicateEmbeddings search = new DuplicateEmbeddings(new EmbeddingColumns("id", "embedding"), 0.95);
        // At twice the length every embedding has another digest, so that others meet in a block: other links, the same
        // groups.
        Dataset<Row> twice = many.selectExpr("id", "transform(embedding, x -> x * 2F) AS embedding");
        try (DuplicateEmbeddings.Pairs found = search.links(many);
                DuplicateEmbeddings.Pairs others = search.links(twice)) {
            Dataset<Row> links = found.rows().localCheckpoint();
            assertThat(groups(links)).isEqualTo(expected.smallestIds()).hasSizeGreaterThan(100);
            assertThat(found.work().pairs().value()).isEqualTo(rows * (rows - 1L) / 2);
            assertThat(found.work().inFull().value())
                    .isLessThan(found.work().pairs().value() / 20);
            assertThat(found.work().saved()).isBetween(0.5, 1.0);
            Dataset<Row> otherLinks = others.rows().localCheckpoint();
            assertThat(otherLinks.count()).isNotEqualTo(links.count());
            assertThat(groups(otherLinks)).isEqualTo(expected.smallestIds());
        }

        // The last 2,000 come to the others, whose links are known.
        Dataset<Row> settled = many.where("id < 28000");
        try (DuplicateEmbeddings.Pairs known = search.links(settled);
                DuplicateEmbeddings.Pairs more = search.links(many.where("id >= 28000"), settled)) {
            assertThat(groups(known.rows().union(more.rows()))).isEqualTo(expected.smallestIds());
            assertThat(more.work().pairs().value()).isEqualTo(2000L * 28_000 + 2000 * 1999 / 2);
        }
    }

    /** Rows by number, whose embeddings are those of a spectrum, some of them repeated. */
    private static Dataset<Row> rows(Spectrum spectrum, long rows, long distinct) {
        return spark.range(0, rows, 1, 4)
                .map(
                        (MapFunction<Long, NumberedRow>) id -> NumberedRow.of(id, spectrum.row(id % distinct)),
                        Encoders.bean(NumberedRow.class))
                .toDF();
    }

    private static Map<Long, Long> groups(Dataset<Row> links) {
        Map<Long, Long> groups = new TreeMap<>();
        for (Row row : DuplicateEmbeddings.groups(links).collectAsList()) {
            groups.put(row.getLong(0), row.getLong(1));
        }
        return groups;
    }

    @Test
    void nothingNewHasNoPairs() {
        DuplicateEmbeddings search = new DuplicateEmbeddings(COLUMNS, 0.999);
        try (DuplicateEmbeddings.Pairs none = search.links(lake.where("false"), lake)) {
            assertThat(none.rows().count()).isZero();
        }
        try (DuplicateEmbeddings.Pairs all = search.pairs(lake, lake.where("false"))) {
            assertThat(all.rows().count()).isEqualTo(90);
        }
    }

    /** What float64 makes of the cosine of equal embeddings may be less than 1. */
    @Test
    void equalEmbeddingsArePairsAtEveryThreshold() {
        Dataset<Row> equal = spark.range(0, 300, 1, 2)
                .selectExpr("id", "transform(sequence(1, 37), i -> CAST(hash(id % 100, i) AS FLOAT)) AS embedding");
        DuplicateEmbeddings search = new DuplicateEmbeddings(new EmbeddingColumns("id", "embedding"), 1);
        try (DuplicateEmbeddings.Pairs all = search.pairs(equal);
                DuplicateEmbeddings.Pairs links = search.links(equal);
                DuplicateEmbeddings.Pairs fresh = search.links(equal.where("id < 100"), equal.where("id >= 100"))) {
            assertThat(all.rows().count()).isEqualTo(300);
            assertThat(links.rows().count()).isEqualTo(200);
            assertThat(DuplicateEmbeddings.groups(fresh.rows())
                            .where("group = id % 100")
                            .count())
                    .isGreaterThanOrEqualTo(200);
        }
    }

    /** The rounds of many pairs give what one task gives of few. */
    @Test
    void starsConnectWhatOneTaskConnects() {
        Dataset<Row> pairs = spark.range(0, 400)
                .selectExpr("abs(hash(id)) % 300 AS a", "IF(id < 40, id + 1000, abs(hash(id, 1)) % 300) AS b", "id")
                // A long chain, too: of the first forty, each with the next.
                .selectExpr("IF(id < 40, id + 999, a) AS a", "b")
                .where("a != b")
                .selectExpr(
                        "format_string('%04d', least(a, b)) AS left", "format_string('%04d', greatest(a, b)) AS right")
                .localCheckpoint();
        List<Row> few = ConnectedIds.of(pairs, 1000).orderBy("id").collectAsList();
        assertThat(ConnectedIds.of(pairs, 0).orderBy("id").collectAsList())
                .isEqualTo(few)
                .hasSizeGreaterThan(100);
        assertThat(few).contains(RowFactory.create("1039", "0999"));
    }

    /** A sort over the whole table first computes it for a sample, which would be each product a second time. */
    @Test
    void everyProductIsComputedOnce() {
        try (DuplicateEmbeddings.Pairs found = new DuplicateEmbeddings(COLUMNS, 0.999).pairs(lake)) {
            assertThat(found.rows().queryExecution().toString()).doesNotContain("rangepartitioning");
        }
    }

    @Test
    void refusesEmbeddingsOfTwoModels() {
        Dataset<Row> mixed = lake.withColumn("model", expr("struct('swin-b' AS name, 'bbbb' AS sha256)"));
        String message =
                "embeddings of different models do not compare, and these come from models aaaa and bbbb: filter by the column model";
        assertThatThrownBy(() -> new NearestEmbeddings(COLUMNS, Ranking.nearest(1)).join(mixed, lake))
                .hasMessage(message);
        assertThatThrownBy(() -> new DuplicateEmbeddings(COLUMNS, 0.9)
                        .pairs(lake.union(mixed))
                        .close())
                .hasMessage(message);
    }

    @Test
    void refusesColumnsThatAreNoEmbeddings() {
        assertThatThrownBy(() -> new DuplicateEmbeddings(new EmbeddingColumns("path", "vector"), 0.9).pairs(lake))
                .hasMessage("column 'vector' does not exist; there are [path, prediction, label, probability, top_k,"
                        + " embedding, error, model]");
        assertThatThrownBy(() -> new DuplicateEmbeddings(new EmbeddingColumns("path", "label"), 0.9).pairs(lake))
                .hasMessage("column 'label' is STRING: embeddings are ARRAY<FLOAT>");
        assertThatThrownBy(() ->
                        new DuplicateEmbeddings(new EmbeddingColumns("probability", "embedding"), 0.9).pairs(lake))
                .hasMessage("column 'probability' is FLOAT: the id of an embedding is a string, an int or a bigint");
    }

    @Test
    void duckDbReadsTheFilesAndGivesTheSameCosine() throws Exception {
        List<Float> ours = spark.sql("""
                        SELECT vector_cosine_similarity(e.embedding, q.embedding) FROM embeddings e, embeddings q
                        WHERE q.path LIKE '%/0000.jpg' AND e.embedding IS NOT NULL ORDER BY e.path
                        """).as(Encoders.FLOAT()).collectAsList();
        try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
                ResultSet theirs = duckDb.createStatement().executeQuery("""
                                WITH lake AS (SELECT path, embedding::FLOAT[24] AS embedding FROM read_parquet('%s/*.parquet')
                                              WHERE embedding IS NOT NULL)
                                SELECT array_cosine_similarity(e.embedding, q.embedding) FROM lake e, lake q
                                WHERE q.path LIKE '%%/0000.jpg' ORDER BY e.path
                                """.formatted(directory.resolve("lake")))) {
            for (Float cosine : ours) {
                assertThat(theirs.next()).isTrue();
                assertThat(theirs.getFloat(1)).isEqualTo(cosine, within(2e-6f)); // DuckDB sums in float32
            }
            assertThat(theirs.next()).isFalse();
        }
    }

    static List<Path> sqlFiles() throws Exception {
        try (Stream<Path> files = Files.list(Path.of("jobs/sql"))) {
            return files.sorted().toList();
        }
    }

    /** Each file is run as the sql verb runs it, over the view that the verb makes. */
    @ParameterizedTest
    @MethodSource("sqlFiles")
    void everySqlFileGivesRows(Path file) throws Exception {
        for (String statement : Files.readString(file).split(";[ \t]*(\\R|$)", -1)) {
            if (!statement.isBlank()) {
                assertThat(spark.sql(statement).collectAsList()).as(statement).isNotEmpty();
            }
        }
    }

    @Test
    void theDuplicatesFileFindsTheDoubledPictures() throws Exception {
        List<Row> pairs = spark.sql(
                        Files.readString(Path.of("jobs/sql/duplicates.sql")).replaceAll(";\\s*$", ""))
                .collectAsList();
        assertThat(pairs).hasSize(90);
    }
}
