"""Runs that have no line yet, some at a time, each in a process of its own."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ablation.arms import Arm
from benchmarks.ablation.lines import Identity, digest_settings, settings_of, write_identity
from benchmarks.machine import describe_machine

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Place:
    """What all runs share: the subset's config, the cache, settings laid under every arm, and two digests."""

    config: Path
    cache: Path
    base: tuple[str, ...]
    subset: str
    code: str


@dataclass(frozen=True)
class Run:
    """One arm with one seed; `changes` is all that `--set` is told."""

    arm: Arm
    seed: int
    changes: tuple[str, ...]
    identity: Identity


class RunFailed(Exception):
    """A run ended without figures; the message is its last line."""


def plan_run(place: Place, arm: Arm, seed: int) -> Run:
    """The run of `arm` with `seed`. Raises ConfigError for changes that no configuration has."""
    changes = tuple(settings_of((*place.base, *arm.changes), seed))
    settings = digest_settings(place.config, changes)
    return Run(arm, seed, changes, Identity(arm.changes, seed, place.subset, settings, place.code))


def run_all(place: Place, runs: Sequence[Run], side_by_side: int) -> Iterator[tuple[Run, dict[str, Any] | RunFailed]]:
    """Each run with its line, or why it has none, in the order in which they end."""
    commit, machine = describe_commit(), describe_machine()
    with ThreadPoolExecutor(side_by_side) as pool:
        waiting = {pool.submit(_figures, place, run): run for run in runs}
        try:
            for ended in as_completed(waiting):
                run, failed = waiting[ended], ended.exception()
                if isinstance(failed, RunFailed):
                    yield run, failed
                    continue
                about = {"commit": commit, "machine": machine, "date": today(), "side_by_side": side_by_side}
                yield run, {"arm": run.arm.name, **write_identity(run.identity), **ended.result(), **about}
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C nothing new begins


def _figures(place: Place, run: Run) -> dict[str, Any]:
    name = f"name={run.arm.name}-{run.seed}"  # so that runs side by side keep apart what they note
    module = "benchmarks.ablation.measure"
    ended = subprocess.run(
        [sys.executable, "-m", module, str(place.config), str(place.cache), name, *run.changes],
        capture_output=True,
        text=True,
        cwd=ROOT,
        # one thread a run: processor seconds mean the same in all, and runs side by side do not wait for one another
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if ended.returncode:
        said = [line for line in ended.stderr.splitlines() if line.strip()]
        told = next((line for line in reversed(said) if line.startswith("error: ")), said[-1] if said else "nothing")
        raise RunFailed(f"ended with code {ended.returncode}: {told}")
    figures: dict[str, Any] = json.loads(ended.stdout)
    return figures


def describe_commit() -> str | None:
    """The commit of this tree, with + where files differ from it; None outside of git."""
    try:
        told = subprocess.run(
            ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"],
            capture_output=True,
            text=True,
        )
    except OSError:
        return None
    return told.stdout.strip() if told.returncode == 0 else None


def today() -> str:
    return datetime.datetime.now(tz=datetime.UTC).date().isoformat()
