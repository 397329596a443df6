"""Rows as examples: every cell looked at, every cap held, whatever the format."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from textrnn.boundary import bound_text
from textrnn.data.corpus import Examples
from textrnn.data.readers.rows import Row
from textrnn.data.readers.wording import count, quoted, too_large
from textrnn.data.target import Label
from textrnn.errors import DataError

MAX_LABELS = 10_000
MAX_BYTES = 1 << 31
_KIND = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


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
class _Labels:
    """The labels met so far, each held once."""

    place: str
    column: str
    trim: bool
    most: int
    trimmed: int = 0
    known: dict[object, Label] = field(default_factory=dict)

    def take(self, cell: object, row: int) -> Label:
        """The label in `cell`. Raises DataError, naming the row, where it is none."""
        if type(cell) in (str, int) and cell in self.known:
            return self.known[cell]
        label = _as_label(cell, self.trim, f"{self.place}, row {row}, column {quoted(self.column)}")
        self.trimmed += bool(label != cell)
        if label not in self.known:
            self._add(label, row)
        return self.known[label]

    def _add(self, label: Label, row: int) -> None:
        first = next(iter(self.known.values()), label)
        if type(first) is not type(label):
            raise DataError(
                f"{self.place}, row {row}: expected labels all strings or all integers, "
                f"found {quoted(first)} and then {quoted(label)}; write them one way"
            )
        self.known[label] = label
        if len(self.known) > self.most:
            raise DataError(
                f"{self.place}, row {row}: expected at most {count(self.most, 'class')}, found more; "
                f"is {quoted(self.column)} the label column? if so, raise data.max_labels"
            )


def gather(
    rows: Iterable[Row],
    columns: tuple[str, str],
    place: str,
    *,
    max_rows: int,
    max_characters: int,
    max_labels: int = MAX_LABELS,
    max_bytes: int = MAX_BYTES,
    trim: bool = True,
) -> Gathered:
    """The rows as examples with one text column, named `columns[0]`; `place` says where they come from.

    Labels lose the blanks round them unless `trim` is false. Raises DataError, naming the row, for a
    text that is no string, a label that is missing or neither string nor integer, strings and integers
    mixed, more than `max_rows` rows, `max_labels` classes or `max_bytes` of text; and where there are no
    rows or only empty texts.
    """
    texts: list[str] = []
    labels: list[Label] = []
    numbers = array("q")
    taken = _Labels(place, columns[1], trim, max_labels)
    cut = surrogates = nuls = size = 0
    for number, text, label in rows:
        if len(texts) == max_rows:
            raise DataError(f"{place}, row {number}: expected at most {count(max_rows, 'row')}; raise data.max_rows")
        if not isinstance(text, str):
            raise DataError(f"{place}, row {number}, column {quoted(columns[0])}: expected a text, found {_what(text)}")
        bounded = bound_text(str(text), max_characters)  # str of numpy's too
        cut += bounded.cut
        surrogates += bounded.surrogates
        nuls += "\0" in bounded.text
        size += len(bounded.text) if bounded.text.isascii() else len(bounded.text.encode())
        if size > max_bytes:
            raise too_large(f"{place}, row {number}", max_bytes)
        texts.append(bounded.text)
        labels.append(taken.take(label, number))
        numbers.append(number)
    if not texts:
        raise DataError(f"{place}: expected rows with a text and a label, found no rows")
    if not any(text and not text.isspace() for text in texts):
        raise DataError(
            f"{place}: expected texts in the column {quoted(columns[0])}, found all {len(texts):,} empty; "
            "is it the text column?"
        )
    examples = Examples({columns[0]: texts}, labels, np.array(numbers, dtype=np.int64))
    return Gathered(examples, cut, surrogates, taken.trimmed, nuls)


def _as_label(cell: object, trim: bool, place: str) -> Label:
    if isinstance(cell, (bool, np.bool_)) or not isinstance(cell, (str, int, np.integer)):
        what = "none (null)" if cell is None else _what(cell)
        raise DataError(f"{place}: expected a label, a string or an integer, found {what}")
    if not isinstance(cell, str):
        if not -(2**63) <= int(cell) < 2**63:
            raise DataError(f"{place}: expected an integer label of at most 64 bits, found a larger one")
        return int(cell)
    label = str(cell.strip() if trim else cell)
    if not label.strip():
        raise DataError(f"{place}: expected a label, found an empty one; remove the row or fill it in")
    try:
        label.encode("utf-8")
    except UnicodeEncodeError:
        raise DataError(f"{place}: expected a label of whole characters, found a lone surrogate in it") from None
    return label


def _what(cell: object) -> str:
    return f"{_KIND[type(cell)]} {quoted(cell)}" if type(cell) in _KIND else quoted(cell)
