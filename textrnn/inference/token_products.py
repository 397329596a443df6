"""The input products of tokens: each token's are computed once, when it is first read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from textrnn.inference.layer import Array, Layer, Rows

MAX_TABLE_BYTES = 128 << 20  # bytes; 32,000 tokens at 128 units each way
CHUNK_TOKENS = 512  # tokens whose products are computed in one go

RunFunctions = Callable[[Sequence[Callable[[], object]]], object]  # calls functions, maybe several at once


@dataclass
class _Table:
    """`products` (capacity, F), of which `count` rows are computed; `places` (V,): the row of each token, or -1."""

    products: Array
    places: Rows
    count: int = 0


@dataclass
class TokenProducts:
    """What the first `layer` makes of the tokens of an `embedding` (V, E): a table that fills as texts come.

    Texts have most tokens in common, and a token's products do not depend on where it stands: they are nearly half of
    the arithmetic of reading. Several threads may ask at once, also of one that was forked meanwhile.
    """

    layer: Layer
    embedding: Array
    _table: _Table | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, ids: NDArray[np.int32], run: RunFunctions) -> tuple[Array, Rows] | None:
        """Returns products (n, F) and which of them are those of each of the `ids` (tokens,); `run` shares the work.

        None where the tokens are too many for a table. Raises IndexError for an id that is not in the vocabulary.
        """
        table = self._table
        if table is not None:
            rows = table.places[ids]
            if rows.min(initial=0) >= 0:
                return table.products, rows
        present = np.zeros(len(self.embedding), bool)
        present[ids] = True
        if int(present.sum()) > self._capacity:
            return None
        if not self._lock.acquire(blocking=False):  # another thread fills it, or did when this process was forked
            table = self._empty(int(present.sum()))
            self._fill(table, present, run)
            return table.products, table.places[ids]
        try:
            table = self._table or self._empty(self._capacity)
            if table.count + int((present & (table.places < 0)).sum()) > len(table.products):
                table = self._empty(self._capacity)  # whoever reads the one before keeps it
            self._fill(table, present, run)
            self._table = table
        finally:
            self._lock.release()
        return table.products, table.places[ids]

    @property
    def _capacity(self) -> int:
        return min(len(self.embedding), MAX_TABLE_BYTES // (4 * self.layer.width))

    def _empty(self, capacity: int) -> _Table:
        """A table of no token; the system gives memory to the rows that are written."""
        places = np.full(len(self.embedding), -1, np.int32)
        return _Table(np.empty((capacity, self.layer.width), np.float32), places)

    def _fill(self, table: _Table, present: NDArray[np.bool_], run: RunFunctions) -> None:
        tokens = np.flatnonzero(present & (table.places < 0))
        start, stop = table.count, table.count + len(tokens)
        chunks = [slice(at, at + CHUNK_TOKENS) for at in range(0, len(tokens), CHUNK_TOKENS)]
        into = table.products[start:stop]
        run([partial(self.layer.multiply, self.embedding, tokens[chunk], into[chunk]) for chunk in chunks])
        table.places[tokens] = np.arange(start, stop, dtype=np.int32)  # last: who finds a place finds its products
        table.count = stop
