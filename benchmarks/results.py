"""results.json: all that was measured, a benchmark an entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.machine import instructions_of

FORMAT = 1
Results = list[dict[str, Any]]


def load_results(path: Path) -> Results:
    """The entries of `path`; none where it is not there, or of another format."""
    if not path.exists():
        return []
    read = json.loads(path.read_text(encoding="utf-8"))
    return list(read["benchmarks"]) if read.get("format") == FORMAT else []


def merge_results(results: Results, found: dict[str, Any]) -> Results:
    """`results` with `found` in the place of the entry of the same name, threads, precision, processor, vectors and
    GPU, or last.
    """
    if all(_key(entry) != _key(found) for entry in results):
        return [*results, found]
    return [found if _key(entry) == _key(found) else entry for entry in results]


def save_results(path: Path, results: Results) -> None:
    """Write the entries to `path`."""
    text = json.dumps({"format": FORMAT, "benchmarks": results}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _key(entry: dict[str, Any]) -> tuple[Any, ...]:
    machine = entry["machine"]
    where = machine["processor"], instructions_of(machine), entry.get("gpu", "")
    return entry["name"], entry["threads"], entry["precision"], *where
