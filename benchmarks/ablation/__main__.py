"""`python -m benchmarks.ablation`: run what has no line yet, write ABLATION.jsonl and ABLATION.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.ablation.arms import ARMS, find_arms
from benchmarks.ablation.lines import Identity, append_line, digest_code, identity_of, read_lines
from benchmarks.ablation.running import Place, RunFailed, plan_run, run_all
from benchmarks.ablation.subset import ABOUT, CONFIG, FOLDER, digest_subset, write_reviews
from benchmarks.ablation.table import listing, page_of
from benchmarks.machine import cores
from pipelines.caching.file_memo import FileMemo
from textrnn.errors import TextrnnError
from textrnn.storage.files import write_text

OUT = Path("benchmarks")
WORK = Path(".textrnn") / "ablation"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; returns the exit code: 1 where a run failed, 2 for wrong arguments."""
    try:
        return _main(_parse(arguments))
    except TextrnnError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _main(wanted: argparse.Namespace) -> int:
    arms = find_arms(wanted.arm)
    place = _open(wanted)
    lines = wanted.out / "ABLATION.jsonl"
    holding = {_compared(identity_of(line), wanted) for line in read_lines(lines)}
    runs = [plan_run(place, arm, seed) for seed in range(wanted.seeds) for arm in arms]
    missing = [run for run in runs if _compared(run.identity, wanted) not in holding]
    if wanted.list:
        done = {arm.name: [run.seed for run in runs if run.arm is arm and run not in missing] for arm in arms}
        print(listing(arms, done))
        return 0
    wanted.out.mkdir(parents=True, exist_ok=True)
    _tell(f"{len(missing)} of {len(runs)} runs have no line yet; {wanted.processes} at a time")
    failed = 0
    for count, (run, ended) in enumerate(run_all(place, missing, wanted.processes), start=1):
        said = f"{count} of {len(missing)}: {run.arm.name}, seed {run.seed}"
        if isinstance(ended, RunFailed):
            failed += 1
            _tell(f"{said}: {ended}")
            continue
        append_line(lines, ended)
        _tell(f"{said}: accuracy {ended['joined']['accuracy']:.2%}, log loss {ended['joined']['log_loss']:.4f}")
        _write_page(place, wanted)  # at once: what is measured can be read, whatever comes
    _write_page(place, wanted)
    return 1 if failed else 0


def _open(wanted: argparse.Namespace) -> Place:
    """The subset, written if it is not there, and what the runs share."""
    if wanted.data is None:
        write_reviews(wanted.work / FOLDER)
    subset = (wanted.data or wanted.work / FOLDER).resolve()
    memo = FileMemo(wanted.work / "memo.json")
    cache = (wanted.work / "cache").resolve()
    return Place(subset / CONFIG, cache, tuple(wanted.changes), digest_subset(subset), digest_code(memo))


def _write_page(place: Place, wanted: argparse.Namespace) -> None:
    """ABLATION.md, from the lines that hold of any arm and seed."""
    arms = {arm.changes: arm for arm in ARMS}
    latest = {}
    for line in read_lines(wanted.out / "ABLATION.jsonl"):
        found = identity_of(line)
        if arm := arms.get(found.changes):
            present = plan_run(place, arm, found.seed).identity
            if _compared(found, wanted) == _compared(present, wanted):
                latest[arm.name, found.seed] = line
    about = "rows of one's own" if wanted.data else ABOUT
    write_text(wanted.out / "ABLATION.md", page_of(list(latest.values()), ARMS, about))


def _compared(identity: Identity, wanted: argparse.Namespace) -> Identity:
    """The part of an identity that must be the same: not the code, where lines of other code are wanted too."""
    return replace(identity, code="") if wanted.other_code else identity


def _tell(said: str) -> None:
    print(said, file=sys.stderr, flush=True)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description="what each ingredient is worth")
    parser.add_argument("--arm", action="append", default=[], help="this arm and the default; any number of times")
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0, 1, ... of each arm")
    parser.add_argument("--processes", type=int, default=cores(), help="runs side by side, a thread each")
    parser.add_argument("--out", type=Path, default=OUT, help="where ABLATION.jsonl and ABLATION.md stand")
    parser.add_argument("--work", type=Path, default=WORK, help="where the subset and the cache stand")
    parser.add_argument("--data", type=Path, help="a folder as subset.py writes it, in place of the film reviews")
    parser.add_argument("--set", action="append", default=[], dest="changes", help="section.key=value, under every arm")
    parser.add_argument("--other-code", action="store_true", help="lines of other code hold too")
    parser.add_argument("--list", action="store_true", help="print the arms and the seeds that are done; run nothing")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
