"""The rows that an audit lists, each with its reasons in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.auditing.audit import KINDS, AuditRow, Kind
from textrnn.auditing.label_errors import LabelErrors
from textrnn.auditing.neighbours import LabelConflict
from textrnn.auditing.outliers import Outliers
from textrnn.auditing.rows import Rows
from textrnn.data.label_text import label_text
from textrnn.data.readers.wording import quote
from textrnn.data.row_digest import row_digest
from textrnn.data.target import Label, decode_labels

MAX_TEXT_LENGTH = 2_000  # characters of a text


@dataclass(frozen=True)
class AuditFindings:
    """What was found about each of N rows, by row number or as masks (N,); `scores` (N, C) are those out of fold."""

    errors: LabelErrors
    scores: NDArray[np.float64]
    conflicts: Mapping[int, LabelConflict]
    leaks: Mapping[int, int]
    outliers: Outliers
    blank: NDArray[np.bool_]


def list_rows(rows: Rows, found: AuditFindings) -> tuple[AuditRow, ...]:
    """List the rows for which anything was found: the gravest kind first, then by score, then in their order."""
    wanted = found.errors.flagged | found.outliers.found | found.blank
    numbers = sorted({*np.flatnonzero(wanted).tolist(), *found.conflicts, *found.leaks})
    listed = [_row(rows, found, row) for row in numbers]
    return tuple(sorted(listed, key=lambda row: (KINDS.index(row.kinds[0]), -row.score)))


def _row(rows: Rows, found: AuditFindings, row: int) -> AuditRow:
    examples, at = rows.place(row)
    reasons = list(_reasons(rows, found, row))
    text, label = examples.texts[at], examples.labels[at]
    return AuditRow(
        row=int(examples.rows[at]),
        split=rows.names[rows.split[row]],
        id=examples.ids[at] if examples.ids else "",
        text=text if len(text) <= MAX_TEXT_LENGTH else text[: MAX_TEXT_LENGTH - 1] + "…",
        label=label,
        suggested=_suggest(rows, found, row),
        score=round(float(found.errors.scores[row]), 4),
        kinds=tuple(kind for kind, _ in reasons),
        reasons=tuple(reason for _, reason in reasons),
        check=row_digest(text, label),
    )


def _suggest(rows: Rows, found: AuditFindings, row: int) -> Label | None:
    """What the models predict of a suspicious label, else what most near-duplicates have."""
    if found.errors.flagged[row]:
        return _expected(rows, found, row)
    conflict = found.conflicts.get(row)
    return conflict.majority if conflict else None


def _expected(rows: Rows, found: AuditFindings, row: int) -> Label:
    expected = decode_labels(rows.corpus.target, found.errors.expected[row : row + 1])[0]
    return float(f"{expected:.4g}") if isinstance(expected, float) else expected


def _reasons(rows: Rows, found: AuditFindings, row: int) -> Iterator[tuple[Kind, str]]:
    if found.errors.flagged[row]:
        yield "label", _disagreement(rows, found, row)
    if conflict := found.conflicts.get(row):
        yield (
            "conflict",
            f"{rows.name(conflict.other)} is a near-duplicate labelled {_quoted(rows.label(conflict.other))}",
        )
    if row in found.leaks:
        yield "leak", f"{rows.name(found.leaks[row])} is a near-duplicate in another split"
    if found.outliers.found[row]:
        yield "outlier", _rarity(found.outliers, row)
    if found.blank[row]:
        yield "empty", "no visible character"


def _rarity(outliers: Outliers, row: int) -> str:
    """How rare the words of an outlier are, against those of a usual text."""
    own, usual = (f"{texts:.{1 if texts < 10 else 0}f}" for texts in (float(outliers.texts[row]), outliers.usual))
    return (
        f"its words are rare: one stands in {own} of {len(outliers.found):,} texts on average, one of a usual text in "
        f"{usual}"
    )


def _disagreement(rows: Rows, found: AuditFindings, row: int) -> str:
    """What the models say instead of a label."""
    target, code, scores = rows.corpus.target, rows.codes[row], found.scores[row]
    if target.kind == "number":
        return f"the models predict {label_text(_expected(rows, found, row))}"
    if target.kind == "multi":
        changed = np.flatnonzero((code > 0) != (found.errors.expected[row] > 0)).tolist()
        return ", ".join(
            f"{quote(target.names[c])} is {'unlikely' if code[c] else 'missing'} ({scores[c]:.2f})" for c in changed
        )
    expected = int(found.errors.expected[row])
    return (
        f"the models predict {quote(target.names[expected])} ({scores[expected]:.2f}), "
        f"not {quote(target.names[int(code)])} ({scores[int(code)]:.2f})"
    )


def _quoted(label: Label) -> str:
    return label_text(label) if isinstance(label, (int, float)) else quote(label_text(label))
