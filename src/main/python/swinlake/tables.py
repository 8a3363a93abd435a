"""What is read: tables of infer, and folders of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from ._errors import one_line_errors
from ._session import check, is_connect, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession


def read_table(spark: SparkSession, uri: str) -> DataFrame:
    """The committed rows of an output of ``infer``, one for each path.

    :param spark: a session that :func:`swinlake.configure` began, or one of a Connect server with Swinlake
    :param uri: folder of the table, or the name of a Delta or Iceberg table in a catalog
    :raises IllegalArgumentException: if there is no such table, or one without committed rows
    """
    check(spark)
    return spark.sql(f"SELECT * FROM swinlake_table({quoted(uri)})")


def list_images(spark: SparkSession, uris: str | Sequence[str], *, glob: str = "*") -> DataFrame:
    """The files below some folders, without opening them: a row with its path for each, sorted by path.

    :param spark: a session that :func:`swinlake.configure` began, or one of a Connect server with Swinlake
    :param uris: folders, single files or patterns of Hadoop's
    :param glob: what the name of a file in a folder must match, such as ``*.{jpg,png}``
    :return: ``path string, length bigint, modificationTime timestamp, etag string``; over Connect Spark's own source
        ``binaryFile`` lists, which knows no etags: the column is null
    :raises IllegalArgumentException: if a folder is not there
    """
    places = [uris] if isinstance(uris, str) else list(uris)
    if is_connect(spark):
        from pyspark.sql import functions as F

        listed = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
        if glob != "*":
            listed = listed.option("pathGlobFilter", glob)
        columns = ("path", "length", "modificationTime")
        return listed.load(places).select(*columns, F.lit(None).cast("string").alias("etag")).orderBy("path")
    check(spark)
    with one_line_errors():
        jvm: Any = spark._jvm
        lake = jvm.io.swinlake.spark.ImageLake.list(spark._jsparkSession, places, glob)
        return DataFrame(lake.toDataset(spark._jsparkSession), spark)
