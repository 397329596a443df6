"""Several ways to do the same work, measured in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.processes import RivalFailed
from benchmarks.session import Missing, Program, Session, tell


@dataclass(frozen=True)
class Way:
    """One way: its name in the table, its program, what it is asked.

    `warm` is laid over the request for the first, unmeasured, time. `flops` are those of one piece of work,
    where the share of the ceiling is asked for. `note` says what a reader of the ratio must know.
    """

    name: str
    program: Program
    request: Mapping[str, Any]
    warm: Mapping[str, Any] = field(default_factory=dict)
    flops: float = 0.0
    note: str = ""


def interleave(session: Session, ways: Sequence[Way], repeats: int) -> list[dict[str, Any]]:
    """A row a way, in the order given: `values` (work a second, one a repeat), or why there are none.

    Every repeat measures every way once, every second repeat in the opposite order. A first round warms up
    and is not counted. What is missing or fails is left out from then on.
    """
    ways = [way for way in ways if session.is_wanted(way.program, way.name)]
    rows: list[dict[str, Any]] = [_row_of(way) for way in ways]
    for repeat in range(repeats + 1):
        order = list(zip(ways, rows, strict=True))
        for way, row in order if repeat % 2 == 0 else reversed(order):
            if "missing" in row or "failed" in row:
                continue
            _measure(session, way, row, warming=repeat == 0)
        measured = sum(bool(row["values"]) for row in rows)
        tell(f"  repeat {repeat} of {repeats}: {measured} ways" if repeat else "  warmed up")
    return rows


def _row_of(way: Way) -> dict[str, Any]:
    return {"way": way.name, "values": [], "note": way.note} | ({"flops": way.flops} if way.flops else {})


def _measure(session: Session, way: Way, row: dict[str, Any], *, warming: bool) -> None:
    """Measure `way` once more into `row`."""
    try:
        if warming:
            row["libraries"] = session.ask(way.program, {"do": "about"})["libraries"]
            session.ask(way.program, {**way.request, **way.warm})
        else:
            answer = session.ask(way.program, way.request)
            row["values"].append(answer["work"] / answer["seconds"])
    except Missing as missing:
        row["missing"] = str(missing)
        tell(f"  {way.name}: the environment {missing} is not built; left out")
    except RivalFailed as failed:
        row["failed"] = str(failed)
        row["values"] = []
        session.end(way.program)
        tell(f"  {way.name}: {failed}")
