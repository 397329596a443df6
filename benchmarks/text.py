"""From raw text to stored ids: tokens a second, the cost of a row, and the memory it takes, by the real command.

    python benchmarks/text.py [--repeats 3] [--tokens 5000000] [--rows 100000 1000000]

It makes its own tables in a temporary folder: texts as long as film reviews (log-normal, median 208 words) for the
speed, texts of 20 words for the cost of a row; words are drawn from 50,000 made-up ones, the word of rank r with a
chance of 1 / r. Each stage is a process of its own (`textrnn run --until STAGE`), timed from its start to its end, what
it writes digested and synced; its start-up is that of the same stage on 200 rows, and is subtracted. Cost is processor
time (of all cores) and time by the clock. Memory is the highest sum of anonymous and shared pages, not of mapped
files, of the process and its children, looked at every 5 ms: Linux only. Run it alone on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

STAGES = ("load", "tokenize", "vocabulary", "numericalize")
WORDS, FEW, AT_ONCE = 50_000, 200, 10_000


def make_words() -> list[str]:
    """Made-up words of 2 to 9 letters, the common ones first."""
    chance = np.random.default_rng(0)
    letters = np.array(list("etaoinshrdlucmfwypvbgkjqxz"))
    found: dict[str, None] = {}
    while len(found) < WORDS:
        found["".join(chance.choice(letters, chance.integers(2, 10)))] = None
    return list(found)


def write_table(path: Path, words: Sequence[str], lengths: Iterable[int]) -> None:
    """A CSV of texts with these numbers of words, each with one of two labels."""
    chance = np.random.default_rng(1)
    shares = np.cumsum(1 / np.arange(1, WORDS + 1))
    named = np.array(words, dtype=object)
    sizes = np.fromiter(lengths, dtype=np.int64)
    with open(path, "w", encoding="utf-8") as file:
        file.write("text,label\n")
        for some in np.split(sizes, range(AT_ONCE, len(sizes), AT_ONCE)):
            drawn = named[np.searchsorted(shares, chance.random(int(some.sum())) * shares[-1])]
            texts = np.split(drawn, np.cumsum(some)[:-1])
            file.writelines(f"{' '.join(text)},{('no', 'yes')[len(text[0]) % 2]}\n" for text in texts)


def review_lengths(tokens: int) -> list[int]:
    """Lengths like those of film reviews, `tokens` together."""
    lengths = np.exp(np.random.default_rng(2).normal(np.log(208), 0.65, tokens // 100)).astype(np.int64) + 1
    return lengths[: int(np.searchsorted(np.cumsum(lengths), tokens))].tolist()


def anonymous_bytes(process: int) -> int:
    """Memory of a process and its children that is no mapped file; 0 where it is gone, or not Linux."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return 0
    here = sum(int(line.split()[1]) for line in status.splitlines() if line.startswith(("RssAnon", "RssShmem")))
    return here * 1024 + sum(map(anonymous_bytes, map(int, children)))


@dataclass(frozen=True)
class Spent:
    """What one command took: seconds by the clock, seconds of all cores, bytes of memory at most."""

    clock: float
    cores: float
    most: int


def run_stage(stage: str, table: Path, folder: Path) -> Spent:
    """What the command takes that brings `stage` up to date."""
    main = "import sys; from pipelines.app import main; sys.exit(main())"
    command = [sys.executable, "-c", main, "run", "--until", stage, "--data", str(table)]
    with open(folder / "said", "w+", encoding="utf-8") as said:
        begun, most = time.perf_counter(), 0
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        while True:
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            most = max(most, anonymous_bytes(process.pid))
            time.sleep(0.005)
        taken = time.perf_counter() - begun
        if status:
            said.seek(0)
            raise SystemExit(said.read())
    return Spent(taken, used.ru_utime + used.ru_stime, most)


def run_all(table: Path) -> dict[str, Spent]:
    """Each stage on `table`, in a fresh folder."""
    with open(table, "rb") as file:
        while file.read(1 << 20):  # so that no figure is that of the disk
            pass
    with tempfile.TemporaryDirectory() as folder:
        return {stage: run_stage(stage, table, Path(folder)) for stage in STAGES}


def measure(
    *, tokens: int = 5_000_000, rows: Sequence[int] = (100_000, 1_000_000), repeats: int = 3
) -> list[dict[str, Any]]:
    """Every figure as plain JSON: `speed`, then `cost` for each number of rows; medians of `repeats`, interleaved."""
    with tempfile.TemporaryDirectory() as folder:
        words, lengths = make_words(), review_lengths(tokens)
        sizes = {"few": [20] * FEW, "reviews": lengths, **{str(number): [20] * number for number in rows}}
        tables = {name: Path(folder) / f"{name}.csv" for name in sizes}
        for name, table in tables.items():
            write_table(table, words, sizes[name])
        runs = [{name: run_all(table) for name, table in tables.items()} for _ in range(repeats)]
    return [_speed(runs, lengths), *(_cost(runs, number) for number in rows)]


def _speed(runs: list[dict[str, dict[str, Spent]]], lengths: list[int]) -> dict[str, Any]:
    seconds = sum(_without_start(runs, "reviews", stage, "clock") for stage in STAGES[1:])
    tokens = sum(lengths)
    return {
        "what": "speed",
        "tokens": tokens,
        "texts": len(lengths),
        "seconds": seconds,
        "tokens_a_second": tokens / seconds,
    }


def _cost(runs: list[dict[str, dict[str, Spent]]], number: int) -> dict[str, Any]:
    def microseconds(kind: str) -> dict[str, float]:
        return {stage: _without_start(runs, str(number), stage, kind) / (number - FEW) * 1e6 for stage in STAGES}

    return {
        "what": "cost",
        "rows": number,
        "clock_microseconds_a_row": microseconds("clock"),
        "core_microseconds_a_row": microseconds("cores"),
        "start_seconds": {stage: statistics.median(run["few"][stage].clock for run in runs) for stage in STAGES},
        "peak_bytes": {stage: max(run[str(number)][stage].most for run in runs) for stage in STAGES},
    }


def _without_start(runs: list[dict[str, dict[str, Spent]]], name: str, stage: str, kind: str) -> float:
    return statistics.median(getattr(run[name][stage], kind) - getattr(run["few"][stage], kind) for run in runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=5_000_000)
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--json", action="store_true", help="print JSON")
    wanted = parser.parse_args()
    figures = measure(tokens=wanted.tokens, rows=wanted.rows, repeats=wanted.repeats)
    if wanted.json:
        print(json.dumps(figures, indent=1))
        return
    speed, costs = figures[0], figures[1:]
    print(f"{os.cpu_count()} cores; medians of {wanted.repeats}")
    done = f"{speed['tokens']:,} tokens of {speed['texts']:,} texts in {speed['seconds']:.2f} s"
    print(f"raw text to stored ids: {done}: {speed['tokens_a_second'] / 1e6:.2f} million a second")
    print(f"{'rows of 20 tokens':<32}" + "".join(f"{stage:>14}" for stage in (*STAGES, "together")))
    for figure in costs:
        for label, kind in (("us a row, all cores", "core"), ("us a row, by the clock", "clock")):
            cost = figure[f"{kind}_microseconds_a_row"].values()
            print(f"{figure['rows']:>9,} {label:<22}" + "".join(f"{value:>14.2f}" for value in (*cost, sum(cost))))
        peaks = figure["peak_bytes"].values()
        print(f"{'':>9} {'MB at most':<22}" + "".join(f"{value / 1e6:>14.0f}" for value in (*peaks, max(peaks))))


if __name__ == "__main__":
    main()
