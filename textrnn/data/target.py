"""The target: its kind, its classes, labels as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from textrnn.config.data import TargetKind
from textrnn.errors import DataError

Label = str | int | float | tuple[str, ...]
UNLABELLED = "-1"  # how `datasets` and others write "no label" in a test split
KINDS: tuple[TargetKind, ...] = get_args(TargetKind)
RELATIVE_TOLERANCE = 1e-12  # numbers that differ by less than this share of the largest are equal
PATH_SEPARATOR = " > "  # the parts of a path, as it is shown
UNSEEN_LOGIT = -1e4  # the logit of a class without training examples: its probability is 0
Score = Literal["accuracy", "micro_f1", "r2"]


@dataclass(frozen=True)
class Target:
    """The kind of a target and, for kinds that have them, its classes in order.

    * `single`: each text has one of the classes, all str or all int.
    * `ordinal`: the same, and the classes stand in their order, the lowest first.
    * `path`: the same, and each class is a path from the general to the special, "banking > pin_change".
    * `multi`: each text has any number of the classes (str), none too.
    * `number`: each text has a number; there are no classes. `centre` and `scale` are its training mean and deviation.
    """

    kind: TargetKind
    classes: tuple[str | int, ...]
    centre: float = 0.0
    scale: float = 1.0

    @property
    def outputs(self) -> int:
        """The number of outputs of the head."""
        return 1 if self.kind == "number" else len(self.classes)

    @property
    def names(self) -> list[str]:
        """The names of the outputs for tables and plots: the classes, or "value"."""
        return ["value"] if self.kind == "number" else [str(label) for label in self.classes]

    @property
    def exclusive(self) -> bool:
        """Whether classes are mutually exclusive: each text has one, and probabilities sum to 1."""
        return self.kind in ("single", "ordinal", "path")

    @property
    def score(self) -> Score:
        """The name of the score, at most 1, that training reports with the loss."""
        return {"multi": "micro_f1", "number": "r2"}.get(self.kind, "accuracy")  # type: ignore[return-value]

    @cached_property
    def class_groupings(self) -> NDArray[np.int64]:
        """(L, C) int64: L ways to group the classes; row l has the number of the group of each class.

        An `ordinal` target has one at each of its C - 1 steps, a `path` target one at each level above the last; other
        kinds have none.
        """
        classes = len(self.classes)
        if self.kind == "ordinal":
            return (np.arange(classes)[None, :] > np.arange(classes - 1)[:, None]).astype(np.int64)
        if self.kind != "path":
            return np.zeros((0, classes), np.int64)
        parts = [path_parts(str(label)) for label in self.classes]
        levels = []
        for level in range(1, max(map(len, parts))):
            number: dict[tuple[str, ...], int] = {}
            levels.append([number.setdefault(path[:level], len(number)) for path in parts])
        return np.array(levels, np.int64).reshape(len(levels), classes)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON for `from_json`."""
        plain: dict[str, Any] = {"kind": self.kind, "classes": list(self.classes)}
        return plain | ({"centre": self.centre, "scale": self.scale} if self.kind == "number" else {})

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Target:
        """Return the target that `to_json` described. Raises DataError if it is invalid."""
        kind, classes = value.get("kind"), value.get("classes")
        if kind not in KINDS:
            raise DataError(f"target kind: expected one of {', '.join(KINDS)}, found {str(kind)[:80]!r}")
        if not isinstance(classes, list) or not (_all(classes, str) or (_all(classes, int) and kind != "multi")):
            raise DataError("target classes: expected a list of strings or of integers")
        if len(set(classes)) != len(classes):
            raise DataError("target classes: a class is listed twice")
        if kind == "number":
            centre, scale = value.get("centre"), value.get("scale")
            if classes or not _is_number(centre) or not _is_number(scale) or not cast(float, scale) > 0:
                raise DataError("target: expected no classes, a finite centre and a scale above 0 for the kind number")
            return Target(kind, (), float(cast(float, centre)), float(cast(float, scale)))
        return Target(kind, tuple(classes))


def single_target(labels: Iterable[Label]) -> Target:
    """Return the `single` target whose classes are the sorted unique `labels`.

    Raises DataError if there are fewer than two, or both strings and integers.
    """
    return Target("single", _distinct(labels))


def target_of(kind: TargetKind, labels: Sequence[Label], order: Sequence[str] = ()) -> Target:
    """Return the target of this `kind` for the training `labels` (N); `order` lists the classes of an ordinal target,
    or of a `multi` target if `labels` do not contain them all.

    Raises DataError for fewer than two classes, numbers that are all equal, and an order that is missing or incomplete.
    """
    if kind == "number":
        values = np.asarray(labels, np.float64)
        scale = float(values.std()) if len(values) else 0.0
        if not scale > RELATIVE_TOLERANCE * float(np.abs(values).max(initial=0)):
            if len(labels) and values.min() < values.max():
                close = f"{float(values.min())!r} to {float(values.max())!r}, too close together for their size"
                raise DataError(f"labels: expected different numbers, found {close}; subtract their mean")
            raise DataError(f"labels: expected different numbers, found {labels[0] if len(labels) else 'none'} alone")
        return Target("number", (), float(values.mean()), scale)
    if kind == "multi":
        every = {name for label in labels for name in cast(tuple[str, ...], label)}
        if not every:
            raise DataError("labels: expected a label on some of the rows, found none on any; is it the right column?")
        return Target("multi", tuple(order) or tuple(sorted(every)))
    classes = _distinct(labels)
    return Target(kind, _in_order(classes, order) if kind == "ordinal" else classes)


def encode_labels(target: Target, labels: Sequence[Label]) -> NDArray[Any]:
    """Encode `labels` (N) as an array: class numbers (N,) int64; an indicator (N, C) float32 for `multi`; the numbers
    (N,) float64 for `number`. Raises DataError for a label that is not a class.
    """
    if target.kind == "number":
        return np.asarray(labels, dtype=np.float64)
    number: dict[object, int] = {label: i for i, label in enumerate(target.classes)}
    try:
        if target.kind == "multi":
            members = np.zeros((len(labels), len(target.classes)), np.float32)
            for row, label in enumerate(labels):
                members[row, [number[name] for name in cast(tuple[str, ...], label)]] = 1
            return members
        return np.fromiter((number[label] for label in labels), dtype=np.int64, count=len(labels))
    except KeyError as error:
        known = ", ".join(map(repr, target.classes[:10])) + (", ..." if len(target.classes) > 10 else "")
        raise DataError(f"label {error.args[0]!r}: expected one of the classes {known}") from None


def decode_labels(target: Target, codes: NDArray[Any]) -> list[Label]:
    """Return the labels (N) that `encode_labels` encoded."""
    if target.kind == "number":
        return [float(value) for value in codes]
    if target.kind == "multi":
        names = target.names
        return [tuple(names[c] for c in np.flatnonzero(row)) for row in codes]
    return [target.classes[int(code)] for code in codes]


def unseen_classes(target: Target, *labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Return a mask (C,) bool of classes that do not occur in the encoded `labels`, or targets (N, C)."""
    unseen = np.full(target.outputs, target.kind != "number")
    for some in labels if target.kind != "number" else ():
        unseen[(some > 0).any(axis=0) if some.ndim == 2 else np.unique(some)] = False
    return unseen


def strata_of(target: Target, labels: Sequence[Label]) -> Sequence[str | int]:
    """Return the strata (N) of a split: the labels; for `multi` each text's rarest label; for `number` its decile."""
    if target.kind == "number":
        values = np.asarray(labels, np.float64)
        tenths = np.quantile(values, np.arange(1, 10) / 10)
        return cast(list[int], np.searchsorted(tenths, values, side="right").tolist())
    if target.kind == "multi":
        members = encode_labels(target, labels)
        rarest = np.where(members > 0, members.sum(axis=0), np.inf).argmin(axis=1)
        return cast(list[int], np.where(members.any(axis=1), rarest, -1).tolist())
    return cast(Sequence[str | int], labels)


def path_parts(path: str) -> tuple[str, ...]:
    """Return the parts of a path, the general one first.

    >>> path_parts("banking > pin_change")
    ('banking', 'pin_change')
    """
    return tuple(path.split(PATH_SEPARATOR))


def _distinct(labels: Iterable[Label]) -> tuple[str | int, ...]:
    found = set(labels)
    if not (_all(found, str) or _all(found, int)):
        raise DataError("labels: expected all strings or all integers, found both; write them one way")
    if len(found) < 2:
        only = f"only {next(iter(found))!r} (1 class)" if found else "none"
        raise DataError(f"labels: expected at least two classes, found {only}; a classifier needs two")
    return tuple(sorted(cast(set[str], found)))


def _in_order(classes: tuple[str | int, ...], order: Sequence[str]) -> tuple[str | int, ...]:
    """Return the classes of an ordinal target, the lowest first: as in `order`, or sorted if each is a number."""
    if order:
        by_name = {str(label): label for label in classes}
        if missing := [name for name in by_name if name not in order]:
            raise DataError(f"labels: expected one of data.classes ({', '.join(order)}), found {missing[0]!r}")
        return tuple(by_name.get(name, name if isinstance(classes[0], str) else _integer(name)) for name in order)
    try:
        return tuple(sorted(classes, key=float))
    except ValueError:
        odd = next(label for label in classes if not _is_numeral(str(label)))
        raise DataError(
            f"labels: expected numbers, or their order, found {odd!r}; name all of them, the lowest first: "
            'data.classes = ["bad", "fair", "good"]'
        ) from None


def _integer(name: str) -> int:
    try:
        return int(name)
    except ValueError:
        raise DataError(f"data.classes: expected integers as the labels are, found {name!r}") from None


def _is_numeral(text: str) -> bool:
    try:
        return float(text) == float(text)
    except ValueError:
        return False


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and bool(np.isfinite(value))


def _all(values: Iterable[object], kind: type) -> bool:
    return all(isinstance(value, kind) and not isinstance(value, bool) for value in values)
