"""The package as its users meet it, on whichever Spark the environment has, classic or over Connect."""

import inspect
import os
import subprocess
import sys

import numpy as np
import pytest
from pyspark.errors import AnalysisException, IllegalArgumentException
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import swinlake
from conftest import CONNECT, DEMO
from swinlake import SwinTransformer, _params


def test_a_session_without_the_jar_says_so(tmp_path):
    # The first test: a second local Connect server would want the port of the one that the others have.
    code = """
import os, swinlake
from pyspark.sql import SparkSession
builder = SparkSession.builder.CLUSTER("local[1]").config("spark.ui.enabled", "false")
spark = builder.getOrCreate()
for run in (
    lambda: swinlake.SwinTransformer(model="m").transform(spark.range(1)),
    lambda: swinlake.read_table(spark, "t"),
    lambda: swinlake.infer(spark, ".", model="m"),
):
    try:
        run()
    except swinlake.MissingJarError as e:
        print(e)
"""
    code = code.replace("CLUSTER", "remote" if CONNECT else "master")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert run.stdout.splitlines() == 3 * [str(swinlake._session.MISSING)], run.stderr


def test_the_demo_is_told_apart(spark, rows):
    truth = spark.read.csv(str(DEMO / "labels.csv"), header=True).withColumnRenamed("label", "truth")
    told = rows.withColumn("file", F.element_at(F.split("path", "/"), -1)).join(truth, "file")
    assert told.count() == told.where("error IS NULL").count() == 360
    assert told.where("label = truth").count() == 352  # as accuracy.txt says
    assert set(swinlake.list_images(spark, str(DEMO / "images")).columns) < set(rows.columns)


def test_images_of_a_pattern_are_listed(spark):
    listed = swinlake.list_images(spark, [str(DEMO / "images")], glob="digit-00*.png")
    assert [row.path.rsplit("/", 1)[1] for row in listed.collect()] == [f"digit-00{i}.png" for i in range(10)]
    assert listed.columns == ["path", "length", "modificationTime", "etag"]


def test_both_spellings_mean_the_same_and_unknown_words_are_refused(spark):
    assert SwinTransformer(input_col="path").getInputCol() == "path"
    assert SwinTransformer(inputCol="path").getInputCol() == "path"
    assert SwinTransformer().setParams(top_k=2).getTopK() == 2
    with pytest.raises(TypeError, match="inputCol is given twice"):
        SwinTransformer(input_col="path", inputCol="path")
    with pytest.raises(TypeError, match="colour"):
        SwinTransformer(colour="red")
    with pytest.raises(TypeError):
        SwinTransformer("swin_t.pth")
    with pytest.raises(TypeError, match="topK"):
        SwinTransformer(top_k="many")


def test_every_param_reaches_java(spark):
    values = dict(
        model="m", image_size="192", recipe="timm", labels="l", window=7, pretrained_windows=[12, 6], weights="w", input_col="c",
        length_col="n", modification_time_col="t", etag_col="e", handle_invalid="skip", orientation="apply", max_pixels=1000,
        decode_timeout=2.5, precision="bf16", device="cpu", batch_size=3, top_k=2, normalize=True, embedding_stages=[1, 2], output_prefix="b_", reuse=True,
    )
    signature = inspect.signature(_params.SwinParams.__init__)
    assert set(values) == {name for name in signature.parameters if name.islower()} - {"self"}
    if CONNECT:
        return
    swin = SwinTransformer(**values)
    swin._transfer_params_to_java()
    for param in swin.params:
        there = swin._java_obj.getOrDefault(swin._java_obj.getParam(param.name))
        assert (list(there) if isinstance(swin.getOrDefault(param), list) else there) == swin.getOrDefault(param), param.name


def test_a_pipeline_is_saved_and_loaded(spark, model, rows, tmp_path):
    images = spark.read.format("binaryFile").load(str(DEMO / "images")).orderBy("path").limit(5)
    pipeline = Pipeline(stages=[SwinTransformer(model=model, top_k=2, embedding_stages=[1])])
    fitted = pipeline.fit(images)
    fitted.write().overwrite().save(str(tmp_path / "pipeline"))
    loaded = PipelineModel.load(str(tmp_path / "pipeline"))
    assert type(loaded.stages[0]) is SwinTransformer
    assert (loaded.stages[0].getTopK(), loaded.stages[0].getEmbeddingStages()) == (2, [1])
    found = loaded.transform(images).select("label", "embedding_stage1", "top_k").collect()
    expected = [row.label for row in rows.orderBy("path").limit(5).select("label").collect()]
    assert [row.label for row in found] == expected
    assert all(len(row.top_k) == 2 for row in found)
    SwinTransformer(model=model, precision="fp32").write().overwrite().save(str(tmp_path / "stage"))
    assert SwinTransformer.load(str(tmp_path / "stage")).getModel() == model
    assert loaded.stages[0].copy().getTopK() == 2


def test_refusals_are_one_line(spark, model, tmp_path):
    images = spark.createDataFrame([("a.png",)], "path string")

    def message(run):
        with pytest.raises(IllegalArgumentException) as failure:
            run()
        text = str(failure.value)
        if CONNECT:  # Spark adds the server's stack, unless spark.sql.connect.serverStacktrace.enabled is false
            text = text.split("\n\nJVM stacktrace:")[0]
        assert "Traceback" not in text and "\tat " not in text and "java." not in text, text
        return text

    assert "/no/such/model: no such file or directory" in message(
        lambda: SwinTransformer(model="/no/such/model", input_col="path").transform(images).collect())
    assert "no model is set" in message(lambda: SwinTransformer(input_col="path").transform(images).collect())
    assert "precision is one of [fp32, bf16, fp16, int8, auto], found 'fp8'" in message(
        lambda: SwinTransformer(model=model, input_col="path", precision="fp8").transform(images).collect())
    if not CONNECT:
        assert message(lambda: swinlake.list_images(spark, "/no/such/folder")).startswith("/no/such/folder: ")


def test_vector_functions_are_columns(spark):
    rows = spark.sql("SELECT array(1f, 2f, 3f) AS a, array(4f, 5f, 6f) AS b")
    f = swinlake.functions
    found = rows.select(
        f.vector_cosine_similarity("a", "b"), f.vector_inner_product("a", F.col("b")), f.vector_l2_distance("a", "b"),
        f.vector_norm("a"), f.vector_normalize("a"),
    )
    cosine, product, distance, norm, unit = found.first()
    assert (cosine, product, distance, norm) == pytest.approx((0.974632, 32.0, 27**0.5, 14**0.5), abs=1e-6)
    assert unit == pytest.approx([x / 14**0.5 for x in (1, 2, 3)], abs=1e-6)
    assert rows.select(f.vector_avg("a")).first()[0] == [1.0, 2.0, 3.0]


def test_a_head_that_spark_fitted_scores_embeddings(spark, rows, tmp_path):
    features = array_to_vector("embedding").alias("features")
    fitted = LogisticRegression(maxIter=3).fit(rows.select(features, (F.col("label") == "six").cast("double").alias("label")))
    fitted.write().save(f"{tmp_path}/head")
    scored = fitted.transform(rows.select(features, "embedding"))
    scored = scored.select(vector_to_array("probability"), swinlake.functions.head_score("embedding", f"{tmp_path}/head"))
    for expected, found in scored.collect():
        assert found == pytest.approx(expected, abs=1e-12)
    with pytest.raises(AnalysisException, match="head_score: the scores are softmax, sigmoid, raw; found 'logit'"):
        rows.select(swinlake.functions.head_score("embedding", f"{tmp_path}/head", "logit")).collect()
    with pytest.raises(AnalysisException, match="head_score: /no/head: no such file or directory"):
        rows.select(swinlake.functions.head_score("embedding", "/no/head")).collect()


def test_searches_find_what_a_comparison_of_all_finds(spark, rows):
    images = rows.orderBy("path").select("path", "embedding").collect()
    vectors = np.array([image.embedding for image in images], "float64")
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T

    found = swinlake.nearest(spark, rows.where("path LIKE '%digit-00_.png'"), rows, k=4).collect()

    assert [row["rank"] for row in found[:4]] == [1, 2, 3, 4]
    for query in range(10):
        mine = [row for row in found if row.query == images[query].path]
        assert [row.neighbor for row in mine] == [images[i].path for i in np.argsort(-cosines[query], kind="stable")[:4]]
        assert [row.similarity for row in mine] == pytest.approx(np.sort(cosines[query])[::-1][:4], abs=1e-6)

    groups = {row.id: row.group for row in swinlake.duplicates(spark, rows, threshold=0.999).collect()}
    pairs = np.argwhere(np.triu(cosines, 1) >= 0.999)
    assert set(groups) == {images[i].path for i in pairs.ravel()} != set()
    assert all(groups[images[a].path] == groups[images[b].path] for a, b in pairs)


@pytest.mark.skipif("SWINLAKE_TABLE" not in os.environ, reason="needs a table of two runs")
def test_arrow_and_spark_read_the_same_committed_rows(spark):
    table = os.environ["SWINLAKE_TABLE"]  # 360 images, one of them none, ten of them computed again by the second run
    there = swinlake.read_table(spark, table).orderBy("path")
    here = swinlake.read_arrow(table).sort_by("path")
    assert here.num_rows == there.count() == 360
    assert here["path"].to_pylist() == [row.path for row in there.select("path").collect()]
    assert here["run"].to_pylist() == [row.run for row in there.select("run").collect()]
    assert sorted(set(here["run"].to_pylist())) == ["2026-11-21", "2026-11-22"]
    assert here["embedding"].to_pylist() == [row.embedding for row in there.select("embedding").collect()]
    assert here["embedding"].null_count == 1
    assert str(here.schema.field("embedding").type) == "fixed_size_list<item: float>[128]"
    assert "tz=UTC" in str(here.schema.field("modificationTime").type)
    assert swinlake.read_arrow(table, columns=["label", "run"]).column_names == ["label", "run"]
    assert swinlake.read_arrow(f"file://{table}").num_rows == 360
    with pytest.raises(FileNotFoundError):
        swinlake.read_arrow("/no/such/table")


def test_embeddings_without_nulls_are_not_copied(tmp_path):
    import pyarrow as pa

    from swinlake.arrow import _with_fixed_size

    values = pa.array(range(6), pa.float32())
    rows = pa.table({"embedding": pa.ListArray.from_arrays(pa.array([0, 3, 6], pa.int32()), values)})
    fixed = _with_fixed_size(rows, 3)["embedding"].chunk(0)
    assert fixed.flatten().buffers()[1].address == values.buffers()[1].address


def test_what_a_session_needs_is_added_to_what_it_has_what_is_missing(monkeypatch):
    monkeypatch.delenv("SWINLAKE_JAR", raising=False)
    conf = swinlake.spark_session_conf()
    assert conf["spark.jars.packages"] == "io.swinlake:swinlake:" + swinlake.__version__.replace(".dev0", "-SNAPSHOT")
    assert swinlake.spark_session_conf("/a.jar")["spark.jars"] == "/a.jar"
    builder = SparkSession.Builder().config("spark.sql.extensions", "of.Delta").config("spark.jars", "/delta.jar")
    for _ in range(2):
        builder = swinlake.configure(builder, "/a.jar")
    assert builder._options["spark.sql.extensions"] == "of.Delta,io.swinlake.spark.SwinlakeExtensions"
    assert builder._options["spark.jars"] == "/delta.jar,/a.jar"
