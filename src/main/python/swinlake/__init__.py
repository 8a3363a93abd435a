"""Swin Transformers over lakes of images, with PySpark: predictions, embeddings and exact searches."""

from . import functions
from ._session import MissingJarError, check, configure, spark_session_conf
from ._version import __version__
from .arrow import read_arrow
from .jobs import duplicates, infer, nearest
from .tables import list_images, read_table
from .transformer import SwinTransformer

__all__ = [
    "MissingJarError",
    "SwinTransformer",
    "__version__",
    "check",
    "configure",
    "duplicates",
    "functions",
    "infer",
    "list_images",
    "nearest",
    "read_arrow",
    "read_table",
    "spark_session_conf",
]
