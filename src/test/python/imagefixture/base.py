"""The pictures, the manifest, and how tools are run."""

import hashlib
import io
import json
import os
import subprocess
import tempfile
import warnings

import numpy as np
from PIL import Image

warnings.simplefilter("ignore")
OUT = os.environ["IMAGE_FIXTURE"]
TMP = tempfile.mkdtemp()
ENTRIES = []

# ---------------------------------------------------------------- the pictures


def photo(width=45, height=37):
    """Slopes, waves and a little noise."""
    random = np.random.RandomState(7)
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 / max(1, width - 1), y * 255 / max(1, height - 1), 128 + 100 * np.sin(x / 5.0) * np.cos(y / 4.0)]
    picture = np.stack(planes, 2) + random.normal(0, 6, (height, width, 3))
    return np.clip(picture, 0, 255).astype(np.uint8)


def drawing(colors, width=45, height=37):
    """Indices of a palette: bars, and a frame of the last."""
    y, x = np.mgrid[0:height, 0:width]
    indices = (x // 5 + 3 * (y // 7)) % colors
    indices[:3] = colors - 1
    return indices.astype(np.uint8)


def palette(colors):
    random = np.random.RandomState(colors)
    return random.randint(0, 256, (colors, 3)).astype(np.uint8)


RGB = photo()
GRAY = np.ascontiguousarray(RGB[:, :, 2])
ALPHA = np.ascontiguousarray(255 - RGB[:, :, 0])
BITS = (GRAY > 128).astype(np.uint8)
RGB16 = RGB.astype(np.uint16) * 257 ^ 0x0042
GRAY16 = np.ascontiguousarray(RGB16[:, :, 2])
CMYK = np.dstack([255 - RGB, GRAY // 3])
RGBA = np.dstack([RGB, ALPHA])

# ---------------------------------------------------------------- the manifest


def add(fmt, name, kind, writer, content, differs=None, right=None):
    """One file. `differs` says why we do otherwise than Pillow, `right` what we do: pixels or the code of a refusal."""
    path = os.path.join(OUT, name)
    assert not any(e["file"] == name for e in ENTRIES), name
    with open(path, "wb") as f:
        f.write(content)
    entry = {"file": name, "format": fmt, "kind": kind, "writer": writer, "pillow": pillow(path)}
    if differs:
        entry["differs"] = differs
        entry["right"] = right
    ENTRIES.append(entry)


def digest(pixels):
    return {"width": pixels.shape[1], "height": pixels.shape[0], "sha256": hashlib.sha256(pixels.tobytes()).hexdigest()}


def pillow(path):
    try:
        with Image.open(path) as image:
            return digest(np.asarray(image.convert("RGB")))
    except Exception as e:
        return {"refusal": f"{type(e).__name__}: {e}".splitlines()[0].replace(OUT, "").replace(TMP, "")[:120]}


def high_bytes(gray):
    """16-bit grey as we show it."""
    return digest(np.repeat((gray >> 8).astype(np.uint8)[:, :, None], 3, 2))


GRAY16_REASON = "16-bit grey keeps its high byte, as 16-bit RGB does; Pillow clips it at 255, so that nearly all is white"


def saved(image, fmt, **options):
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def tool(command, *inputs, output):
    """Runs a tool in a folder of its own. Inputs are (name, bytes)."""
    folder = tempfile.mkdtemp(dir=TMP)
    for name, content in inputs:
        with open(os.path.join(folder, name), "wb") as f:
            f.write(content)
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(os.path.join(folder, output), "rb") as f:
        return f.read()


def png(pixels):
    return saved(Image.fromarray(pixels), "PNG")


MAGICK = "/usr/bin/convert"


def magick(options, output, pixels=RGB):
    command = [MAGICK, "in.png", "-strip", *options, output]
    return tool(command, ("in.png", png(pixels)), output=output.split(":")[-1])
