package io.swinlake.table;

import io.swinlake.spark.ImageLake;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** A run over objects that nobody can read: each gets a row without an embedding. */
record SyntheticWork(ImageLake objects, Consumer<Step> step, Consumer<RunWork.Plan> plan) implements RunWork {
    static Dataset<Row> withResults(Dataset<Row> rows) {
        return rows.selectExpr(
                "*",
                "cast(NULL AS array<float>) AS embedding",
                "cast(NULL AS struct<stage: string, code: string, message: string>) AS error",
                "named_struct('name', 'tiny', 'sha256', 'sha', 'recipe', 'hf', 'precision', 'fp32', 'digest', 'digest') AS model");
    }

    @Override
    public RunRecord.Model model() {
        return new RunRecord.Model("uri", "tiny", "sha", "digest", "hf", "4x4", "fp32", 0, 1, List.of());
    }

    @Override
    public StructType schema() {
        return compute(SparkSession.active().createDataFrame(List.of(), ImageLake.schema()))
                .schema();
    }

    @Override
    public Dataset<Row> compute(Dataset<Row> rows) {
        return withResults(rows);
    }

    @Override
    public SortedMap<String, Long> devices() {
        return Collections.emptySortedMap();
    }

    @Override
    public SortedMap<String, Long> outcomes() {
        return Collections.emptySortedMap();
    }

    @Override
    public void begins(Plan begun) {
        plan.accept(begun);
    }

    @Override
    public void reached(Step reached) {
        step.accept(reached);
    }
}
