"""A row as a reader yields it."""

from __future__ import annotations

# number of the data row in its source, from 1; the text; the label. The cells are what the file holds,
# not yet looked at: `gather` refuses what is no text or no label, for every format alike.
Row = tuple[int, object, object]
