"""Failures of Java methods as Python exceptions of one line."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def one_line_errors() -> Generator[None, None, None]:
    """PySpark turns IllegalArgumentException into Python's; here an IOException of ours becomes the same, without its stack."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import IllegalArgumentException

    try:
        yield
    except Py4JJavaError as e:
        failure = e.java_exception
        if failure is None or not failure.getClass().getName().startswith("java.io."):
            raise
        raise IllegalArgumentException(str(failure.getMessage())) from None
