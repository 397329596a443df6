"""Fixes applied to the tables that were read: right labels in the place of wrong ones, rows dropped."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from textrnn.config.data import TargetKind
from textrnn.data.cell_parsing import as_number
from textrnn.data.examples import SPLITS, Examples, SplitName, select_examples
from textrnn.data.fixes import Fix
from textrnn.data.readers.label_readers import label_reader
from textrnn.data.readers.wording import quote, quote_list, suggest_nearest
from textrnn.data.row_digest import row_digest
from textrnn.data.target import Label
from textrnn.errors import DataError, RowError


@dataclass(frozen=True)
class FixedExamples:
    """The `splits` after the fixes; of each table the rows that have another label now, each with whether that is the
    audit's suggestion (`relabelled`); how many rows are `dropped`, by the split that they were in when looked at.
    """

    splits: dict[SplitName, Examples]
    relabelled: dict[SplitName, dict[int, bool]] = field(default_factory=dict)
    dropped: dict[SplitName, int] = field(default_factory=dict)


@dataclass(frozen=True)
class LabelCells:
    """How a right label in a cell is read: the `kind` of target, the `separator` of several labels, the labels that the
    data has (`known`, by their text).
    """

    kind: TargetKind
    separator: str | None
    known: Mapping[str, Label]
    names: Collection[str]

    @staticmethod
    def of(
        splits: Iterable[Examples], kind: TargetKind, separator: str | None, classes: Sequence[str] = ()
    ) -> LabelCells:
        """The labels of `splits`, and the `classes` of an ordinal target that need not occur."""
        labels = {label for examples in splits for label in examples.labels} if kind != "number" else set()
        names = {name for label in labels for name in label} if kind == "multi" else set()  # type: ignore[union-attr]
        known: dict[str, Label] = {} if kind == "multi" else {str(label): label for label in labels}
        if all(isinstance(label, str) for label in labels):
            known |= {name: name for name in classes}
        return LabelCells(kind, separator, known, names)

    def read(self, cell: str) -> Label:
        """The label in `cell`. Raises RowError for one that no row of the data has, and for no number."""
        if self.kind == "number":
            value = as_number(cell)
            if value is None:
                raise RowError(f"expected a number, found {quote(cell)}", "right_label")
            return value
        if self.kind == "multi":
            reader = label_reader("multi", "right_label", trim=True, max_labels=len(cell) + 1, separator=self.separator)
            names = reader.take(cell)
            assert isinstance(names, tuple)
            for name in names:
                if name not in self.names:
                    raise self._unknown(name, self.names)
            return names
        for each in (cell, self._as_path(cell)):
            if each in self.known:
                return self.known[each]
        raise self._unknown(cell, self.known)

    def _as_path(self, cell: str) -> str:
        if self.kind != "path":
            return cell
        try:
            reader = label_reader("path", "right_label", trim=True, max_labels=2, separator=self.separator)
            return str(reader.take(cell))
        except RowError:
            return cell

    def _unknown(self, name: str, known: Collection[str]) -> RowError:
        return RowError(
            f"expected a label that the data has, {quote_list(sorted(known), 5)}, found {quote(name)}"
            f"{suggest_nearest(name, known)}",
            "right_label",
        )


def apply_fixes(splits: Mapping[SplitName, Examples], fixes: Sequence[Fix], cells: LabelCells) -> FixedExamples:
    """Apply `fixes` to the `splits` as they were read; of one table the split of a fix does not count.

    Raises DataError, naming file, row and column, for a row that is not there, one whose text or label is another than
    when it was looked at, and a right label that no row has.
    """
    by_split: dict[SplitName, list[Fix]] = {name: [] for name in splits}
    for fix in fixes:
        by_split[split_of(fix, splits)].append(fix)
    found = dict(splits)
    relabelled: dict[SplitName, dict[int, bool]] = {name: {} for name in splits}
    dropped: dict[SplitName, int] = {}
    for name, some in by_split.items():
        if not some:
            continue
        examples = splits[name]
        labels, kept = list(examples.labels), np.ones(len(examples), bool)
        soft = {about: list(numbers) for about, numbers in examples.soft.items()}
        done: dict[int, Fix] = {}
        for fix in some:
            place = place_of(fix, examples)
            if (before := done.setdefault(place, fix)) is not fix:
                raise DataError(
                    f"{fix.place}, column 'row': expected one fix of row {fix.row}, found another before it, "
                    f"in {before.place.rpartition(', ')[2]}; leave one out"
                )
            if fix.drop:
                kept[place] = False
                looked_at = next((each for each in SPLITS if each == fix.split), name)
                dropped[looked_at] = dropped.get(looked_at, 0) + 1
                continue
            label = read_right_label(fix, cells)
            if label != labels[place]:
                relabelled[name][fix.row] = is_as_suggested(fix, label, cells)
            labels[place] = label
            for column in soft.values():  # of the label before
                column[place] = math.nan
        found[name] = select_examples(replace(examples, labels=labels, soft=soft), np.flatnonzero(kept).tolist())
    return FixedExamples(found, relabelled, dropped)


def is_as_suggested(fix: Fix, label: Label, cells: LabelCells) -> bool:
    """Whether the right `label` of `fix` is the one that the audit suggested."""
    if not fix.suggested:
        return False
    try:
        return cells.read(fix.suggested) == label
    except (RowError, DataError):
        return False


def split_of(fix: Fix, splits: Mapping[SplitName, Examples]) -> SplitName:
    """Return the table that `fix` is about. Raises DataError."""
    if len(splits) == 1:
        return next(iter(splits))
    for name in splits:
        if name == fix.split:
            return name
    raise DataError(
        f"{fix.place}, column 'split': expected one of {quote_list(list(splits))}, found {quote(fix.split)}"
    )


def place_of(fix: Fix, examples: Examples) -> int:
    """Return the place among `examples` of the row that `fix` is about. Raises DataError where it is not as it was."""
    place = int(np.searchsorted(examples.rows, fix.row))
    if place == len(examples) or int(examples.rows[place]) != fix.row:
        last = int(examples.rows[-1]) if len(examples) else 0
        raise DataError(
            f"{fix.place}, column 'row': expected a row of the data, found {fix.row}; the last one is {last}"
        )
    if (check := row_digest(examples.texts[place], examples.labels[place])) != fix.check:
        raise DataError(
            f"{fix.place}, column 'check': expected row {fix.row} as it was looked at, {quote(fix.check)}, found "
            f"another text or label now, {quote(check)}; leave this fix out, or audit again (textrnn audit)"
        )
    return place


def read_right_label(fix: Fix, cells: LabelCells) -> Label:
    """Return the right label of `fix`. Raises DataError where it is none of the data."""
    try:
        return cells.read(fix.right_label)
    except RowError as error:
        raise DataError(f"{fix.place}, column {error.column!r}: {error.reason}") from None
    except DataError as error:
        raise DataError(f"{fix.place}, column 'right_label': {error}") from None
