"""`Audit`: the rows whose labels or texts look wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from textrnn.data.examples import SplitName
from textrnn.data.target import Label
from textrnn.storage.files import read_json, write_json

FORMAT = 1
# what a row can be listed for, the gravest first: a label that is probably wrong; a near-duplicate with another label;
# a near-duplicate in a split that training sees; words unlike all others; no visible character
Kind = Literal["label", "conflict", "leak", "outlier", "empty"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class AuditRow:
    """A row that a person should look at.

    `row` is its number in the source, from 1, `split` the split it is in, `id` what identifies it ("" without an id
    column); `text` is cut to 2,000 characters. `label` is what it has, `suggested` what it probably should have, None
    where nothing is suggested. `score` says how likely the label is wrong, 0 to 1 (of a number: how many robust
    standard deviations it is off). `kinds` are what it is listed for, the gravest first, `reasons` the same
    in words. `check` identifies text and label: a fix of this row is refused where either is another by then.
    """

    row: int
    split: SplitName
    id: str
    text: str
    label: Label
    suggested: Label | None
    score: float
    kinds: tuple[Kind, ...]
    reasons: tuple[str, ...]
    check: str

    @property
    def index(self) -> int:
        """The place of the text among those in memory, from 0."""
        return self.row - 1


@dataclass(frozen=True)
class Audit:
    """The rows to look at, those first whose label is most likely wrong, and the `summary` of all rows as plain JSON
    (see `textrnn.auditing.summary`).
    """

    rows: tuple[AuditRow, ...]
    summary: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the audit as plain JSON."""
        return {"format": FORMAT, "summary": dict(self.summary), "rows": [_to_json(row) for row in self.rows]}

    def save(self, folder: Path) -> None:
        """Write `audit.json` into `folder`; equal audits give equal bytes."""
        write_json(folder / "audit.json", self.to_json())

    @staticmethod
    def load(folder: Path) -> Audit:
        """Return the audit that `save` wrote into `folder`. Raises OSError, ValueError."""
        about = read_json(folder / "audit.json")
        return Audit(tuple(_from_json(row) for row in about["rows"]), about["summary"])


def _to_json(row: AuditRow) -> dict[str, Any]:
    return asdict(row)


def _from_json(row: Mapping[str, Any]) -> AuditRow:
    labels = {name: _label(row[name]) for name in ("label", "suggested")}
    return AuditRow(**{**row, **labels, "kinds": tuple(row["kinds"]), "reasons": tuple(row["reasons"])})


def _label(value: Any) -> Any:
    """Return a label from JSON, which has lists for tuples."""
    return tuple(value) if isinstance(value, list) else value
