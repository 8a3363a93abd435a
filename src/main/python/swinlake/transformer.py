"""SwinTransformer, a stage of pyspark.ml."""

from __future__ import annotations

import sys

from pyspark.ml.util import JavaMLReadable, JavaMLWritable

from ._params import SwinParams


class SwinTransformer(SwinParams, JavaMLReadable["SwinTransformer"], JavaMLWritable):
    """Classifies and embeds a column of images with a Swin Transformer.

    Appends ``width, height, prediction, label, probability, top_k, embedding, error, model``, each name with
    ``outputPrefix`` before it. An image that cannot be used costs a row with its ``error`` set::

        SwinTransformer(model="s3a://models/swin_t.pth", input_col="content").transform(images)

    Keywords may be written ``input_col`` or ``inputCol``. The documentation of each Param is in ``explainParams()``.
    """

    # PySpark derives the class of one language from the name of the other's, both ways: JavaParams._from_java and
    # DefaultParamsReader import io.swinlake.spark, where io is Python's; JavaMLReader and RemoteMLReader take
    # __module__ for the Java package.
    __module__ = "io.swinlake.spark"
    _java_class = "io.swinlake.spark.SwinTransformer"


sys.modules.setdefault("io.swinlake.spark", sys.modules[__name__])
