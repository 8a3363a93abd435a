"""FAISS and DuckDB beside our search: one of them a process, which reads requests, a line each, and answers each with a figure, as
Worker.java does.

    nearest_peers.py faiss-flat|faiss-ivf|duckdb FOLDER DIMENSION NEIGHBORS THREADS

    load                 seconds until the rows are in its memory, as it searches them
    search FIRST COUNT   seconds for these queries, by cosine
    job FIRST COUNT      the same from the table on disk, which is read first; FAISS flat only
    probe CELLS          how many cells of IVF a query looks into from now on
    recall               the part of our ids that the last search found

FOLDER has rows.f32 and queries.f32, one vector after the other, rows.parquet, the same table with ids, and ids.i64: ours, for each query.
"""

import sys
import time
from pathlib import Path

import numpy

PEER, FOLDER = sys.argv[1], Path(sys.argv[2])
DIMENSION, NEIGHBORS, THREADS = map(int, sys.argv[3:6])


def vectors(name: str) -> numpy.ndarray:
    return numpy.fromfile(FOLDER / name, dtype=numpy.float32).reshape(-1, DIMENSION)


class Faiss:
    """Inner products of vectors of length 1, in float32: FAISS has no cosine."""

    def __init__(self, cells: int | None):
        import faiss

        self.faiss = faiss
        self.cells = cells
        faiss.omp_set_num_threads(THREADS)

    def load(self) -> None:
        self.queries = vectors("queries.f32")
        rows = vectors("rows.f32")
        self.faiss.normalize_L2(rows)
        if self.cells is None:
            self.index = self.faiss.IndexFlatIP(DIMENSION)
        else:
            quantizer = self.faiss.IndexFlatIP(DIMENSION)
            self.index = self.faiss.IndexIVFFlat(quantizer, DIMENSION, self.cells, self.faiss.METRIC_INNER_PRODUCT)
            self.index.cp.max_points_per_centroid = 64
            self.index.train(rows)
        self.index.add(rows)

    def read(self) -> None:
        """As load, from the table, a file at a time: its rows are in the order of their ids."""
        import pyarrow
        import pyarrow.parquet

        pyarrow.set_cpu_count(THREADS)
        index = self.faiss.IndexFlatIP(DIMENSION)
        for file in sorted((FOLDER / "rows.parquet").glob("*.parquet")):
            column = pyarrow.parquet.read_table(file, columns=["embedding"])["embedding"]
            for chunk in column.chunks:
                rows = chunk.flatten().to_numpy().reshape(-1, DIMENSION).copy()
                self.faiss.normalize_L2(rows)
                index.add(rows)
        self.index = index

    def probe(self, cells: int) -> None:
        self.index.nprobe = cells

    def search(self, first: int, count: int) -> numpy.ndarray:
        queries = self.queries[first : first + count].copy()
        self.faiss.normalize_L2(queries)
        return self.index.search(queries, NEIGHBORS)[1]


class DuckDb:
    """A statement for each query, as its documentation writes it: that is faster than a join with all of them."""

    def load(self) -> None:
        import duckdb

        self.database = duckdb.connect(config={"threads": THREADS})
        self.database.execute(
            f"CREATE TABLE lake AS SELECT id, embedding::FLOAT[{DIMENSION}] AS embedding"
            f" FROM read_parquet('{FOLDER / 'rows.parquet' / '*.parquet'}')"
        )
        self.queries = vectors("queries.f32")

    def search(self, first: int, count: int) -> numpy.ndarray:
        statement = (
            "SELECT id FROM lake"
            f" ORDER BY array_cosine_similarity(embedding, ?::FLOAT[{DIMENSION}]) DESC LIMIT {NEIGHBORS}"
        )
        return numpy.array(
            [
                [row[0] for row in self.database.execute(statement, [query.tolist()]).fetchall()]
                for query in self.queries[first : first + count]
            ]
        )


def cells(rows: int) -> int:
    """The root of the rows, the rule of thumb: four times as many, FAISS's other one, would train for ten minutes."""
    return round(rows**0.5)


def peer() -> Faiss | DuckDb:
    if PEER == "duckdb":
        return DuckDb()
    rows = (FOLDER / "rows.f32").stat().st_size // (4 * DIMENSION)
    return Faiss(None if PEER == "faiss-flat" else cells(rows))


searcher = peer()
found = first_query = None


def recall() -> float:
    ours = numpy.fromfile(FOLDER / "ids.i64", dtype=numpy.int64).reshape(-1, NEIGHBORS)
    ours = ours[first_query : first_query + len(found)]
    return sum(len(set(a) & set(b)) for a, b in zip(ours.tolist(), found.tolist())) / ours.size


def answer(verb: str, *numbers: str) -> float:
    global found, first_query
    if verb == "recall":
        return recall()
    start = time.perf_counter()
    if verb == "load":
        searcher.load()
    elif verb == "probe":
        searcher.probe(int(numbers[0]))
    else:
        if verb == "job":
            searcher.read()
        first_query = int(numbers[0])
        found = searcher.search(first_query, int(numbers[1]))
    return time.perf_counter() - start


for request in sys.stdin:
    try:
        print(f"figure: {answer(*request.split()):.6f}", flush=True)
    except Exception as error:
        print(f"failure: {error!r}", flush=True)
