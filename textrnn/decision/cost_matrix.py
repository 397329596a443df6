"""What a wrong prediction costs, from names to a matrix."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from textrnn.data.readers.wording import quote, quote_list
from textrnn.errors import ConfigError
from textrnn.storage.bounded_reading import read_bounded

ABSTAIN_COLUMN = "abstain"  # the column of no prediction


def cost_matrix(
    costs: Mapping[str, Mapping[str, float]], names: Sequence[str], called: str = "costs"
) -> tuple[tuple[float, ...], ...]:
    """Return `costs`, by the true class, then by what is predicted, as rows in the order of `names` (C).

    A right prediction costs 0 and a wrong one 1 where nothing is said; the column "abstain", if there is one, is last,
    and 1 where nothing is said. Raises ConfigError for a class that there is not, or a cost below
    0; errors have the costs `called` so.
    """
    has_abstain = ABSTAIN_COLUMN not in names and any(ABSTAIN_COLUMN in row for row in costs.values())
    known = [*names, ABSTAIN_COLUMN] if has_abstain else list(names)
    for true, row in costs.items():
        if true not in names:
            raise ConfigError(f"{called}: expected a class, {quote_list(names, 8)}, found {quote(true)}")
        for predicted, cost in row.items():
            if predicted not in known:
                raise ConfigError(
                    f"{called}: {quote(true)}: expected a class, {quote_list(names, 8)}, or {ABSTAIN_COLUMN}, found "
                    f"{quote(predicted)}"
                )
            if not (math.isfinite(cost) and 0 <= cost <= 1e9):
                raise ConfigError(
                    f"{called}: {quote(true)}, {quote(predicted)}: expected a number from 0 to 1e9, found {cost:g}"
                )
    return tuple(
        tuple(float(costs.get(true, {}).get(predicted, float(true != predicted))) for predicted in known)
        for true in names
    )


def read_costs(file: Path) -> dict[str, dict[str, float]]:
    """Return the costs in a CSV file: its header names what is predicted, the first column the true class; an empty
    cell says nothing. Raises ConfigError.
    """
    try:
        text = str(read_bounded(file), "utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except (OSError, ValueError, csv.Error) as error:
        raise ConfigError(f"--costs {file}: expected a CSV file in UTF-8, but {error}") from None
    if len(rows) < 2 or len(rows[0]) < 2:
        raise ConfigError(
            f"--costs {file}: expected a header that names what is predicted, and a row for each true class, found "
            f"{len(rows)} rows; as in: true,ham,spam,abstain"
        )
    found: dict[str, dict[str, float]] = {}
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(rows[0]) or row[0] in found:
            what = "another row of this class" if row[0] in found else f"{len(row)} cells"
            raise ConfigError(f"--costs {file}, row {number}: expected {len(rows[0])} cells of one class, found {what}")
        found[row[0]] = {}
        for name, cell in zip(rows[0][1:], row[1:], strict=True):
            if cell.strip():
                found[row[0]][name] = _number(cell, f"--costs {file}, row {number}, column {quote(name)}")
    return found


def _number(cell: str, place: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ConfigError(f"{place}: expected a number, found {quote(cell)}") from None
