"""Rows as examples: every cell looked at, every cap held, whatever the format."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from textrnn.boundary import bound_text
from textrnn.config.data import TargetKind
from textrnn.data.corpus import Examples
from textrnn.data.readers.labels import describe, label_reader
from textrnn.data.readers.rows import Row
from textrnn.data.readers.wording import count, quoted, too_large
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
    kind: TargetKind = "single",
    separator: str | None = None,
) -> Gathered:
    """The rows as examples with one text column, named `columns[0]`; `place` says where they come from.

    Labels are those of a target of this `kind` (`label_reader`); they lose the blanks round them unless `trim` is
    false. Raises DataError, naming the row, for a text that is no string, a label that is missing or none of that
    kind, more than `max_rows` rows, `max_labels` classes or `max_bytes` of text; and where there are no
    rows or only empty texts.
    """
    texts: list[str] = []
    labels: list[Label] = []
    numbers = array("q")
    taken = label_reader(kind, place, columns[1], trim=trim, most=max_labels, separator=separator)
    cut = surrogates = nuls = size = 0
    for number, text, label in rows:
        if len(texts) == max_rows:
            raise DataError(f"{place}, row {number}: expected at most {count(max_rows, 'row')}; raise data.max_rows")
        if not isinstance(text, str):
            raise DataError(
                f"{place}, row {number}, column {quoted(columns[0])}: expected a text, found {describe(text)}"
            )
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
