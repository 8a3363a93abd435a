"""What a stage of Spark ML in Java needs to be one of pyspark.ml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from pyspark.ml.wrapper import JavaTransformer
from pyspark.sql.utils import is_remote

from ._session import MISSING, MissingJarError

if TYPE_CHECKING:
    from pyspark.ml._typing import ParamMap
    from pyspark.sql import DataFrame


class JavaStage(JavaTransformer):
    _java_class: ClassVar[str]
    _defaults: ClassVar[dict[str, Any]]
    _java_obj: Any = None  # also where the constructor fails, for PySpark's destructor

    def _create(self) -> None:
        try:
            self._java_obj = self._new_java_obj(self._java_class, self.uid)
        except TypeError as e:  # 'JavaPackage' object is not callable
            raise MissingJarError(MISSING) from e
        self._setDefault(**self._defaults)

    def transform(self, dataset: DataFrame, params: ParamMap | None = None) -> DataFrame:
        rows = super().transform(dataset, params)
        if is_remote():  # only now the server looks for our class; its jar may have come from the client, by addArtifacts
            try:
                rows.schema  # noqa: B018
            except Exception as e:
                if "Unsupported ML operator" in str(e):
                    raise MissingJarError(MISSING) from None
                raise
        return rows

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
