"""run_notebook.py NOTEBOOK PICTURE    executes it where it lies, and keeps the picture that it ends with"""

import base64
import os
import sys

import nbformat
from nbclient import NotebookClient

place, picture = sys.argv[1:]
notebook = nbformat.read(place, as_version=4)
NotebookClient(notebook, timeout=240, resources={"metadata": {"path": os.path.dirname(place)}}).execute()
with open(picture, "wb") as file:
    file.write(base64.b64decode(notebook.cells[-1].outputs[-1]["data"]["image/png"]))
