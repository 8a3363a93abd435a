"""infer, nearest and duplicates: what the verbs of the command line compute, as DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from ._session import check, is_connect
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

    :param spark: a session that :func:`swinlake.configure` began, or one of a Connect server with Swinlake
    :param queries: rows with ``path`` and ``embedding``, or the URI of a table
    :param table: rows of the same model, or the URI of their table
    :param k: neighbours of each query, 1 to 100000
    :return: ``query string, rank int, neighbor string, similarity double``, the best first
    """
    check(spark)
    call = f"SELECT * FROM swinlake_nearest(TABLE({{lake}}), TABLE({{queries}}), {int(k)})"
    return spark.sql(call, lake=_rows(spark, table), queries=_rows(spark, queries))


def duplicates(spark: SparkSession, table: str | DataFrame, *, threshold: float = 0.98) -> DataFrame:
    """Groups of images that are nearly the same: those that pairs with such a cosine connect.

    :param spark: a session that :func:`swinlake.configure` began, or one of a Connect server with Swinlake
    :param table: rows with ``path`` and ``embedding``, or the URI of a table
    :param threshold: least cosine of a pair, above -1 and at most 1
    :return: ``id string, group string``: a row for each image that has a duplicate, with the least id of its group
    """
    check(spark)
    call = f"SELECT * FROM swinlake_duplicates(TABLE({{lake}}), CAST({float(threshold)} AS DOUBLE))"
    return spark.sql(call, lake=_rows(spark, table))


def _rows(spark: SparkSession, table: str | DataFrame) -> DataFrame:
    return read_table(spark, table) if isinstance(table, str) else table
