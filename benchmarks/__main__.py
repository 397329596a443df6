"""`python -m benchmarks`: measure, write results.json and RESULTS.md, print the tables."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import cold, curves, prediction, raw_texts, series, start, text, training
from benchmarks.machine import cores, describe_machine
from benchmarks.plain import plain
from benchmarks.processes import ENVIRONMENTS, RivalFailed
from benchmarks.report import page_of, section_of
from benchmarks.results import load_results, merge_results, save_results
from benchmarks.session import TEXTRNN, Session, opened, tell
from benchmarks.sizes import FULL, TINY


@dataclass(frozen=True)
class Benchmark:
    """One benchmark: its name on the command line, its title, what measures it."""

    name: str
    title: str
    measure: Callable[[Session], Mapping[str, Any]]


# one that measures by itself stands in `plain`, see plain.py
BENCHMARKS = (
    Benchmark("training", "Training steps", training.training),
    Benchmark("sweep", "Training steps by batch size", training.sweep),
    Benchmark("encoders", "Training steps by encoder", training.encoders),
    Benchmark("processes", "Training steps by number of processes", training.processes),
    Benchmark("series", "A series of numbers", series.series),
    Benchmark("prediction", "Prediction from token ids", prediction.prediction),
    Benchmark("fitting", "Fitting from raw texts", raw_texts.fitting),
    Benchmark("classifying", "Labels of raw texts", raw_texts.classifying),
    Benchmark("ids", "Raw text to stored ids", plain(text.measure, text.ABOUT, tokens=3_000, rows=(60,), repeats=1)),
    Benchmark("start", "Commands with nothing to do", plain(start.measure, start.ABOUT, repeats=1, gigabytes=0.001)),
    Benchmark("cold", "From the start of a process to the first label", plain(cold.measure, cold.ABOUT, repeats=1)),
    Benchmark("texts", "Time and memory against the number of texts", curves.by_texts),
    Benchmark("length", "Time and memory against the length of a text", curves.by_length),
)
ON_GPU = ("training", "sweep", "encoders")
NAMES = tuple(benchmark.name for benchmark in BENCHMARKS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks asked for; returns the exit code."""
    wanted = _parse(arguments)
    wanted.out.mkdir(parents=True, exist_ok=True)
    path = wanted.out / "results.json"
    results = load_results(path)
    if not wanted.rewrite:
        settings = {
            "threads": wanted.threads,
            "precision": wanted.precision,
            "device": wanted.device,
            "repeats": wanted.repeats,
            "size": TINY if wanted.tiny else FULL,
            "seed": wanted.seed,
            "environments": wanted.environments,
            "only_ways": tuple(wanted.ways.split(",")) if wanted.ways else (),
        }
        with opened(**settings) as session:
            if session.device == "cuda":
                session.gpu = session.ask(TEXTRNN, {"do": "gpu"})["gpu"]
            if session.device == "cuda" and not session.gpu:
                tell("--device cuda: torch finds no GPU here; nothing was measured")
                return 1
            for benchmark in BENCHMARKS:
                if benchmark.name in wanted.only:
                    found = run_one(session, benchmark)
                    results = merge_results(results, found)
                    save_results(path, results)  # at once: what is measured is kept, whatever comes
                    (wanted.out / "RESULTS.md").write_text(page_of(results), encoding="utf-8")
                    print(section_of(found), flush=True)
    (wanted.out / "RESULTS.md").write_text(page_of(results), encoding="utf-8")
    tell(f"wrote {path} and {wanted.out / 'RESULTS.md'}")
    return 0


def run_one(session: Session, benchmark: Benchmark) -> dict[str, Any]:
    """Measure one benchmark: what it found, and under which circumstances."""
    tell(f"{benchmark.title} ({benchmark.name})")
    begun = time.perf_counter()
    try:
        found = dict(benchmark.measure(session))
    except RivalFailed as failed:
        found = {"kind": "table", "about": f"textrnn itself failed: {failed}", "rows": []}
    session.end_all()
    return {
        **({"gpu": session.gpu} if session.gpu else {}),
        "name": benchmark.name,
        "title": benchmark.title,
        "machine": describe_machine(),
        "threads": session.threads,
        "precision": session.precision,
        "wait_policy": os.environ.get("OMP_WAIT_POLICY", "not set"),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "minutes": round((time.perf_counter() - begun) / 60, 1),
        "others": session.others_taken(),
        **found,
    }


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="textrnn beside others, interleaved")
    parser.add_argument("--only", default="", help=f"some of {','.join(NAMES)}")
    parser.add_argument("--ways", default="", help="of the rivals, only those whose name holds one of these words")
    parser.add_argument("--threads", type=int, default=cores(), help="threads a process (default: the cores here)")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32", help="of training steps")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="of training steps")
    parser.add_argument("--repeats", type=int, help="default: 5, or 3 where that takes long")
    parser.add_argument("--seed", type=int, default=0, help="of the made-up texts")
    parser.add_argument("--out", type=Path, help="where results.json and RESULTS.md go (default: benchmarks)")
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS, help=argparse.SUPPRESS)
    parser.add_argument("--tiny", action="store_true", help="tiny counts: shows that all of it runs, measures nothing")
    parser.add_argument("--rewrite", action="store_true", help="measure nothing: write RESULTS.md from results.json")
    found = parser.parse_args(arguments)
    if found.tiny and found.out is None:
        parser.error("--tiny measures nothing that is worth keeping: choose another folder with --out")
    found.out = found.out or Path("benchmarks")
    found.only = found.only.split(",") if found.only else list(NAMES)
    if found.device == "cuda" and not set(found.only) <= set(ON_GPU):
        parser.error(f"--device cuda: expected --only some of {', '.join(ON_GPU)}, found {', '.join(found.only)}")
    if unknown := set(found.only) - set(NAMES):
        parser.error(f"--only: expected some of {', '.join(NAMES)}, found {', '.join(sorted(unknown))}")
    return found


if __name__ == "__main__":
    sys.exit(main())
