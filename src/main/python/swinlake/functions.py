"""Functions of embeddings as columns: the vector functions of Spark 4.2, which Swinlake's SQL extension brings to 3.5 and 4.0 too, and linear heads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Optional, Union

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

    ColumnOrName = Union[Column, str]

__all__ = [
    "head_score",
    "vector_avg",
    "vector_cosine_similarity",
    "vector_inner_product",
    "vector_l2_distance",
    "vector_norm",
    "vector_normalize",
]


def head_score(embedding: ColumnOrName, uri: str, scores: Optional[Literal["softmax", "sigmoid", "raw"]] = None) -> Column:
    """Scores of an embedding by a linear layer that was trained on embeddings, ``array<double>``: no image is read.

    :param embedding: ``array<float>`` of the layer's dimension
    :param uri: a safetensors file or PyTorch ``state_dict`` of one linear layer, or the folder of a ``LogisticRegressionModel`` that
        Spark ML saved. Read when the query is analysed.
    :param scores: unless given, Spark ML's ``probability``, ``sigmoid`` of a layer's one output, ``softmax`` of several
    :raises pyspark.errors.AnalysisException: if the head cannot be used
    """
    options = [] if scores is None else [F.lit(scores)]
    return F.call_function("head_score", embedding, F.lit(uri), *options)


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
