"""A row as a reader yields it."""

from __future__ import annotations

# number of the data row in its source, from 1; the cells of the wanted columns, in their order. They are what the
# file holds, not yet looked at: `gather` refuses what is no text, no label, no number, for every format alike.
Row = tuple[int, tuple[object, ...]]
