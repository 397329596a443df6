"""What is predicted: the kind of the target, its classes, and labels as class numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from textrnn.errors import DataError

Label = str | int
TargetKind = Literal["single", "multi", "number", "ordinal", "path"]
UNLABELLED = "-1"  # how `datasets` and others write "no label" in a test split
KINDS_BUILT: tuple[TargetKind, ...] = ("single",)


@dataclass(frozen=True)
class Target:
    """The kind of a target and, for kinds that have them, its classes in order.

    `classes` are labels as they came, str or int (never both); class number i is `classes[i]`.
    """

    kind: TargetKind
    classes: tuple[Label, ...]

    @property
    def outputs(self) -> int:
        """How many numbers a head must give for one example."""
        return len(self.classes)

    @property
    def names(self) -> list[str]:
        """The classes as text, for tables and plots."""
        return [str(label) for label in self.classes]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON from which `from_json` makes an equal target."""
        return {"kind": self.kind, "classes": list(self.classes)}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Target:
        """The target that `to_json` described. Raises DataError where it is not one."""
        kind, classes = value.get("kind"), value.get("classes")
        if kind not in KINDS_BUILT:
            raise DataError(f"target kind: expected one of {', '.join(KINDS_BUILT)}, found {kind!r}")
        if not isinstance(classes, list) or not (_all(classes, str) or _all(classes, int)):
            raise DataError("target classes: expected a list of strings or of integers")
        if len(set(classes)) != len(classes):
            raise DataError("target classes: a class is listed twice")
        return Target(kind, tuple(classes))


def single_target(labels: Sequence[Label]) -> Target:
    """The `single` target whose classes are the distinct `labels`, sorted.

    Raises DataError if there are fewer than two, or strings and integers together.
    """
    found = set(labels)
    if not (_all(found, str) or _all(found, int)):
        raise DataError("labels: expected all strings or all integers, found both; write them one way")
    if len(found) < 2:
        only = f"only {next(iter(found))!r}" if found else "none"
        raise DataError(f"labels: expected at least two classes, found {only}; a classifier has nothing to tell apart")
    return Target("single", tuple(sorted(found)))


def encode_labels(target: Target, labels: Sequence[Label]) -> NDArray[np.int64]:
    """Class numbers (N,) of `labels` (N). Raises DataError for a label that is no class."""
    number = {label: i for i, label in enumerate(target.classes)}
    try:
        return np.fromiter((number[label] for label in labels), dtype=np.int64, count=len(labels))
    except KeyError as error:
        known = ", ".join(map(repr, target.classes[:10])) + (", ..." if len(target.classes) > 10 else "")
        raise DataError(f"label {error.args[0]!r}: expected one of the classes {known}") from None


def decode_labels(target: Target, codes: NDArray[np.int64]) -> list[Label]:
    """The labels (N) of class numbers (N,)."""
    return [target.classes[int(code)] for code in codes]


def _all(values: Sequence[object] | set[Label], kind: type) -> bool:
    return all(isinstance(value, kind) and not isinstance(value, bool) for value in values)
