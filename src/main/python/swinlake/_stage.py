"""What a stage of Spark ML in Java needs to be one of pyspark.ml."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pyspark.ml.wrapper import JavaTransformer
from pyspark.sql import SparkSession
from pyspark.sql.utils import is_remote

from ._session import MISSING, MissingJarError, check


class JavaStage(JavaTransformer):
    _java_class: ClassVar[str]
    _defaults: ClassVar[dict[str, Any]]
    _java_obj: Any = None  # also where the constructor fails, for PySpark's destructor

    def _create(self) -> None:
        if is_remote():  # PySpark makes no Java object then, and the server would say "unsupported ML operator"
            spark = SparkSession.getActiveSession()
            if spark is not None:
                check(spark)
        try:
            self._java_obj = self._new_java_obj(self._java_class, self.uid)
        except TypeError as e:  # 'JavaPackage' object is not callable
            raise MissingJarError(MISSING) from e
        self._setDefault(**self._defaults)

    def _take(self, given: dict[str, Any]) -> None:
        values: dict[str, Any] = {}
        for name, value in given.items():
            if value is None:
                continue
            camel = re.sub("_(.)", lambda letter: letter[1].upper(), name)
            if camel in values:
                raise TypeError(f"{camel} is given twice, in both spellings")
            values[camel] = value
        self._set(**values)
