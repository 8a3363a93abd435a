"""One Spark session for all tests, as a new user begins one: $SWINLAKE_JAR is the jar. With $CONNECT it is a client of a Connect server."""

import os
import pathlib

import pytest
from pyspark.sql import SparkSession

import swinlake

DEMO = pathlib.Path("examples/demo").absolute()


CONNECT = "CONNECT" in os.environ


@pytest.fixture(scope="session")
def spark():
    builder = SparkSession.builder.remote("local[2]") if CONNECT else SparkSession.builder.master("local[2]")
    builder = builder.config("spark.ui.enabled", "false").config("spark.driver.memory", "2g")
    session = swinlake.configure(builder.config("spark.sql.shuffle.partitions", "2")).getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def model():
    return str(DEMO / "model")


@pytest.fixture(scope="session")
def rows(spark, model):
    """The demo's images, computed once."""
    found = swinlake.infer(spark, str(DEMO / "images"), model=model).cache()
    assert found.count() == 360
    return found
