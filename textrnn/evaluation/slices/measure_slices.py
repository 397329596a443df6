"""The score of each slice against that of the other rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.data import TargetKind
from textrnn.evaluation.slices.column_groups import group_by_column
from textrnn.evaluation.slices.group import Group
from textrnn.evaluation.slices.search import find_slices
from textrnn.evaluation.slices.significance import compare_group, holm
from textrnn.evaluation.slices.text_groups import group_by_length, group_by_script, group_by_unknown
from textrnn.evaluation.slices.word_groups import choose_words, group_by_word, words_of
from textrnn.metrics.significance import SIGNIFICANCE_LEVEL

MIN_ROWS = 20  # rows of a slice
MARGIN = 0.05  # of a share that is right; of a mean absolute error, as a share of it
MARGIN_OF_ERROR = 0.15
MAX_ROWS = 20_000  # whose words are looked at, evenly spaced
SCORES: Mapping[TargetKind, str] = {"multi": "exact_match", "number": "mean_absolute_error"}


@dataclass(frozen=True)
class SliceRows:
    """N rows with the error of each prediction: 0 or 1, or a distance. `columns` are those to slice by."""

    texts: Sequence[str]
    lengths: NDArray[np.int64]
    unknown: NDArray[np.float64]
    errors: NDArray[np.float64]
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def measure_slices(scored: SliceRows, kind: TargetKind, searched: SliceRows | None = None) -> dict[str, Any]:
    """Return the `score` that is compared, and the `rows`: one a slice, the largest difference first.

    Slices are groups by length, share of unknown tokens, script and columns; words and pairs of groups are found on the
    `searched` rows (of validation) and tested on the scored ones, so that a search cannot find chance. p-values are
    corrected for the number of slices (Holm). A slice is `weak` if its p-value is below 0.05, it has 20 rows or more,
    and its score is worse by 0.05, or an error by 15 %.
    """
    groups = _groups(scored)
    if searched is not None and len(searched.texts) >= MIN_ROWS:
        groups += _find(scored, searched, groups)
    groups = [group for group in groups if MIN_ROWS <= int(group.members.sum()) < len(scored.errors)]
    corrected = holm([compare_group(scored.errors, group.members) for group in groups])
    rows = [_row(scored.errors, group, p, kind) for group, p in zip(groups, corrected, strict=True)]
    rows.sort(key=lambda row: (not row["weak"], row["p_value"], -row["count"]))
    return {"score": SCORES.get(kind, "accuracy"), "rows": rows}


def _groups(rows: SliceRows) -> list[Group]:
    found = group_by_length(rows.lengths) + group_by_unknown(rows.unknown) + group_by_script(rows.texts)
    for name, cells in rows.columns.items():
        found += group_by_column(name, cells)
    return found


def _find(scored: SliceRows, searched: SliceRows, known: Sequence[Group]) -> list[Group]:
    """The slices found on `searched` rows, as groups of the scored ones; not those that are `known` anyway."""
    read = [words_of(text) for text in searched.texts]
    words = choose_words(read)
    there = _groups(searched) + group_by_word(read, words)
    names = {group.name: group for group in known}
    names |= {group.name: group for group in group_by_word([words_of(text) for text in scored.texts], words)}
    found = []
    for places in find_slices(there, searched.errors, MIN_ROWS):
        parts = [names[there[i].name] for i in places if there[i].name in names]
        if len(parts) < len(places) or (len(parts) == 1 and parts[0] in known):
            continue
        members = np.logical_and.reduce([part.members for part in parts])
        found.append(Group(" and ".join(dict.fromkeys(part.kind for part in parts)), _joined(parts), members))
    return found


def _joined(parts: Sequence[Group]) -> str:
    return " and ".join(part.name for part in parts)


def _row(errors: NDArray[np.float64], group: Group, p_value: float, kind: TargetKind) -> dict[str, Any]:
    inside, outside = float(errors[group.members].mean()), float(errors[~group.members].mean())
    if kind == "number":
        worse = inside - outside > MARGIN_OF_ERROR * outside
        value, other = inside, outside
    else:
        worse = inside - outside >= MARGIN
        value, other = 1 - inside, 1 - outside
    return {
        "kind": group.kind,
        "name": group.name,
        "count": int(group.members.sum()),
        "value": value,
        "other": other,
        "difference": value - other,
        "p_value": p_value,
        "weak": bool(worse and p_value < SIGNIFICANCE_LEVEL),
    }
