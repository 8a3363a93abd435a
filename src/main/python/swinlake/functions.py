"""Functions of vectors as columns: those of Spark 4.2, which Swinlake's SQL extension brings to 3.5 and 4.0 too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

    ColumnOrName = Union[Column, str]

__all__ = [
    "vector_avg",
    "vector_cosine_similarity",
    "vector_inner_product",
    "vector_l2_distance",
    "vector_norm",
    "vector_normalize",
]


def vector_cosine_similarity(left: ColumnOrName, right: ColumnOrName) -> Column:
    """Cosine of two vectors, ``array<float>`` both; null where one is all zeros."""
    return F.call_function("vector_cosine_similarity", left, right)


def vector_inner_product(left: ColumnOrName, right: ColumnOrName) -> Column:
    """Sum of the products of two vectors' elements."""
    return F.call_function("vector_inner_product", left, right)


def vector_l2_distance(left: ColumnOrName, right: ColumnOrName) -> Column:
    """Euclidean distance of two vectors."""
    return F.call_function("vector_l2_distance", left, right)


def vector_norm(vector: ColumnOrName, degree: float = 2.0) -> Column:
    """Length of a vector.

    :param degree: 1, 2 or ``inf``
    """
    return F.call_function("vector_norm", vector, F.lit(degree).cast("float"))


def vector_normalize(vector: ColumnOrName, degree: float = 2.0) -> Column:
    """A vector divided by its length.

    :param degree: 1, 2 or ``inf``
    """
    return F.call_function("vector_normalize", vector, F.lit(degree).cast("float"))


def vector_avg(vectors: ColumnOrName) -> Column:
    """Mean vector of a group, an aggregate."""
    return F.call_function("vector_avg", vectors)
