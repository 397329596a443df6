"""Time and peak memory against the number of texts, and against their length: a fresh process a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.processes import RivalFailed
from benchmarks.session import TEXTRNN, Missing, Program, Session, tell
from benchmarks.training import FLUSHED


def by_texts(session: Session) -> dict[str, Any]:
    """The stage `train`, one epoch over so many short texts."""
    size = session.size
    points = []
    for texts in size.curve_texts:
        name = f"texts-{texts}"
        session.rows(name, texts=texts, length=size.curve_length)
        request = {"do": "epoch", "rows": name, "batch": size.curve_batch, "precision": session.precision}
        points.append((texts, "textrnn", TEXTRNN, request))
    about = f"Texts of {size.curve_length} tokens, batch {size.curve_batch}, one epoch; a tenth of the texts is scored."
    rows = measure(session, points, session.repeats or 3)
    return {"kind": "curve", "x": "texts", "unit": "texts a second", "about": about, "rows": rows}


def by_length(session: Session) -> dict[str, Any]:
    """Training steps over texts of one length."""
    size = session.size
    points = []
    for length in size.curve_lengths:
        name, count = f"length-{length}", max(size.curve_tokens // (length * size.batch), 1)
        session.rows(name, texts=count * size.batch, length=length)
        session.ask(TEXTRNN, {"do": "plan", "rows": name, "batch": size.batch, "count": count})
        given = {"rows": name, "batch": size.batch}
        points.append((length, "textrnn", TEXTRNN, {"do": "steps", **given, "precision": session.precision}))
        if length <= size.packed_longest:
            packed = {"do": "packed_steps", **given, "count": size.slowest_steps}
            points.append((length, "nn.LSTM packed, subnormals flushed", FLUSHED, packed))
    about = (
        f"Batches of {size.batch} texts, all of one length, the best case of packing; the first step of a process is "
        f"not counted. Packed sequences only to {size.packed_longest} tokens: beyond, they take minutes."
    )
    rows = measure(session, points, session.repeats or 3, warm={"count": 1})
    return {"kind": "curve", "x": "tokens a text", "unit": "real tokens a second", "about": about, "rows": rows}


Point = tuple[int, str, Program, Mapping[str, Any]]


def measure(
    session: Session, points: Sequence[Point], repeats: int, *, warm: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """A row a point: work a second, seconds and peak MiB of each repeat. The repeats go through all points in turn.

    `warm` is laid over a request that is made before and not counted.
    """
    points = [point for point in points if session.is_wanted(point[2], point[1])]
    rows: list[dict[str, Any]] = [
        {"x": x, "way": way, "values": [], "seconds": [], "mib": []} for x, way, _, _ in points
    ]
    for repeat in range(repeats):
        for (_, way, program, request), row in zip(points, rows, strict=True):
            if "missing" in row or "failed" in row:
                continue
            try:
                answer = session.ask_fresh(program, request, warm=warm)
            except Missing as missing:
                row["missing"] = str(missing)
            except RivalFailed as failed:
                row["failed"] = str(failed)
                tell(f"  {way}: {failed}")
            else:
                row["values"].append(answer["work"] / answer["seconds"])
                row["seconds"].append(answer["seconds"])
                row["mib"].append(answer["mib"])
        tell(f"  repeat {repeat + 1} of {repeats}")
    return rows
