"""Labels that are not among the training classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from textrnn.data.examples import Examples
from textrnn.data.readers.wording import quote, quote_list, suggest_nearest
from textrnn.data.row_names import name_row
from textrnn.data.target import Label, Target, target_of
from textrnn.errors import DataError, RowError


def require_known(examples: Examples, target: Target, split: str) -> Target:
    """Return the target extended by labels that occur in the test split alone, which no model can predict.

    Raises DataError for labels of another type than in training, and for a new label in validation.
    """
    new: dict[str | int, None] = {}
    for example, name in find_new_classes(examples.labels, target):
        try:
            if split != "test":
                raise unknown_label(name, target)
            new[_new_class(name, target)] = None
        except RowError as error:
            raise DataError(f"{split} split, {name_row(examples, example)}: {error.reason}") from None
    return add_classes(target, list(new))


def find_new_classes(labels: Sequence[Label], target: Target) -> list[tuple[int, str | int]]:
    """Return (row from 0, name) for each of the `labels` (N), or part of one, that is not a class."""
    if target.kind == "number":
        return []
    classes = set(target.classes)
    return [
        (example, name)  # type: ignore[misc]
        for example, label in enumerate(labels)
        for name in (label if isinstance(label, tuple) else (label,))
        if name not in classes
    ]


def as_classes(labels: Sequence[Label], target: Target) -> tuple[list[Label], Target]:
    """Convert labels (N) to the type of the model's classes (a CSV file has "1" where JSON Lines had 1).

    Returns the labels and the target. If the classes are integers and a label is not, both become strings.
    """
    if not target.exclusive:
        return list(labels), target
    by_name: dict[str, Label] = {str(label): label for label in target.classes}
    found = [by_name.get(str(label), label) for label in labels]
    if all(type(label) is type(target.classes[0]) for label in found):
        return found, target
    if isinstance(target.classes[0], int):
        numbers = [_as_integer(label) for label in found]
        if None not in numbers:
            return [number for number in numbers if number is not None], target
        return [str(label) for label in found], replace(target, classes=tuple(map(str, target.classes)))
    return [str(label) for label in found], target


def find_invalid_labels(labels: Sequence[Label], target: Target) -> dict[int, RowError]:
    """Return the error of each of the `labels` (N), by row, that has no place in the order of an ordinal target."""
    found: dict[int, RowError] = {}
    for example, name in find_new_classes(labels, target):
        try:
            _new_class(name, target)
        except RowError as error:
            found[example] = error
    return found


def add_classes(target: Target, new: Sequence[str | int]) -> Target:
    """Return the target extended by the `new` classes."""
    if not new:
        return target
    classes = [*target.classes, *new]
    if target.kind == "multi":
        return Target("multi", tuple(sorted(map(str, classes))))
    return target_of(target.kind, classes)


def unknown_label(label: Label, target: Target) -> RowError:
    """Return the error for a label that is not one of the classes."""
    return RowError(
        f"expected a label that the training split has, found {quote(label)}; "
        f"its classes are {quote_list(target.classes)}{suggest_nearest(str(label), target.names)}"
    )


def _new_class(label: str | int, target: Target) -> str | int:
    """Return `label` as a new class. Raises RowError if the target cannot have it."""
    if type(label) is not type(target.classes[0]):
        kinds = {str: "a string", int: "an integer"}
        came, expected = kinds[type(label)], kinds[type(target.classes[0])]
        raise RowError(
            f"expected {expected} as label as in the training split, found {came} {quote(label)}; write the labels "
            "one way"
        )
    if target.kind == "ordinal" and not all(map(_says_where, (label, *target.classes))):
        raise unknown_label(label, target)
    return label


def _as_integer(label: Label) -> int | None:
    try:
        return int(str(label))
    except ValueError:
        return None


def _says_where(label: Label) -> bool:
    """Whether an ordinal label defines its own place in the order."""
    try:
        return math.isfinite(float(label))  # type: ignore[arg-type]
    except ValueError:
        return False
