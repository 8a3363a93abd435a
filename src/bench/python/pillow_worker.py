"""Pillow's side of scripts/bench preprocess: reads requests, a line each, and answers each with a figure, as Worker.java does.

    write FOLDER              the JPEGs of a folder in the other formats, beside them; how many files there are
    decode FOLDER SECONDS     milliseconds of processor time for an image of a folder: open and convert to RGB
    resize FOLDER SECONDS     the same, and resize its shorter side to 256, bicubic, and crop 224 from the middle
"""

import io
import sys
import time
from pathlib import Path

from PIL import Image

OTHER_FORMATS = {
    "png": ("PNG", {}),
    "webp": ("WEBP", {"quality": 80}),
    "webp-lossless": ("WEBP", {"lossless": True}),
    "tiff": ("TIFF", {"compression": "raw"}),
    "tiff-lzw": ("TIFF", {"compression": "tiff_lzw"}),
    "tiff-deflate": ("TIFF", {"compression": "tiff_adobe_deflate"}),
}


def write(folder: Path) -> int:
    photos = sorted(folder.joinpath("jpeg").glob("*.jpg"))
    for name, (pillow_format, options) in OTHER_FORMATS.items():
        target = folder / name
        target.mkdir(exist_ok=True)
        for photo in photos:
            file = target / f"{photo.stem}.{name.partition('-')[0]}"
            if not file.exists():
                Image.open(photo).save(file, pillow_format, **options)
    return len(photos)


def rgb(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def resized(data: bytes) -> bytes:
    image = rgb(data)
    scale = 256 / min(image.size)
    size = tuple(int(side * scale) for side in image.size)
    left, top = (round((side - 224) / 2) for side in size)
    return image.resize(size, Image.Resampling.BICUBIC).crop((left, top, left + 224, top + 224)).tobytes()


def milliseconds(folder: Path, seconds: float, work) -> float:
    files = [file.read_bytes() for file in sorted(folder.iterdir())]
    done = 0
    start = time.process_time()
    while (elapsed := time.process_time() - start) < seconds:
        work(files[done % len(files)])
        done += 1
    return elapsed * 1000 / done


def answer(verb: str, folder: str, seconds: str = "0") -> float:
    if verb == "write":
        return write(Path(folder))
    return milliseconds(Path(folder), float(seconds), rgb if verb == "decode" else resized)


for request in sys.stdin:
    print(f"figure: {answer(*request.split()):.6f}", flush=True)
