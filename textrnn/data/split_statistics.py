"""Statistics of the splits: rows, classes, lengths, duplicate texts."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.examples import Examples, SplitName
from textrnn.data.row_names import RowNames, first_conflict
from textrnn.data.target import Label, Target, encode_labels

_AT_ONCE = 4096  # texts that stay in the processor's cache while they are looked at

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class _Texts:
    """N texts as numbers (N,), equal for equal texts, their lengths (N,), and the count of blank ones."""

    numbers: Numbers
    lengths: Numbers
    blank: int


def count_texts(splits: Mapping[SplitName, Examples], target: Target, *, separate: bool = False) -> dict[str, Any]:
    """Return `splits`, `shared`, `conflicting_texts` and `named` of the data check (see `textrnn.data.data_check`).

    The result is plain JSON. Row names include the split where the splits were `separate` as separate files.
    """
    known: dict[str, int] = {}
    found = {name: _number_texts(examples, known) for name, examples in splits.items()}
    names = RowNames(splits, separate)
    conflicting, pair = _count_conflicting(splits, found)
    return {
        "splits": {name: _describe(examples, target, found[name]) for name, examples in splits.items()},
        "shared": _find_shared(found),
        "conflicting_texts": conflicting,
        "named": {
            "conflicting": names.places(pair),
            "blank": names.blank() if any(texts.blank for texts in found.values()) else [],
            "shared": {
                f"{first}-{second}": [names.name(second, row), names.name(first, same)]
                for first, second in itertools.combinations(found, 2)
                for row, same in _first_shared(found[first].numbers, found[second].numbers)
            },
        },
    }


def _number_texts(examples: Examples, known: dict[str, int]) -> _Texts:
    """Number the texts, adding new ones to `known`. Texts are scattered in memory, so each is read once."""
    texts = examples.texts
    numbers, lengths = np.empty(len(texts), np.int64), np.empty(len(texts), np.int64)
    blank = 0
    for start in range(0, len(texts), _AT_ONCE):
        some = texts[start : start + _AT_ONCE]
        here = slice(start, start + len(some))
        numbers[here] = [known.setdefault(text, len(known)) for text in some]
        lengths[here] = [len(text) for text in some]
        blank += sum(map(examples.is_blank, some))
    return _Texts(numbers, lengths, blank)


def _describe(examples: Examples, target: Target, texts: _Texts) -> dict[str, Any]:
    return {
        "rows": len(examples),
        **_describe_labels(examples.labels, target),
        "empty": texts.blank,
        "duplicates": len(examples) - _count_different(texts.numbers),
        "characters": _summarise(texts.lengths),
    }


def _describe_labels(labels: Sequence[Label], target: Target) -> dict[str, Any]:
    """Return `classes`: rows per class; for `multi` also rows without a label, for `number` a summary of the values."""
    if target.kind == "number":
        values = np.asarray(labels, np.float64)
        found = {"min": values.min(), "mean": values.mean(), "deviation": values.std(), "max": values.max()}
        return {"classes": {}, "numbers": {name: round(float(value), 6) for name, value in found.items()}}
    if target.kind == "multi":
        members = encode_labels(target, labels)
        counts = members.sum(axis=0).astype(np.int64).tolist()
        without = int((~members.any(axis=1)).sum())
        return {"classes": dict(zip(target.names, counts, strict=True)), "without_label": without}
    counted = Counter(labels)
    return {"classes": {str(label): counted[label] for label in target.classes}}


def _summarise(lengths: Numbers) -> dict[str, int | float]:
    """Summarise `lengths`. Quantiles are lengths that occur (the lower of two middle ones), so they stay integers."""
    ordered = np.sort(lengths)

    def at(share: float) -> int:
        return int(ordered[max(0, math.ceil(share * len(ordered)) - 1)])

    mean = round(int(ordered.sum()) / len(ordered), 1)
    return {"min": int(ordered[0]), "median": at(0.5), "mean": mean, "p95": at(0.95), "max": int(ordered[-1])}


def _find_shared(texts: Mapping[SplitName, _Texts]) -> dict[str, dict[str, int | float]]:
    found: dict[str, dict[str, int | float]] = {}
    for first, second in itertools.combinations(texts, 2):
        rows = int(np.isin(texts[second].numbers, texts[first].numbers).sum())
        found[f"{first}-{second}"] = {"rows": rows, "share": round(rows / len(texts[second].numbers), 6)}
    return found


def _first_shared(first: Numbers, second: Numbers) -> list[tuple[int, int]]:
    """Return the first row of `second` whose text is also in `first`, and its row there; [] if there is none."""
    shared = np.flatnonzero(np.isin(second, first))[:1].tolist()
    return [(row, int(np.flatnonzero(first == second[row])[0])) for row in shared]


def _count_conflicting(
    splits: Mapping[SplitName, Examples], texts: Mapping[SplitName, _Texts]
) -> tuple[int, list[int]]:
    """Return the count of texts with two different labels, and two rows of the first such text."""
    numbers = np.concatenate([found.numbers for found in texts.values()])
    codes: dict[Label, int] = {}
    every = itertools.chain.from_iterable(examples.labels for examples in splits.values())
    labels = np.fromiter((codes.setdefault(label, len(codes)) for label in every), dtype=np.int64, count=len(numbers))
    last = np.zeros(len(numbers), dtype=np.int64)
    last[numbers] = labels  # one label per text: a row with another label conflicts
    return _count_different(numbers[labels != last[numbers]]), first_conflict(numbers, labels, last)


def _count_different(numbers: Numbers) -> int:
    return int(np.count_nonzero(np.bincount(numbers)))  # np.unique takes a hundred times as long
