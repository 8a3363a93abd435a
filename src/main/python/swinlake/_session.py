"""What this package asks of a Spark session, classic or Connect."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EXTENSION = "io.swinlake.spark.SwinlakeExtensions"
COORDINATES = "io.swinlake:swinlake:" + __version__.replace(".dev0", "-SNAPSHOT")

MISSING = (
    "Swinlake is not in this Spark session: begin it with swinlake.configure(SparkSession.builder), or with the settings"
    " of swinlake.spark_session_conf(). Neither has an effect on a session that runs already: stop() that first."
)


class MissingJarError(RuntimeError):
    """The Spark session, or the Connect server, runs without Swinlake's jar or its SQL extension."""


def spark_session_conf(jar: str | None = None) -> dict[str, str]:
    """The settings that a session, ``spark-submit`` or a Connect server needs to have Swinlake.

    :param jar: path or URI of the jar for spark-submit; if there is none, ``$SWINLAKE_JAR``, else Maven's coordinates
    :return: ``spark.jars`` or ``spark.jars.packages``, and ``spark.sql.extensions``
    """
    jar = jar or os.environ.get("SWINLAKE_JAR")
    place = {"spark.jars": jar} if jar else {"spark.jars.packages": COORDINATES}
    return {**place, "spark.sql.extensions": EXTENSION}


def configure(builder: SparkSession.Builder, jar: str | None = None) -> SparkSession.Builder:
    """Adds Swinlake to a session that is about to begin; jars and extensions that the builder has stay.

    :param builder: such as ``SparkSession.builder``
    :param jar: as :func:`spark_session_conf` takes it
    :return: the builder
    """
    options: dict[str, Any] = getattr(builder, "_options", {})
    for key, value in spark_session_conf(jar).items():
        had = [some for some in str(options.get(key, "")).split(",") if some]
        builder = builder.config(key, ",".join(had if value in had else [*had, value]))
    return builder


def is_connect(spark: SparkSession) -> bool:
    return type(spark).__module__.startswith("pyspark.sql.connect")


def check(spark: SparkSession) -> None:
    """Says in words what Spark would say as "'JavaPackage' object is not callable".

    :raises MissingJarError: if the session has not both, the jar and its SQL extension
    """
    if not spark.catalog.functionExists("swinlake_table"):
        raise MissingJarError(MISSING)


def quoted(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
