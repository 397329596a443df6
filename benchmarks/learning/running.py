"""Runs that have no line yet, some at a time, those of one program over the same rows in one process."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ablation.lines import digest_code
from benchmarks.ablation.running import RunFailed, describe_commit, today
from benchmarks.learning.draw import labelled_rows
from benchmarks.learning.sets import Dataset
from benchmarks.learning.ways import Way
from benchmarks.machine import describe_machine
from benchmarks.processes import ENVIRONMENTS, OURS, ROOT, python_of
from pipelines.caching.file_memo import FileMemo
from textrnn.storage.files import digest_file, digest_json, write_json

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """One way on `size` rows of a set, drawn with `seed`; `rows` is a digest of them and of those held out."""

    data: Dataset
    size: int
    seed: int
    way: Way
    rows: str

    @property
    def identity(self) -> tuple[Any, ...]:
        """What a line is a result of."""
        return (self.data.name, self.size, self.seed, self.way.name, self.rows, dict(self.way.settings))


def identity_of(line: Line) -> tuple[Any, ...]:
    """The identity that stands in a line."""
    return tuple(line[name] for name in ("set", "size", "seed", "way", "rows", "settings"))


def group_runs(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs that one process does: of one program, over the same rows, in the order of the first of each."""
    groups: dict[tuple[Any, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.data.name, run.size, run.seed, run.way.program), []).append(run)
    return list(groups.values())


def run_all(
    groups: Sequence[Sequence[Run]], work: Path, side_by_side: int, environments: Path = ENVIRONMENTS
) -> Iterator[tuple[Run, Line | RunFailed]]:
    """Each run with its line, or why it has none, in the order in which they end."""
    commit, machine = describe_commit(), describe_machine()
    ours = digest_code(FileMemo(work / "memo.json")) if any(group[0].way.ours for group in groups) else ""
    with ThreadPoolExecutor(side_by_side) as pool:
        waiting = {pool.submit(_figures, group, work, environments): group for group in groups}
        try:
            for ended in as_completed(waiting):
                found = ended.result()
                for run in waiting[ended]:
                    figures = found.get(run.way.name, found.get(""))
                    if not isinstance(figures, dict):
                        yield run, figures if isinstance(figures, RunFailed) else RunFailed("told no figures")
                        continue
                    about = {"commit": commit, "machine": machine, "date": today(), "side_by_side": side_by_side}
                    yield (
                        run,
                        {
                            **_described(run),
                            **figures,
                            "held_rows": held_rows(run, work),
                            "code": _code(run.way, ours),
                            **about,
                        },
                    )
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C nothing new begins


def held_rows(run: Run, work: Path) -> int:
    """How many rows a run is scored on."""
    return (work / run.data.name / "held.jsonl").read_bytes().count(b"\n")


def _described(run: Run) -> dict[str, Any]:
    return dict(
        zip(("set", "size", "seed", "way", "rows", "settings"), run.identity, strict=True),
    )


def _code(way: Way, ours: str) -> str:
    """A digest of the code that made a line: of the product where it is ours, of the program and its environment."""
    program = ROOT / "benchmarks" / "rivals" / "learning" / f"{way.program}.py"
    pins = ROOT / "benchmarks" / "envs" / f"{way.environment}.txt"
    return digest_json([digest_file(program), digest_file(pins) if pins.exists() else "", ours if way.ours else ""])


def _figures(group: Sequence[Run], work: Path, environments: Path) -> dict[str, dict[str, Any] | RunFailed]:
    """The figures of each way by its name; of "" why the others have none."""
    first = group[0]
    place = work / first.data.name
    python = python_of(first.way.environment, environments)
    if python is None:
        return {
            "": RunFailed(f"not measured: its environment is not built: make bench-envs ENVS={first.way.environment}")
        }
    task = place / f"task-{first.size}-{first.seed}-{first.way.program}.json"
    labelled, _ = labelled_rows(place, first.size, first.seed)
    related = place / "related.jsonl"
    write_json(
        task,
        {
            "labelled": str(labelled),
            "held": str(place / "held.jsonl"),
            "work": str(place),
            "seed": first.seed,
            "spaces": first.data.spaces,
            "related": str(related) if related.exists() else None,
            "ways": {run.way.name: dict(run.way.settings) for run in group},
        },
    )
    ended = subprocess.run(
        [python, "-m", f"benchmarks.rivals.learning.{first.way.program}", str(task)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=_environment(first.way.environment),
    )
    told = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    found: dict[str, dict[str, Any] | RunFailed] = {figures.pop("way"): figures for figures in told}
    if ended.returncode:
        said = [line for line in ended.stderr.splitlines() if line.strip()]
        found[""] = RunFailed(f"ended with code {ended.returncode}: {said[-1] if said else 'nothing'}")
    return found


def _environment(name: str) -> dict[str, str]:
    """One thread a process, so that processor seconds mean the same in all; nothing fetched."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
    found = {**os.environ, **threads, "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"}
    return found if name == OURS else {**found, "PYTHONPATH": str(ROOT)}
