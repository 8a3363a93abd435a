"""infer, nearest and duplicates: what the verbs of the command line compute, as DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from ._errors import one_line_errors
from ._session import is_connect, java, to_python
from .tables import list_images, read_table
from .transformer import SwinTransformer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession


def infer(spark: SparkSession, images: str | Sequence[str], *, model: str, glob: str = "*", **params: Any) -> DataFrame:
    """Classes and embeddings of the images below some folders: a row for each, computed when the rows are asked for.

    :param spark: a session that :func:`swinlake.configure` began, or one of a Connect server with Swinlake
    :param images: folders, single files or patterns; images that are in a DataFrame are for :class:`SwinTransformer`
    :param model: checkpoint to run, a file or directory
    :param glob: what the name of a file in a folder must match
    :param params: any other of :class:`SwinTransformer`
    :return: the columns of :func:`list_images` and those of :class:`SwinTransformer`
    """
    columns: dict[str, Any] = {"input_col": "path", "length_col": "length", "modification_time_col": "modificationTime"}
    if not is_connect(spark):
        columns["etag_col"] = "etag"
    return SwinTransformer(model=model, **{**columns, **params}).transform(list_images(spark, images, glob=glob))


def nearest(spark: SparkSession, queries: str | DataFrame, table: str | DataFrame, *, k: int = 10) -> DataFrame:
    """The images of a table most like others, by the exact cosine of their embeddings.

    :param spark: a session that :func:`swinlake.configure` began
    :param queries: rows with ``path`` and ``embedding``, or the URI of a table
    :param table: rows of the same model, or the URI of their table
    :param k: neighbours of each query, 1 to 100000
    :return: ``query string, rank int, neighbor string, similarity double``, the best first
    """
    rows = _rows(spark, queries), _rows(spark, table)
    lake = java(spark)
    with one_line_errors():
        search = lake.spark.NearestEmbeddings(lake.spark.EmbeddingColumns.ofInference(), lake.search.Ranking.nearest(k))
        return to_python(spark, search.join(rows[0]._jdf, rows[1]._jdf))


def duplicates(spark: SparkSession, table: str | DataFrame, *, threshold: float = 0.98) -> DataFrame:
    """Groups of images that are nearly the same: those that pairs with such a cosine connect.

    :param spark: a session that :func:`swinlake.configure` began
    :param table: rows with ``path`` and ``embedding``, or the URI of a table
    :param threshold: least cosine of a pair, above -1 and at most 1
    :return: ``id string, group string``: a row for each image that has a duplicate, with the least id of its group
    """
    rows = _rows(spark, table)
    lake = java(spark)
    with one_line_errors():
        search = lake.spark.DuplicateEmbeddings(lake.spark.EmbeddingColumns.ofInference(), float(threshold))
        links = search.links(rows._jdf)
        try:
            return to_python(spark, lake.spark.DuplicateEmbeddings.groups(links.rows()))
        finally:
            links.close()


def _rows(spark: SparkSession, table: str | DataFrame) -> DataFrame:
    return read_table(spark, table) if isinstance(table, str) else table
