"""Writes the files and manifest.json into the folder that IMAGE_FIXTURE names.

The pictures are the same in every run. Files written by other tools may change with their versions: the manifest holds what
Pillow says of the very file.
"""

import json
import os
import shutil

import PIL

from . import base, classic, rare, tiff

shutil.rmtree(base.OUT, ignore_errors=True)
os.makedirs(base.OUT)
for make in (classic.jpeg, classic.png_kinds, classic.gif, classic.bmp, classic.webp, classic.orientations, tiff.tiff, *rare.FORMATS):
    make()
with open(os.path.join(base.OUT, "manifest.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(entry) for entry in base.ENTRIES) + "\n]\n")
total = sum(os.path.getsize(os.path.join(base.OUT, entry["file"])) for entry in base.ENTRIES)
shutil.rmtree(base.TMP)
print(len(base.ENTRIES), "files,", total, "bytes, Pillow", PIL.__version__)
