"""What a client of a Spark Connect server has of Swinlake.

connect_client.py REMOTE MODEL IMAGES FOLDER TABLE: the server has jar and extension, TABLE is an output of infer
connect_client.py REMOTE MODEL IMAGES FOLDER --send JAR: the server knows nothing of Swinlake
"""

import pathlib
import sys

from pyspark.ml import Pipeline, PipelineModel
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "main/python"))

import swinlake  # noqa: E402

remote, model, images, folder, table = sys.argv[1:6]
spark = SparkSession.builder.remote(remote).getOrCreate()
assert type(spark).__module__.startswith("pyspark.sql.connect")
if table == "--send":
    spark.addArtifacts(sys.argv[6])
rows = spark.read.format("binaryFile").load(images).orderBy("path").limit(20)

# Every Param of ours that changes a row, and one that names a column.
swin = swinlake.SwinTransformer(model=model, top_k=2, normalize=True, embedding_stages=[1], output_prefix="a_", batch_size=3)
found = swin.transform(rows)
assert {"a_label", "a_embedding", "a_embedding_stage1"} <= set(found.columns), found.columns
first = found.orderBy("path").first()
assert first.a_label == "six" and len(first.a_top_k) == 2 and len(first.a_embedding) == 128, first
assert abs(sum(x * x for x in first.a_embedding) - 1) < 1e-5
assert found.where("a_error IS NULL").count() == 20

paths = rows.drop("content")
by_path = swinlake.SwinTransformer(model=model, input_col="path").transform(paths)
assert by_path.groupBy("label").count().count() > 1

pipeline = Pipeline(stages=[swinlake.SwinTransformer(model=model, top_k=2)]).fit(rows)
pipeline.write().overwrite().save(folder + "/pipeline")
loaded = PipelineModel.load(folder + "/pipeline")
assert loaded.stages[0].getTopK() == 2
assert loaded.transform(rows).where("label = 'six'").count() == pipeline.transform(rows).where("label = 'six'").count() > 0

by_path.write.mode("overwrite").parquet(folder + "/written")
assert spark.read.parquet(folder + "/written").count() == 20

if table != "--send":
    read = spark.sql(f"SELECT * FROM swinlake_table('{table}')")
    assert read.count() == swinlake.read_table(spark, table).count() == 360
    similar = read.select(F.call_function("vector_cosine_similarity", "embedding", "embedding").alias("same"))
    assert abs(similar.first().same - 1) < 1e-6
    near = swinlake.nearest(spark, read.where("path LIKE '%digit-000.png'"), read, k=3)
    assert near.count() == 3, near.collect()
    assert swinlake.duplicates(spark, read, threshold=0.995).count() > 1
    predicted = swinlake.infer(spark, images, model=model)
    assert predicted.where("error IS NULL").count() == 360
print("connected", spark.version)
spark.stop()
