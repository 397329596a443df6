"""Rows as examples: every cell looked at, every cap held, whatever the format."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from textrnn.boundary import bound_text, grown_length
from textrnn.config.data import TargetKind
from textrnn.data.cells import read_category, read_id, read_number
from textrnn.data.columns import Columns
from textrnn.data.corpus import Examples
from textrnn.data.readers.labels import describe, label_reader
from textrnn.data.readers.rows import Row
from textrnn.data.readers.wording import count, named_row, quoted, too_large
from textrnn.data.target import Label
from textrnn.errors import DataError

MAX_LABELS = 10_000
MAX_BYTES = 1 << 31


@dataclass(frozen=True)
class Gathered:
    """The examples of one table, and what was done to its cells.

    `cut` counts the texts cut at the limit, `surrogates` the lone surrogates replaced, `nuls` the
    texts with NUL characters (the tokenizer reads them as spaces), `trimmed` the labels with blanks round them.
    """

    examples: Examples
    cut: int
    surrogates: int
    trimmed: int
    nuls: int = 0


@dataclass
class _Texts:
    """The texts of a table, column by column, and what was done to them."""

    columns: Columns
    place: str
    max_characters: int
    max_bytes: int
    found: dict[str, list[str]] = field(default_factory=dict)
    cut: int = 0
    surrogates: int = 0
    nuls: int = 0
    size: int = 0

    def take(self, cell: object, name: str, row: str) -> None:
        """Bound the text in `cell` and keep it. Raises DataError where it is none, or too much in all."""
        if not isinstance(cell, str):
            where = f"{self.place}, {row}, column {quoted(name)}"
            raise DataError(f"{where}: expected a text, found {describe(cell)}")
        bounded = bound_text(str(cell), self.max_characters)  # str of numpy's too
        if bounded.grows:  # what people write does not: it is made to fill the memory
            raise DataError(
                f"{self.place}, {row}, column {quoted(name)}: expected at most {self.max_characters:,} characters, "
                f"found {grown_length(str(cell)):,} once {len(cell):,} are normalised; remove the row, or raise "
                "data.max_characters"
            )
        self.cut += bounded.cut
        self.surrogates += bounded.surrogates
        self.nuls += "\0" in bounded.text
        self.size += len(bounded.text) if bounded.text.isascii() else len(bounded.text.encode())
        if self.size > self.max_bytes:
            raise too_large(f"{self.place}, {row}", self.max_bytes)
        self.found[name].append(bounded.text)

    def require_visible(self) -> None:
        """Refuse, by DataError, columns of which no cell holds anything."""
        if not any(text and not text.isspace() for texts in self.found.values() for text in texts):
            names = " or ".join(map(quoted, self.columns.text))
            rows = len(self.found[self.columns.text[0]])
            raise DataError(
                f"{self.place}: expected texts in the column {names}, found all {rows:,} empty; is it the text column?"
            )


def gather(
    rows: Iterable[Row],
    columns: Columns,
    place: str,
    *,
    max_rows: int,
    max_characters: int,
    max_labels: int = MAX_LABELS,
    max_bytes: int = MAX_BYTES,
    trim: bool = True,
    kind: TargetKind = "single",
    separator: str | None = None,
) -> Gathered:
    """The rows, whose cells are those of `columns.names`, as examples; `place` says where they come from.

    Labels are those of a target of this `kind` (`label_reader`); they lose the blanks round them unless `trim` is
    false. Raises DataError, naming the row, for a text that is no string, a label that is missing or none of that
    kind, a cell beside the text that is no number or category, more than `max_rows` rows, `max_labels` classes or
    `max_bytes` of text; and where there are no rows or only empty texts.
    """
    texts = _Texts(columns, place, max_characters, max_bytes, {name: [] for name in columns.text})
    labels: list[Label] = []
    numbers = array("q")
    beside: dict[str, list[Any]] = {name: [] for name in columns.beside}
    taken = label_reader(kind, place, columns.label, trim=trim, most=max_labels, separator=separator)
    readers = [read_number] * len(columns.numeric) + [read_category] * len(columns.categorical)
    label_at, beside_end, ids = len(columns.text), len(columns.text) + 1 + len(columns.beside), list[str]()
    for number, cells in rows:
        row = named_row(number)
        if columns.id is not None:
            ids.append(read_id(cells[-1], f"{place}, {row}, column {quoted(columns.id)}"))
            row = named_row(number, ids[-1])
        if len(labels) == max_rows:
            raise DataError(f"{place}, {row}: expected at most {count(max_rows, 'row')}; raise data.max_rows")
        for name, cell in zip(columns.text, cells, strict=False):
            texts.take(cell, name, row)
        labels.append(taken.take(cells[label_at], row))
        numbers.append(number)
        for name, read, cell in zip(columns.beside, readers, cells[label_at + 1 : beside_end], strict=True):
            beside[name].append(read(cell, f"{place}, {row}, column {quoted(name)}"))
    if not labels:
        raise DataError(f"{place}: expected rows with a text and a label, found no rows")
    texts.require_visible()
    examples = Examples(texts.found, labels, np.array(numbers, dtype=np.int64), beside, ids)
    return Gathered(examples, texts.cut, texts.surrogates, taken.trimmed, texts.nuls)
