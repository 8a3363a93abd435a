"""A table without Spark: what docs/table-format.md asks of a reader, with pyarrow."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem

VERSION = 3  # the newest of the table format that this reads


def read_arrow(uri: str, *, columns: list[str] | None = None, filesystem: FileSystem | None = None) -> pa.Table:
    """The committed rows of a Parquet output of ``infer``, one for each path, in the memory of this process.

    Embeddings are ``fixed_size_list<float>``; they are not copied, except in a file in which one is null.

    :param uri: folder of the table: local, or in any file system that pyarrow has; ``s3a://`` is ``s3://``
    :param columns: names of those to read; all if None
    :param filesystem: where ``uri`` is a path, if pyarrow cannot tell from the URI how to get there
    :return: the rows, with the id of the run that wrote each as ``run``; of a table without runs, without that
    :raises FileNotFoundError: if there is no such folder, or no committed rows in it
    :raises ValueError: if a record is of a newer version of the format
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow.fs import FileSystem

    if filesystem is None:
        files, root = FileSystem.from_uri(_known(uri))
    else:
        files, root = filesystem, uri.rstrip("/")
    folders = sorted(_folders(files, root))
    if f"{root}/_delta_log" in folders or f"{root}/metadata" in folders:
        raise ValueError(f"{uri}: is a Delta or Iceberg table, which deltalake or pyiceberg read; read_arrow reads Parquet tables")
    runs = [_Run(files, folder) for folder in folders if _name(folder).startswith("run=")]
    committed = [run for run in runs if run.record is not None]
    holders = {old: run.id for run in sorted(committed, key=lambda run: run.id) for old in run.record.get("compacts", [])}
    committed = [run for run in committed if run.id not in holders]
    places: list[tuple[str | None, str]] = [(run.id, run.rows) for run in committed if run.record["written"] != 0]
    if not runs:
        places = [(None, root)]
    gone = set[tuple[str, str]]()
    for run in committed:
        gone |= {(path, holders.get(old, old)) for path, old in run.replaced()}

    wanted = None if columns is None else [name for name in columns if name != "run"]
    tables: list[pa.Table] = []
    read = [*wanted, "path"] if wanted is not None and "path" not in wanted and gone else wanted
    for run_id, folder in places:
        replaced = {path for path, run in gone if run == run_id}
        for file in _parquet(files, folder):
            with files.open_input_file(file) as source:
                rows = pq.ParquetFile(source).read(columns=read)
            if run_id is not None:
                if replaced:
                    rows = rows.filter(pa.array(path not in replaced for path in rows["path"].to_pylist()))
                if columns is None or "run" in columns:
                    rows = rows.append_column("run", pa.repeat(pa.scalar(run_id), rows.num_rows))
            tables.append(rows)
    if not tables:
        raise FileNotFoundError(f"{uri}: no committed rows")
    size = _embedding_size(tables)
    table = pa.concat_tables([_with_fixed_size(rows, size) for rows in tables])
    return table if columns is None else table.select(columns)


class _Run:
    """A folder ``run=ID``."""

    def __init__(self, filesystem: FileSystem, folder: str) -> None:
        self.filesystem = filesystem
        self.folder = folder
        self.id = unquote(_name(folder)[len("run=") :])
        self.record: Any = self._record()

    def _record(self) -> Any:
        place = f"{self.folder}/_run.json"
        if not _is_file(self.filesystem, place):
            return None
        with self.filesystem.open_input_file(place) as file:
            record = json.loads(file.read())
        if record.get("version", 1) > VERSION:
            raise ValueError(
                f"{place}: is of version {record['version']} of the table format, this Swinlake reads 1 to {VERSION}: use a newer one"
            )
        return record

    @property
    def rows(self) -> str:
        """The folder with its Parquet files."""
        return f"{self.folder}/{self.record['attempt']}" if "attempt" in self.record else self.folder

    def replaced(self) -> set[tuple[str, str]]:
        """Path and run of rows of earlier runs that this one's take the place of."""
        if not self.record.get("replaced"):
            return set()
        folder, pairs = f"{self.rows}/_replaced", set[tuple[str, str]]()
        for file in _files(self.filesystem, folder):
            with self.filesystem.open_input_file(file) as source:
                if file.endswith(".json.gz"):
                    lines = gzip.decompress(source.read()).splitlines()
                    pairs |= {(row["path"], row["run"]) for row in map(json.loads, lines)}
                elif file.endswith(".parquet"):  # of version 1
                    import pyarrow.parquet as pq

                    found = pq.ParquetFile(source).read(columns=["path", "run"]).to_pylist()
                    pairs |= {(row["path"], str(row["run"])) for row in found}
        return pairs


def _with_fixed_size(rows: pa.Table, size: int) -> pa.Table:
    import pyarrow as pa

    index = rows.schema.get_field_index("embedding")
    if index < 0 or size == 0:
        return rows
    fixed = pa.list_(pa.float32(), size)
    chunks = [
        chunk.cast(fixed) if chunk.null_count else pa.FixedSizeListArray.from_arrays(chunk.flatten(), size)
        for chunk in rows["embedding"].chunks
    ]
    return rows.set_column(index, pa.field("embedding", fixed), pa.chunked_array(chunks, fixed))


def _embedding_size(tables: list[pa.Table]) -> int:
    for table in tables:
        if "embedding" in table.column_names:
            for chunk in table["embedding"].chunks:
                first = chunk.drop_null()
                if len(first):
                    return len(first[0])
    return 0


def _known(uri: str) -> str:
    import os

    if "://" not in uri and not uri.startswith("file:"):
        return os.path.abspath(uri)
    return uri.replace("s3a://", "s3://", 1).rstrip("/")


def _name(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[-1]


def _folders(filesystem: FileSystem, root: str) -> list[str]:
    from pyarrow.fs import FileSelector, FileType

    return [found.path for found in filesystem.get_file_info(FileSelector(root)) if found.type == FileType.Directory]


def _files(filesystem: FileSystem, folder: str) -> list[str]:
    from pyarrow.fs import FileSelector, FileType

    found = filesystem.get_file_info(FileSelector(folder))
    return sorted(some.path for some in found if some.type == FileType.File)


def _parquet(filesystem: FileSystem, folder: str) -> list[str]:
    return [file for file in _files(filesystem, folder) if file.endswith(".parquet") and not _name(file).startswith(("_", "."))]


def _is_file(filesystem: FileSystem, path: str) -> bool:
    from pyarrow.fs import FileType

    return bool(filesystem.get_file_info(path).type == FileType.File)
