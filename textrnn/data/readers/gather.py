"""Rows as examples: every cell examined, every cap held, whatever the format."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from textrnn.config.data import OnBadRow, TargetKind
from textrnn.data.cell_parsing import parse_category, parse_id, parse_number
from textrnn.data.columns import Columns
from textrnn.data.examples import Examples
from textrnn.data.readers.label_readers import LabelReader, describe, label_reader
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.rows import BadRow, Row
from textrnn.data.readers.wording import count, format_row, quote, too_large_error
from textrnn.data.soft_labels import CONFIDENCE, most_probable, parse_confidence, parse_probabilities
from textrnn.data.target import Label
from textrnn.data.text_boundary import BoundedText, bound_text, nfkc_length
from textrnn.errors import DataError, RowError

MAX_LABELS = 10_000
MAX_BYTES = 1 << 31
MAX_SHOWN = 5  # bad rows that are named


@dataclass(frozen=True)
class GatheredExamples:
    """The examples of one table, and what was done to its cells.

    `cut` counts the texts cut at the limit, `surrogates` the lone surrogates replaced, `nuls` the
    texts with NUL characters (the tokenizer reads them as spaces), `trimmed` the labels with whitespace around them;
    `bad` the rows left out that cannot be used, of which `first_bad` are the first few. `headed` says that a header
    stands before row 1.
    """

    examples: Examples
    cut: int
    surrogates: int
    trimmed: int
    nuls: int = 0
    bad: int = 0
    first_bad: tuple[BadRow, ...] = ()
    headed: bool = False


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

    def bound(self, cell: object, name: str) -> BoundedText:
        """The text in `cell`, bounded. Raises RowError where it is none."""
        if not isinstance(cell, str):
            raise RowError(f"expected a text, found {describe(cell)}", name)
        bounded = bound_text(str(cell), self.max_characters)  # str of numpy's too
        if bounded.grows:  # what people write does not: it is made to fill the memory
            raise RowError(
                f"expected at most {self.max_characters:,} characters, found {nfkc_length(str(cell)):,} once "
                f"{len(cell):,} are normalised; remove the row, or raise data.max_characters",
                name,
            )
        return bounded

    def keep(self, texts: Sequence[BoundedText]) -> None:
        """Keep the text of each column. Raises DataError where they are too much in all."""
        for name, bounded in zip(self.columns.text, texts, strict=True):
            self.cut += bounded.cut
            self.surrogates += bounded.surrogates
            self.nuls += "\0" in bounded.text
            self.size += len(bounded.text) if bounded.text.isascii() else len(bounded.text.encode())
            self.found[name].append(bounded.text)
        if self.size > self.max_bytes:
            raise too_large_error("", self.max_bytes)

    def require_visible(self) -> None:
        """Refuse, by DataError, columns of which no cell holds anything."""
        if not any(text and not text.isspace() for texts in self.found.values() for text in texts):
            names = " or ".join(map(quote, self.columns.text))
            rows = len(self.found[self.columns.text[0]])
            raise DataError(
                f"{self.place}: expected texts in the column {names}, found all {rows:,} empty; is it the text column?"
            )


@dataclass
class _Table:
    """The cells of the rows that can be used."""

    columns: Columns
    texts: _Texts
    reader: LabelReader
    labels: list[Label] = field(default_factory=list)
    numbers: array[int] = field(default_factory=lambda: array("q"))
    tabular: dict[str, list[Any]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    slices: dict[str, list[str]] = field(default_factory=dict)
    soft: dict[str, list[float]] = field(default_factory=dict)

    def take(self, number: int, cells: Sequence[object], *, headed: bool, line: int) -> BadRow | None:
        """Keep the cells of a row, or say why it cannot be used. Raises DataError, naming the row, for what concerns
        the whole table.
        """
        id, place = "", self.texts.place
        try:
            if self.columns.id is not None:
                id = parse_id(cells[-1], self.columns.id)
            self._keep(number, cells, id)
        except RowError as error:
            return BadRow.of(error, number, place, id=id, headed=headed, line=line)
        except DataError as error:
            raise DataError(f"{place}, {format_row(number, id, headed=headed, line=line)}: {error}") from None
        return None

    def _keep(self, number: int, cells: Sequence[object], id: str) -> None:
        """Look at all cells of a row before any is kept. Raises RowError, DataError."""
        columns, label_at = self.columns, len(self.columns.text)
        texts = [self.texts.bound(cell, name) for name, cell in zip(columns.text, cells, strict=False)]
        tabular = _read_tabular(cells[label_at + 1 :], columns) if columns.tabular else ()
        first = label_at + 1 + len(columns.tabular)
        slices = [parse_id(cell, name) for name, cell in zip(columns.slice_by, cells[first:], strict=False)]
        at = first + len(columns.slice_by)
        soft = _read_soft(cells[at : at + len(columns.soft)], columns)
        self.labels.append(self.reader.take(_label_in(cells[label_at], soft, columns)))
        self.texts.keep(texts)
        self.numbers.append(number)
        for name, value in zip(columns.tabular, tabular, strict=True):
            self.tabular[name].append(value)
        for name, value in zip(columns.slice_by, slices, strict=True):
            self.slices[name].append(value)
        for name, probability in soft.items():
            self.soft[name].append(probability)
        if columns.id is not None:
            self.ids.append(id)


def _read_soft(cells: Sequence[object], columns: Columns) -> dict[str, float]:
    """The soft label of a row, by class. Raises RowError."""
    if columns.confidence is not None:
        return {CONFIDENCE: parse_confidence(cells[0], columns.confidence)}
    return dict(zip(columns.probabilities, parse_probabilities(cells, columns.probabilities), strict=True))


def _label_in(cell: object, soft: Mapping[str, float], columns: Columns) -> object:
    """The label in `cell`; where that is empty, the likeliest class."""
    empty = cell is None or (isinstance(cell, str) and not cell.strip())
    return most_probable([*soft.values()], [*soft]) or cell if empty and columns.probabilities else cell


def _read_tabular(cells: Sequence[object], columns: Columns) -> list[Any]:
    at = len(columns.numeric)
    numbers = [parse_number(cell, name) for name, cell in zip(columns.numeric, cells, strict=False)]
    return numbers + [parse_category(cell, name) for name, cell in zip(columns.categorical, cells[at:], strict=False)]


def gather(
    rows: Iterable[Row | BadRow],
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
    on_bad_row: OnBadRow = "refuse",
    advice: str = "",
    headed: bool = False,
    notes: Notes | None = None,
) -> GatheredExamples:
    """The rows, whose cells are those of `columns.names`, as examples; `place` says where they come from.

    Labels are those of a target of this `kind` (`label_reader`); they lose the whitespace around them unless `trim` is
    false. A row cannot be used whose text is no string, whose label is missing or none of that kind, or with a cell
    beside the text that is no number or category: it raises DataError, which names it and ends in `advice`, or, as
    `on_bad_row` says, is left out and counted. `headed` and `notes`, which are the reader's, say how rows are
    named. Raises DataError for more than `max_rows` rows, `max_labels` classes or `max_bytes` of text; and where there
    are no rows, none that can be used, or only empty texts.
    """
    texts = _Texts(columns, place, max_characters, max_bytes, {name: [] for name in columns.text})
    reader = label_reader(kind, columns.label, trim=trim, max_labels=max_labels, separator=separator)
    table = _Table(columns, texts, reader, tabular={name: [] for name in columns.tabular})
    table.slices = {name: [] for name in columns.slice_by}
    table.soft = {name: [] for name in (columns.probabilities or [CONFIDENCE] * (columns.confidence is not None))}
    bad, first_bad = 0, list[BadRow]()
    for row in rows:
        line = notes.line if notes else 0
        if len(table.labels) + bad == max_rows:
            number = row.number if isinstance(row, BadRow) else row[0]
            where = f"{place}, {format_row(number, headed=headed, line=line)}"
            raise DataError(f"{where}: expected at most {count(max_rows, 'row')}; raise data.max_rows")
        found = row if isinstance(row, BadRow) else table.take(*row, headed=headed, line=line)
        if found is not None and on_bad_row == "refuse":
            raise DataError(found.advise(advice))
        if found is not None:
            bad += 1
            first_bad += [found] * (len(first_bad) < MAX_SHOWN)
    if not table.labels:
        raise DataError(f"{place}: expected rows with a text and a label, found {_none_of(first_bad, bad)}")
    texts.require_visible()
    numbers = np.array(table.numbers, dtype=np.int64)
    beside = table.tabular, table.ids, headed, table.slices, table.soft
    examples = Examples(texts.found, table.labels, numbers, *beside)
    done = texts.cut, texts.surrogates, reader.trimmed, texts.nuls
    return GatheredExamples(examples, *done, bad, tuple(first_bad), headed)


def _none_of(first_bad: Sequence[BadRow], bad: int) -> str:
    return (
        f"{count(bad, 'row')} that cannot be used; the first: {first_bad[0].name}: {first_bad[0].what}"
        if bad
        else "no rows"
    )
