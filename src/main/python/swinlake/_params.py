"""The Params of SwinTransformer. Written by scripts/docs from io.swinlake.spark.SwinTransformer; do not edit."""

from __future__ import annotations

from typing import TypeVar

from pyspark.ml.param import Param, Params, TypeConverters

from ._stage import JavaStage

P = TypeVar("P", bound="SwinParams")


class SwinParams(JavaStage):
    """Documentation, default, type and accessors of each Param."""

    batchSize: Param[int] = Param(
        Params._dummy(),
        "batchSize",
        "images per forward; 0 lets the device decide",
        TypeConverters.toInt,
    )
    decodeTimeout: Param[float] = Param(
        Params._dummy(),
        "decodeTimeout",
        "seconds of processor time that decoding an image of up to 10 megapixels may take, a larger one more in proportion; then it is an unusable image",
        TypeConverters.toFloat,
    )
    device: Param[str] = Param(
        Params._dummy(),
        "device",
        "cpu; cuda (never silently the CPU); auto is the GPU that Spark assigned to the task, in local mode one that is there, else the CPU: [auto, cpu, cuda]",
        TypeConverters.toString,
    )
    embeddingStages: Param[list[int]] = Param(
        Params._dummy(),
        "embeddingStages",
        "stages, from 1, whose mean over tokens becomes a column embedding_stage1 and so on; none by default",
        TypeConverters.toListInt,
    )
    etagCol: Param[str] = Param(
        Params._dummy(),
        "etagCol",
        "column with the listed etag of the object at the URI: another etag is a row with the error read/changed; empty if there is none",
        TypeConverters.toString,
    )
    handleInvalid: Param[str] = Param(
        Params._dummy(),
        "handleInvalid",
        "what an unusable image becomes: keep, a row with its error; skip, no row; error, the job fails: [keep, skip, error]",
        TypeConverters.toString,
    )
    imageSize: Param[str] = Param(
        Params._dummy(),
        "imageSize",
        "size of the network's input, pixels: N or HxW; empty leaves it to the checkpoint",
        TypeConverters.toString,
    )
    inputCol: Param[str] = Param(
        Params._dummy(),
        "inputCol",
        "column with the images: a file's bytes, a URI, or Spark's image struct",
        TypeConverters.toString,
    )
    labels: Param[str] = Param(
        Params._dummy(),
        "labels",
        "URI of a text file with one class name a line; empty leaves it to the checkpoint",
        TypeConverters.toString,
    )
    lengthCol: Param[str] = Param(
        Params._dummy(),
        "lengthCol",
        "column with the listed length of the file at the URI, bytes: spares a request per file; empty if there is none",
        TypeConverters.toString,
    )
    maxPixels: Param[int] = Param(
        Params._dummy(),
        "maxPixels",
        "images whose header announces more pixels are refused before they are decoded",
        TypeConverters.toInt,
    )
    model: Param[str] = Param(
        Params._dummy(),
        "model",
        "checkpoint to run: a file or directory, as any URI that Hadoop reads",
        TypeConverters.toString,
    )
    modificationTimeCol: Param[str] = Param(
        Params._dummy(),
        "modificationTimeCol",
        "column with the listed time when the file at the URI was written: another time is a row with the error read/changed; empty if there is none",
        TypeConverters.toString,
    )
    normalize: Param[bool] = Param(
        Params._dummy(),
        "normalize",
        "whether embeddings are divided by their Euclidean length; one of zeros stays as it is",
        TypeConverters.toBoolean,
    )
    orientation: Param[str] = Param(
        Params._dummy(),
        "orientation",
        "whether EXIF orientation is applied before resizing: [ignore, apply]",
        TypeConverters.toString,
    )
    outputPrefix: Param[str] = Param(
        Params._dummy(),
        "outputPrefix",
        "what the names of the appended columns begin with, such as b_ for b_embedding: letters, digits and _; so that one table has columns of two networks",
        TypeConverters.toString,
    )
    precision: Param[str] = Param(
        Params._dummy(),
        "precision",
        "number format of the network on the device; auto is bf16 where all executors are fast at it, else fp32: [fp32, bf16, fp16, int8, auto]",
        TypeConverters.toString,
    )
    pretrainedWindows: Param[list[int]] = Param(
        Params._dummy(),
        "pretrainedWindows",
        "V2's windows of the pre-training, tokens: one for each stage, or one for all; none leaves it to the checkpoint",
        TypeConverters.toListInt,
    )
    recipe: Param[str] = Param(
        Params._dummy(),
        "recipe",
        "whose published preprocessing to follow; empty leaves it to the checkpoint: [, microsoft, timm, hf, torchvision]",
        TypeConverters.toString,
    )
    reuse: Param[bool] = Param(
        Params._dummy(),
        "reuse",
        "whether an image whose file has the bytes of another one before it in its task takes that one's result",
        TypeConverters.toBoolean,
    )
    topK: Param[int] = Param(
        Params._dummy(),
        "topK",
        "how many classes top_k lists, at least 1",
        TypeConverters.toInt,
    )
    weights: Param[str] = Param(
        Params._dummy(),
        "weights",
        "which of several networks in the file, such as state_dict_ema; empty takes the one that there is, or that the library would take which wrote the file",
        TypeConverters.toString,
    )
    window: Param[int] = Param(
        Params._dummy(),
        "window",
        "side of an attention window, tokens, for V2 checkpoints that do not tell it; 0 leaves it to them",
        TypeConverters.toInt,
    )

    _defaults = {
        "batchSize": 0,
        "decodeTimeout": 5.0,
        "device": "auto",
        "embeddingStages": [],
        "etagCol": "",
        "handleInvalid": "keep",
        "imageSize": "",
        "inputCol": "content",
        "labels": "",
        "lengthCol": "",
        "maxPixels": 178956970,
        "modificationTimeCol": "",
        "normalize": False,
        "orientation": "ignore",
        "outputPrefix": "",
        "precision": "fp32",
        "pretrainedWindows": [],
        "recipe": "",
        "reuse": False,
        "topK": 5,
        "weights": "",
        "window": 0,
    }

    def __init__(
        self,
        *,
        batch_size: int | None = None,
        decode_timeout: float | None = None,
        device: str | None = None,
        embedding_stages: list[int] | None = None,
        etag_col: str | None = None,
        handle_invalid: str | None = None,
        image_size: str | None = None,
        input_col: str | None = None,
        labels: str | None = None,
        length_col: str | None = None,
        max_pixels: int | None = None,
        model: str | None = None,
        modification_time_col: str | None = None,
        normalize: bool | None = None,
        orientation: str | None = None,
        output_prefix: str | None = None,
        precision: str | None = None,
        pretrained_windows: list[int] | None = None,
        recipe: str | None = None,
        reuse: bool | None = None,
        top_k: int | None = None,
        weights: str | None = None,
        window: int | None = None,
        batchSize: int | None = None,
        decodeTimeout: float | None = None,
        embeddingStages: list[int] | None = None,
        etagCol: str | None = None,
        handleInvalid: str | None = None,
        imageSize: str | None = None,
        inputCol: str | None = None,
        lengthCol: str | None = None,
        maxPixels: int | None = None,
        modificationTimeCol: str | None = None,
        outputPrefix: str | None = None,
        pretrainedWindows: list[int] | None = None,
        topK: int | None = None,
    ) -> None:
        """Makes a transformer; both spellings of a name mean the same."""
        super().__init__()
        self._create()
        self._take(
            {
                "batch_size": batch_size,
                "decode_timeout": decode_timeout,
                "device": device,
                "embedding_stages": embedding_stages,
                "etag_col": etag_col,
                "handle_invalid": handle_invalid,
                "image_size": image_size,
                "input_col": input_col,
                "labels": labels,
                "length_col": length_col,
                "max_pixels": max_pixels,
                "model": model,
                "modification_time_col": modification_time_col,
                "normalize": normalize,
                "orientation": orientation,
                "output_prefix": output_prefix,
                "precision": precision,
                "pretrained_windows": pretrained_windows,
                "recipe": recipe,
                "reuse": reuse,
                "top_k": top_k,
                "weights": weights,
                "window": window,
                "batchSize": batchSize,
                "decodeTimeout": decodeTimeout,
                "embeddingStages": embeddingStages,
                "etagCol": etagCol,
                "handleInvalid": handleInvalid,
                "imageSize": imageSize,
                "inputCol": inputCol,
                "lengthCol": lengthCol,
                "maxPixels": maxPixels,
                "modificationTimeCol": modificationTimeCol,
                "outputPrefix": outputPrefix,
                "pretrainedWindows": pretrainedWindows,
                "topK": topK,
            }
        )

    def setParams(
        self: P,
        *,
        batch_size: int | None = None,
        decode_timeout: float | None = None,
        device: str | None = None,
        embedding_stages: list[int] | None = None,
        etag_col: str | None = None,
        handle_invalid: str | None = None,
        image_size: str | None = None,
        input_col: str | None = None,
        labels: str | None = None,
        length_col: str | None = None,
        max_pixels: int | None = None,
        model: str | None = None,
        modification_time_col: str | None = None,
        normalize: bool | None = None,
        orientation: str | None = None,
        output_prefix: str | None = None,
        precision: str | None = None,
        pretrained_windows: list[int] | None = None,
        recipe: str | None = None,
        reuse: bool | None = None,
        top_k: int | None = None,
        weights: str | None = None,
        window: int | None = None,
        batchSize: int | None = None,
        decodeTimeout: float | None = None,
        embeddingStages: list[int] | None = None,
        etagCol: str | None = None,
        handleInvalid: str | None = None,
        imageSize: str | None = None,
        inputCol: str | None = None,
        lengthCol: str | None = None,
        maxPixels: int | None = None,
        modificationTimeCol: str | None = None,
        outputPrefix: str | None = None,
        pretrainedWindows: list[int] | None = None,
        topK: int | None = None,
    ) -> P:
        """Sets some of the Params; both spellings of a name mean the same."""
        self._take(
            {
                "batch_size": batch_size,
                "decode_timeout": decode_timeout,
                "device": device,
                "embedding_stages": embedding_stages,
                "etag_col": etag_col,
                "handle_invalid": handle_invalid,
                "image_size": image_size,
                "input_col": input_col,
                "labels": labels,
                "length_col": length_col,
                "max_pixels": max_pixels,
                "model": model,
                "modification_time_col": modification_time_col,
                "normalize": normalize,
                "orientation": orientation,
                "output_prefix": output_prefix,
                "precision": precision,
                "pretrained_windows": pretrained_windows,
                "recipe": recipe,
                "reuse": reuse,
                "top_k": top_k,
                "weights": weights,
                "window": window,
                "batchSize": batchSize,
                "decodeTimeout": decodeTimeout,
                "embeddingStages": embeddingStages,
                "etagCol": etagCol,
                "handleInvalid": handleInvalid,
                "imageSize": imageSize,
                "inputCol": inputCol,
                "lengthCol": lengthCol,
                "maxPixels": maxPixels,
                "modificationTimeCol": modificationTimeCol,
                "outputPrefix": outputPrefix,
                "pretrainedWindows": pretrainedWindows,
                "topK": topK,
            }
        )
        return self

    def setBatchSize(self: P, value: int) -> P:
        self._set(batchSize=value)
        return self

    def getBatchSize(self) -> int:
        return self.getOrDefault(self.batchSize)

    def setDecodeTimeout(self: P, value: float) -> P:
        self._set(decodeTimeout=value)
        return self

    def getDecodeTimeout(self) -> float:
        return self.getOrDefault(self.decodeTimeout)

    def setDevice(self: P, value: str) -> P:
        self._set(device=value)
        return self

    def getDevice(self) -> str:
        return self.getOrDefault(self.device)

    def setEmbeddingStages(self: P, value: list[int]) -> P:
        self._set(embeddingStages=value)
        return self

    def getEmbeddingStages(self) -> list[int]:
        return self.getOrDefault(self.embeddingStages)

    def setEtagCol(self: P, value: str) -> P:
        self._set(etagCol=value)
        return self

    def getEtagCol(self) -> str:
        return self.getOrDefault(self.etagCol)

    def setHandleInvalid(self: P, value: str) -> P:
        self._set(handleInvalid=value)
        return self

    def getHandleInvalid(self) -> str:
        return self.getOrDefault(self.handleInvalid)

    def setImageSize(self: P, value: str) -> P:
        self._set(imageSize=value)
        return self

    def getImageSize(self) -> str:
        return self.getOrDefault(self.imageSize)

    def setInputCol(self: P, value: str) -> P:
        self._set(inputCol=value)
        return self

    def getInputCol(self) -> str:
        return self.getOrDefault(self.inputCol)

    def setLabels(self: P, value: str) -> P:
        self._set(labels=value)
        return self

    def getLabels(self) -> str:
        return self.getOrDefault(self.labels)

    def setLengthCol(self: P, value: str) -> P:
        self._set(lengthCol=value)
        return self

    def getLengthCol(self) -> str:
        return self.getOrDefault(self.lengthCol)

    def setMaxPixels(self: P, value: int) -> P:
        self._set(maxPixels=value)
        return self

    def getMaxPixels(self) -> int:
        return self.getOrDefault(self.maxPixels)

    def setModel(self: P, value: str) -> P:
        self._set(model=value)
        return self

    def getModel(self) -> str:
        return self.getOrDefault(self.model)

    def setModificationTimeCol(self: P, value: str) -> P:
        self._set(modificationTimeCol=value)
        return self

    def getModificationTimeCol(self) -> str:
        return self.getOrDefault(self.modificationTimeCol)

    def setNormalize(self: P, value: bool) -> P:
        self._set(normalize=value)
        return self

    def getNormalize(self) -> bool:
        return self.getOrDefault(self.normalize)

    def setOrientation(self: P, value: str) -> P:
        self._set(orientation=value)
        return self

    def getOrientation(self) -> str:
        return self.getOrDefault(self.orientation)

    def setOutputPrefix(self: P, value: str) -> P:
        self._set(outputPrefix=value)
        return self

    def getOutputPrefix(self) -> str:
        return self.getOrDefault(self.outputPrefix)

    def setPrecision(self: P, value: str) -> P:
        self._set(precision=value)
        return self

    def getPrecision(self) -> str:
        return self.getOrDefault(self.precision)

    def setPretrainedWindows(self: P, value: list[int]) -> P:
        self._set(pretrainedWindows=value)
        return self

    def getPretrainedWindows(self) -> list[int]:
        return self.getOrDefault(self.pretrainedWindows)

    def setRecipe(self: P, value: str) -> P:
        self._set(recipe=value)
        return self

    def getRecipe(self) -> str:
        return self.getOrDefault(self.recipe)

    def setReuse(self: P, value: bool) -> P:
        self._set(reuse=value)
        return self

    def getReuse(self) -> bool:
        return self.getOrDefault(self.reuse)

    def setTopK(self: P, value: int) -> P:
        self._set(topK=value)
        return self

    def getTopK(self) -> int:
        return self.getOrDefault(self.topK)

    def setWeights(self: P, value: str) -> P:
        self._set(weights=value)
        return self

    def getWeights(self) -> str:
        return self.getOrDefault(self.weights)

    def setWindow(self: P, value: int) -> P:
        self._set(window=value)
        return self

    def getWindow(self) -> int:
        return self.getOrDefault(self.window)
