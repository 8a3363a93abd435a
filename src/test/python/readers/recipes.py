"""Runs docs/readers.md: each expression of its table and each of its recipes, on tables that infer has written.

recipes.py PAGE LAKE [READER ...]    the page's /lake is LAKE; only these readers and the Parquet table, else all

Prints a line for each, "... | ok" or what is wrong. Ends with 1 if anything is wrong.
"""

import datetime
import importlib
import importlib.util
import os
import re
import sys
import traceback

ALIASES = {"pd": "pandas", "pl": "polars", "ds": "pyarrow.dataset", "duckdb": "duckdb", "daft": "daft", "datasets": "datasets",
           "deltalake": "deltalake"}


def modules():
    """What the expressions of the page's table call the modules that are installed."""
    found = {}
    for name, module in ALIASES.items():
        if importlib.util.find_spec(module.split(".")[0]):
            found[name] = importlib.import_module(module)
    if importlib.util.find_spec("pyiceberg"):
        found["StaticTable"] = importlib.import_module("pyiceberg.table").StaticTable
    return found


def to_arrow(rows):
    """Rows of any reader as an Arrow table."""
    import pyarrow

    module = type(rows).__module__.split(".")[0]
    if isinstance(rows, pyarrow.Table):
        return rows
    if module == "pandas":
        return pyarrow.Table.from_pandas(rows)
    if module == "polars":
        return (rows.collect() if hasattr(rows, "collect") else rows).to_arrow()
    if module == "datasets":
        return rows.with_format("arrow")[:]
    if module == "lance":
        return rows.to_table()
    return rows.to_arrow_table() if "duckdb" in module else rows.to_arrow()


def size_of_vectors(vectors):
    """How many vectors there are and of how many numbers, where the reader knows that they are all as long."""
    if type(vectors).__module__ == "numpy":
        return vectors.shape
    table = to_arrow(vectors)
    embedding = table.schema.field("embedding").type
    embedding = getattr(embedding, "storage_type", embedding)  # Daft has a type of its own around it
    return table.num_rows, getattr(embedding, "list_size", None)


def faults(rows, vectors, images, expected):
    """What is wrong with the rows that a recipe gives."""
    import pyarrow.compute as pc

    table = to_arrow(rows)
    if table.num_rows != expected:
        yield f"{table.num_rows} rows, not {expected}"
    if pc.count_distinct(table["path"]).as_py() != table.num_rows:
        yield "a path has more than one row"
    if size_of_vectors(vectors) != (359, 128):
        yield f"vectors are {size_of_vectors(vectors)}"
    runs = table["run"].cast("string").to_pylist()
    if "string" not in str(table.schema.field("run").type):
        yield f"run is {table.schema.field('run').type}"
    if runs.count("2026-11-22") != 10:
        yield f"{runs.count('2026-11-22')} rows of the second run, not 10"
    if "tz=" not in str(table.schema.field("modificationTime").type):
        yield f"modificationTime is {table.schema.field('modificationTime').type}, no instant"
    for path, time in zip(table["path"].cast("string").to_pylist(), table["modificationTime"].to_pylist()):
        seconds = os.stat(f"{images}/{os.path.basename(path)}").st_mtime
        if abs((time - datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)).total_seconds()) > 1:
            yield f"modificationTime of {path} is {time}, the file's {seconds}"
            break


def blocks(text):
    return re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)


def main(page, lake, *readers):
    text = open(page, encoding="utf-8").read().replace("/lake/", f"{lake}/")
    shared, *sections = re.split(r"^### ", text, flags=re.M)
    scope = {}
    for code in blocks(shared):
        exec(code, scope)
    good = True

    def check(what, run):
        nonlocal good
        try:
            found = list(run())
        except Exception as e:
            found = [f"{type(e).__name__}: {e}"]
            traceback.print_exc()
        good = good and not found
        print(what, "|", "; ".join(found) or "ok", flush=True)

    def sees(code, rows):
        count = to_arrow(eval(code, {**modules(), **scope})).num_rows
        return [] if count == int(rows) else [f"{count} rows, the page says {rows}"]

    def recipe(code, expected):
        exec(code, scope)
        return faults(scope["rows"], scope["vectors"], f"{lake}/images", int(expected))

    for reader, code, rows in re.findall(r"^\| (\w+) \| `(.+?)` \| (\d+) \|", text, re.M):
        if not readers or (reader in readers and f"{lake}/table" in code):
            check(f"{reader} {code.replace(lake, '/lake')}", lambda: sees(code, rows))
    expected = dict(re.findall(r"^\| (\w+) \|.*\| (\d+) \|$", text, re.M))
    for section in sections:
        reader = section.split("\n")[0]
        if not readers or reader in readers:
            check(f"{reader} by the recipe", lambda: recipe("".join(blocks(section)), expected[reader]))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
