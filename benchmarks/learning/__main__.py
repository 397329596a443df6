"""`python -m benchmarks.learning`: run what has no line yet, write results.jsonl, RESULTS.md, the picture."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.ablation.lines import append_line, read_lines
from benchmarks.ablation.running import RunFailed
from benchmarks.learning import sets, ways
from benchmarks.learning.draw import labelled_rows, prepare, seeds_of, sizes_of
from benchmarks.learning.lines import has_line, newest
from benchmarks.learning.picture import draw_curves
from benchmarks.learning.running import Run, group_runs, run_all
from benchmarks.learning.table import page_of
from benchmarks.learning.task import read_rows
from benchmarks.machine import cores
from benchmarks.processes import ENVIRONMENTS
from textrnn.errors import TextrnnError
from textrnn.machine.optional_packages import is_installed
from textrnn.storage.files import write_text

OUT, PICTURE = Path("benchmarks") / "learning", Path("docs") / "learning-curves.svg"
WORK = Path(".textrnn") / "learning"
DATA = "TEXTRNN_DATA"  # names the folder of the data sets


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; returns the exit code: 1 where a run failed, 2 for wrong arguments."""
    wanted = _parse(arguments)
    try:
        return _main(wanted)
    except TextrnnError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        said = f"expected the data sets below {wanted.data}, found {error}; name their folder by --data or {DATA}"
        print(f"error: {said}", file=sys.stderr)
        return 3


def _main(wanted: argparse.Namespace) -> int:
    wanted.work.mkdir(parents=True, exist_ok=True)
    lines = wanted.out / "results.jsonl"
    if wanted.rewrite:
        _write_page(wanted)
        return 0
    runs = _planned(wanted)
    present = read_lines(lines)
    missing = [run for run in runs if run.way.name in wanted.again or not has_line(present, run.identity)]
    _tell(f"{len(missing)} of {len(runs)} runs have no line yet; {wanted.processes} at a time")
    if wanted.list:
        for run in missing:
            print(_name(run))
        return 0
    wanted.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    for count, (run, ended) in enumerate(
        run_all(group_runs(missing), wanted.work, wanted.processes, wanted.environments), start=1
    ):
        if isinstance(ended, RunFailed):
            failed += 1
            _tell(f"{count} of {len(missing)}: {_name(run)}: {ended}")
            continue
        append_line(lines, ended)
        figures = f"accuracy {ended['accuracy']:.2%}, {ended['fit_seconds']:.1f} s"
        _tell(f"{count} of {len(missing)}: {_name(run)}: {figures}")
    _write_page(wanted)
    return 1 if failed else 0


def _planned(wanted: argparse.Namespace) -> list[Run]:
    """All runs that are wanted, the first seed of every set before the second."""
    chosen = [data for data in sets.SETS if data.name in wanted.sets]
    pools = {}
    for data in chosen:
        prepare(data, wanted.data, wanted.work.resolve() / data.name)
        pools[data.name] = len(read_rows(wanted.work / data.name / "pool.jsonl"))
    found = []
    for seed in range(wanted.seeds or max(seeds_of(size, wanted.scale) for size in (100, 1_000))):
        for data in chosen:
            for size in wanted.sizes or sizes_of(pools[data.name], wanted.scale):
                if seed < (wanted.seeds or seeds_of(size, wanted.scale)):
                    _, rows = labelled_rows(wanted.work.resolve() / data.name, size, seed)
                    found += [
                        Run(data, size, seed, way, rows)
                        for way in ways.WAYS
                        if way.name in wanted.ways and (data.related is not None or not way.warm)
                    ]
    return found


def _write_page(wanted: argparse.Namespace) -> None:
    lines = newest(read_lines(wanted.out / "results.jsonl"))
    write_text(wanted.out / "RESULTS.md", page_of(lines))
    if lines and is_installed("matplotlib"):
        draw_curves(lines, wanted.picture)


def _name(run: Run) -> str:
    return f"{run.data.name}, {run.size:,} rows, seed {run.seed}, {run.way.name}"


def _tell(said: str) -> None:
    print(said, file=sys.stderr, flush=True)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description="accuracy by labelled rows")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1: to 1,000 rows, two seeds; 90 minutes")
    parser.add_argument("--sets", default=",".join(sets.NAMES), help=f"some of {','.join(sets.NAMES)}")
    parser.add_argument("--ways", default=",".join(ways.NAMES), help=f"some of {','.join(ways.NAMES)}")
    parser.add_argument("--sizes", default="", help="numbers of labelled rows, in place of those of the scale")
    parser.add_argument("--seeds", type=int, default=0, help="seeds of every size, in place of those of the scale")
    parser.add_argument("--again", default="", help="ways that are run though they have a line: the newest line counts")
    parser.add_argument("--processes", type=int, default=cores(), help="programs side by side, a thread each")
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get(DATA, "data")), help=f"the data sets (default: {DATA})"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="where results.jsonl and RESULTS.md stand")
    parser.add_argument("--picture", type=Path, default=PICTURE, help="the picture, an SVG file")
    parser.add_argument("--work", type=Path, default=WORK, help="where rows, encodings and related models stand")
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS, help=argparse.SUPPRESS)
    parser.add_argument("--list", action="store_true", help="print the runs that have no line; run nothing")
    parser.add_argument("--rewrite", action="store_true", help="run nothing: write page and picture from results.jsonl")
    found = parser.parse_args(arguments)
    for name, known in (("sets", sets.NAMES), ("ways", ways.NAMES), ("again", ways.NAMES)):
        given = [each for each in getattr(found, name).split(",") if each]
        if unknown := sorted(set(given) - set(known)):
            parser.error(f"--{name}: expected some of {', '.join(known)}, found {', '.join(unknown)}")
        setattr(found, name, given)
    found.sizes = [int(each) for each in found.sizes.split(",") if each]
    return found


if __name__ == "__main__":
    sys.exit(main())
