"""Label cells as labels, checked by what each kind of target accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from textrnn.config.data import TargetKind
from textrnn.data.cell_parsing import MAX_NUMBER, as_number
from textrnn.data.readers.list_cells import parse_list
from textrnn.data.readers.wording import count, quote
from textrnn.data.target import PATH_SEPARATOR, Label
from textrnn.errors import DataError, RowError

_BEGIN_LISTS = tuple("[({afnlst")  # a bracket, or the words before one: array, frozenset, np.array, list, set, tuple
_KIND = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


class LabelReader(Protocol):
    """Takes cell after cell; `trimmed` counts labels that lost the whitespace around them."""

    trimmed: int

    def take(self, cell: object) -> Label:
        """The label in `cell`. Raises RowError where it is none, DataError where it does not fit the other labels."""


def label_reader(
    kind: TargetKind, column: str, *, trim: bool, max_labels: int, separator: str | None = None
) -> LabelReader:
    """What reads the labels of a target of this `kind`; `column` names them in errors, which do not name the row.

    `separator` parts the labels of a `multi` text (else a comma) or the parts of a path (else >).
    """
    match kind:
        case "single" | "ordinal":
            return ClassLabelReader(column, trim, max_labels)
        case "path":
            return PathLabelReader(column, trim, max_labels, separator=separator or PATH_SEPARATOR.strip())
        case "multi":
            return LabelSetReader(column, max_labels, separator or ",")
        case "number":
            return NumberLabelReader(column)


@dataclass
class ClassLabelReader:
    """Labels of one class each, every one held once: all strings or all integers."""

    column: str
    trim: bool
    max_labels: int
    trimmed: int = 0
    known: dict[object, Label] = field(default_factory=dict)

    def take(self, cell: object) -> Label:
        """The label in `cell`. Raises RowError where it is none, DataError where it does not fit the other labels."""
        if type(cell) in (str, int) and cell in self.known:
            return self.known[cell]
        label = self.read(cell)
        if label not in self.known:
            self._add(label)
        return self.known[label]

    def read(self, cell: object) -> Label:
        """A cell that was not met before."""
        label = _as_label(cell, self.trim, self.column)
        self.trimmed += bool(label != cell)
        return label

    def _add(self, label: Label) -> None:
        first = next(iter(self.known.values()), label)
        if type(first) is not type(label):
            raise DataError(
                "expected labels all strings or all integers, "
                f"found {quote(first)} and then {quote(label)}; write them one way"
            )
        self.known[label] = label
        _require_few(self.known, self.max_labels, self.column)


@dataclass
class PathLabelReader(ClassLabelReader):
    """Paths, the general part first, written one way: "banking > pin_change"."""

    separator: str = ">"

    def read(self, cell: object) -> Label:
        """A path as a string with separators, or as a list of its parts."""
        given = _parts_of(cell, self.separator, self.column) if isinstance(cell, str) else cell
        if not isinstance(given, (list, tuple)) or not given:
            raise RowError(f"expected a path, a string or a list of strings, found {describe(cell)}", self.column)
        parts = [_as_name(part, self.column) for part in given]
        if PATH_SEPARATOR.strip() != self.separator and any(PATH_SEPARATOR in part for part in parts):
            raise RowError(f"expected parts without {quote(PATH_SEPARATOR)}, found {quote(cell)}", self.column)
        return PATH_SEPARATOR.join(parts)


@dataclass
class LabelSetReader:
    """Any number of labels a text, in code point order: a list of strings, or one string with separators."""

    column: str
    max_labels: int
    separator: str
    trimmed: int = 0
    known: dict[str, str] = field(default_factory=dict)
    sets: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    def take(self, cell: object) -> Label:
        """The labels in `cell`, none where it is empty. Raises RowError, DataError."""
        if isinstance(cell, str):
            cell = _parts_of(cell, self.separator, self.column) if cell.strip() else []
        if not isinstance(cell, (list, tuple, set, frozenset)):
            raise RowError(f"expected labels, a list of strings or one string, found {describe(cell)}", self.column)
        names = {self.known.setdefault(name, name) for name in (_as_name(part, self.column) for part in cell)}
        _require_few(self.known, self.max_labels, self.column)
        found = tuple(sorted(names))
        return self.sets.setdefault(found, found)


@dataclass
class NumberLabelReader:
    """Finite numbers, as numbers or as digits."""

    column: str
    trimmed: int = 0

    def take(self, cell: object) -> Label:
        """The number in `cell`. Raises RowError where it is none."""
        value = as_number(cell)
        if value is None:
            raise RowError(
                f"expected a number from -{MAX_NUMBER:g} to {MAX_NUMBER:g}, found {describe(cell)}; remove the row or "
                "fill it in",
                self.column,
            )
        return value


def _parts_of(cell: str, separator: str, column: str) -> list[str]:
    """The labels in one string: those of a list that is written into it, else what stands between separators."""
    if cell.strip()[0:1] not in _BEGIN_LISTS:
        return cell.split(separator)
    try:
        found = parse_list(cell)
    except RowError as error:
        raise RowError(error.reason, column) from None
    return cell.split(separator) if found is None else found


def describe(cell: object) -> str:
    """A cell and what kind of thing it is."""
    if isinstance(cell, bytes):
        return f"bytes that are not UTF-8, {quote(cell)}"
    return f"{_KIND[type(cell)]} {quote(cell)}" if type(cell) in _KIND else quote(cell)


def _require_few(known: Sequence[str] | dict[object, Label] | dict[str, str], max_labels: int, column: str) -> None:
    if len(known) > max_labels:
        raise DataError(
            f"expected at most {count(max_labels, 'class')}, found more; "
            f"is {quote(column)} the label column? if so, --allow-many-labels, or raise data.max_labels"
        )


def _as_label(cell: object, trim: bool, column: str) -> str | int:
    if isinstance(cell, (bool, np.bool_)) or not isinstance(cell, (str, int, np.integer)):
        found = "none (null)" if cell is None else describe(cell) + _hint(cell)
        raise RowError(f"expected a label, a string or an integer, found {found}", column)
    if not isinstance(cell, str):
        if not -(2**63) <= int(cell) < 2**63:
            raise RowError("expected an integer label of at most 64 bits, found a larger one", column)
        return int(cell)
    return _whole(str(cell.strip() if trim else cell), column)


def _hint(cell: object) -> str:
    """What to do about a cell that another kind of target would take."""
    if isinstance(cell, (list, tuple)):
        return '; for several labels per text use data.target = "multi"'
    if isinstance(cell, float):
        return '; to predict numbers use data.target = "number"'
    return ""


def _as_name(part: object, column: str) -> str:
    """One of several labels, or a part of a path: a string, without the whitespace around it."""
    if not isinstance(part, str):
        raise RowError(f"expected strings, found {describe(part)} among them", column)
    return _whole(part.strip(), column)


def _whole(label: str, column: str) -> str:
    if not label.strip():
        raise RowError("expected a label, found an empty one; remove the row or fill it in", column)
    try:
        label.encode("utf-8")
    except UnicodeEncodeError:
        raise RowError("expected a label of valid Unicode, found a lone surrogate in it", column) from None
    return label
