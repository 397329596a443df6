"""`Ragged`: rows of different lengths as a flat array with offsets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from textrnn.storage.files import open_atomic


@dataclass(frozen=True)
class Ragged:
    """N rows: row i is `flat[offsets[i]:offsets[i + 1]]`.

    `flat` (total,) int32; `offsets` (N + 1,) int64, from 0 and never falling.

    >>> rows = ragged([[5, 6], [], [7]])
    >>> rows.lengths.tolist(), rows[0].tolist(), len(rows)
    ([2, 0, 1], [5, 6], 3)
    """

    flat: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> NDArray[np.int32]:
        return self.flat[self.offsets[row] : self.offsets[row + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The length of each row, (N,) int64."""
        return np.diff(self.offsets)

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.flat.npy` and `<name>.offsets.npy` into `folder`."""
        for part, array in (("flat", self.flat), ("offsets", self.offsets)):
            with open_atomic(folder / f"{name}.{part}.npy") as file:
                np.save(file, array, allow_pickle=False)

    @staticmethod
    def load(folder: Path, name: str) -> Ragged:
        """Return the rows that `save` wrote, memory-mapped. Raises OSError, ValueError."""
        flat, offsets = (
            np.load(folder / f"{name}.{part}.npy", mmap_mode="r", allow_pickle=False) for part in ("flat", "offsets")
        )
        return Ragged(flat, offsets)


def share_of_token(rows: Ragged, value: int) -> NDArray[np.float64]:
    """The share of each row that is `value`, (N,) float64; 0 of an empty row.

    >>> share_of_token(ragged([[1, 2], [], [1, 1], [2]]), 1).tolist()
    [0.5, 0.0, 1.0, 0.0]
    """
    before = np.concatenate([[0], np.cumsum(rows.flat[: rows.offsets[-1]] == value)])
    shares: NDArray[np.float64] = np.diff(before[rows.offsets]) / np.maximum(rows.lengths, 1)
    return shares


def slices_of(rows: Ragged, tokens: int) -> list[tuple[int, int]]:
    """First and last row (not included) of slices of at most `tokens` tokens, or of one longer row.

    >>> slices_of(ragged([[1], [2, 3], [4, 5, 6, 7], [8]]), 3)
    [(0, 2), (2, 3), (3, 4)]
    """
    slices, start = [], 0
    while start < len(rows):
        end = int(np.searchsorted(rows.offsets, rows.offsets[start] + tokens, side="right")) - 1
        end = min(max(end, start + 1), len(rows))
        slices.append((start, end))
        start = end
    return slices


def ragged(rows: Iterable[Sequence[int] | NDArray[np.integer]]) -> Ragged:
    """Convert rows to a `Ragged`."""
    arrays = [np.asarray(row, dtype=np.int32) for row in rows]
    lengths = np.fromiter((len(row) for row in arrays), dtype=np.int64, count=len(arrays))
    flat = np.concatenate(arrays) if arrays else np.zeros(0, np.int32)
    return Ragged(flat, offsets_of(lengths))


def join_rows(*parts: Ragged) -> Ragged:
    """Concatenate the rows of all `parts`.

    >>> [row.tolist() for row in join_rows(ragged([[1], []]), ragged([[2, 3]]))]
    [[1], [], [2, 3]]
    """
    flat = np.concatenate([np.zeros(0, np.int32), *(part.flat for part in parts)])
    return Ragged(flat, offsets_of(np.concatenate([np.zeros(0, np.int64), *(part.lengths for part in parts)])))


def take_rows(rows: Ragged, which: NDArray[np.int64]) -> Ragged:
    """Return the rows of the numbers `which` (M,), in that order.

    >>> [row.tolist() for row in take_rows(ragged([[1], [2, 3], []]), np.array([1, 2, 0]))]
    [[2, 3], [], [1]]
    """
    return expand(Ragged(which.astype(np.int32), np.arange(len(which) + 1)), rows)


def offsets_of(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the offsets (N + 1,) int64 of rows with these lengths (N,)."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def expand(rows: Ragged, table: Ragged) -> Ragged:
    """Replace each number w of `rows` by the row `table[w]`: a ragged gather, without a loop.

    >>> [row.tolist() for row in expand(ragged([[1, 0], [2]]), ragged([[9], [4, 5], []]))]
    [[4, 5, 9], []]
    """
    sizes = table.lengths[rows.flat]
    ends = offsets_of(sizes)
    total = int(ends[-1])
    # position of every output inside its table row, then the table row's own start
    within = np.arange(total, dtype=np.int64) - np.repeat(ends[:-1], sizes)
    source = np.repeat(table.offsets[:-1][rows.flat], sizes) + within
    return Ragged(np.ascontiguousarray(table.flat[source], dtype=np.int32), ends[rows.offsets])
