"""What the project set out to reach, and whether the results reach it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.machine import instructions_of


@dataclass(frozen=True)
class Aim:
    """One aim on one machine: `found` must be at least `wanted`."""

    what: str
    wanted: float
    found: float
    unit: str

    @property
    def held(self) -> bool:
        """Whether it is reached."""
        return self.found >= self.wanted


# benchmark, row, how many times faster ours must be
FASTER = (
    ("training", "nn.LSTM packed, as tutorials write it", 30.0),
    ("training", "nn.LSTM packed, subnormals flushed", 10.0),
    ("training", "nn.LSTM padded, subnormals flushed", 0.95),
    ("training", "Keras, padded to 400", 3.0),
    ("training", "Keras, on our batches", 3.0),
    ("training", "Flair", 20.0),
    ("prediction", "nn.LSTM packed", 3.0),
    ("prediction", "ONNX Runtime", 1.0),
)
SHARE_OF_DEFAULT, SHARE_OF_BEST = 20.0, 25.0  # percent of the matrix product, at batch 64 and at the best up to 256


def aims_of(results: Sequence[Mapping[str, Any]]) -> list[Aim]:
    """The aims that `results` say something of, in order."""
    found = []
    for entry in results:
        if entry.get("gpu"):  # no aim was set for one
            continue
        measured = {row["way"]: row for row in entry["rows"] if row.get("values") and "way" in row}
        told = entry["name"], entry["precision"], f"threads {entry['threads']}", instructions_of(entry["machine"])
        where = ", ".join(part for part in told if part)
        for name, way, wanted in FASTER:
            if name == entry["name"] and way in measured and "textrnn" in measured:
                pairs = zip(measured["textrnn"]["values"], measured[way]["values"], strict=True)
                found.append(Aim(f"{where}: {way}", wanted, statistics.median(a / b for a, b in pairs), " times"))
        if entry["name"] == "sweep" and entry.get("ceiling"):
            shares = [_share(row, entry["ceiling"]) for row in measured.values()]
            found.append(Aim(f"{where}: share at the default batch", SHARE_OF_DEFAULT, shares[0], " %"))
            found.append(Aim(f"{where}: share at the best batch", SHARE_OF_BEST, max(shares), " %"))
    return found


def _share(row: Mapping[str, Any], ceiling: Sequence[float]) -> float:
    pairs = zip(row["values"], ceiling, strict=True)
    return statistics.median(100 * float(value) * float(row["flops"]) / float(top) for value, top in pairs)
