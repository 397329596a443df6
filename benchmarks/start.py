"""How long a command takes that has nothing to do, beside a large cache and a large source.

    python benchmarks/start.py [--repeats 15] [--entries 1000] [--gigabytes 1]

In a temporary folder (2 GB, removed at the end) it makes a source of one gigabyte, runs the whole pipeline on it, and
fills the cache to 1,000 entries of one gigabyte together. Then `run` (nothing to do), `plan`, `why` and `--version`
are timed in turn, each a process of its own, from its start to its end.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.caching.cache import Cache
from pipelines.caching.keys import key_of
from pipelines.stages import STAGES, find_stage
from textrnn.storage.files import write_bytes

COMMANDS = {
    "run": ("run", "--config", "config.toml"),
    "plan": ("plan", "--config", "config.toml"),
    "why": ("why", "train", "--config", "config.toml"),
    "--version": ("--version",),
}
ROWS = 1000
CONFIG = """
[data]
source = "data.csv"
[vocabulary]
min_count = 1
[train]
epochs = 1
max_tokens = 40
[ngram_branch]
inverse_penalties = [1.0]
[baseline]
inverse_penalties = [1.0]
nb_inverse_penalties = [1.0]
[evaluate]
bootstrap = 20
"""
ABOUT = "A cache of 1,000 entries and 1 GB, a source of 1 GB that was seen before; each command a process."


@dataclass(frozen=True)
class Filler:
    """A result of `size` bytes that nobody asks for."""

    size: int
    number: int

    def save(self, folder: Path) -> None:
        write_bytes(folder / "filler", self.number.to_bytes(8, "big") * (self.size // 8))


def make_place(folder: Path, entries: int, size: int) -> None:
    """The source, the config, a finished run and the other entries of the cache, in `folder`."""
    chance = np.random.default_rng(0)
    filler = "x" * (size // ROWS)
    with open(folder / "data.csv", "w", encoding="utf-8") as file:
        file.write("text,label,notes\n")
        for row in range(ROWS):
            words = " ".join(f"word{number}" for number in chance.zipf(1.2, 60) % 30_000)
            file.write(f"{('good', 'bad')[row % 2]} {words},{('yes', 'no')[row % 2]},{filler}\n")
    (folder / "config.toml").write_text(CONFIG)
    time.sleep(2.1)  # what was just written is not remembered
    run_command(folder, "run")
    cache = Cache(folder / ".textrnn")
    stage = find_stage("tokenize")
    missing = entries - len(STAGES)
    for number in range(missing):
        preimage = {"stage": stage.name, "number": number}
        cache.commit(stage, key_of(preimage), Filler(size // missing, number), preimage, {"at": "now"})


def run_command(folder: Path, name: str) -> float:
    """Seconds of one command, by the clock."""
    main = "import sys; from pipelines.app import main; sys.exit(main())"
    # our own modules compiled, as those of an installed package are
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    command = [sys.executable, "-c", main, *COMMANDS[name]]
    begun = time.perf_counter()
    ended = subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False)
    taken = time.perf_counter() - begun
    if ended.returncode:
        raise SystemExit(ended.stderr.decode())
    return taken


def measure(*, repeats: int = 15, entries: int = 1000, gigabytes: float = 1.0) -> list[dict[str, Any]]:
    """For each command the median, least and most seconds of `repeats`, as plain JSON; repeats are interleaved."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_place(folder, entries, int(gigabytes * 1e9))
        for command in COMMANDS:
            run_command(folder, command)
        taken = [{command: run_command(folder, command) for command in COMMANDS} for _ in range(repeats)]
    return [
        {
            "what": "start",
            "command": command,
            "entries": entries,
            "gigabytes": gigabytes,
            "median_seconds": statistics.median(run[command] for run in taken),
            "least_seconds": min(run[command] for run in taken),
            "most_seconds": max(run[command] for run in taken),
        }
        for command in COMMANDS
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--entries", type=int, default=1000)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--json", action="store_true", help="print JSON")
    wanted = parser.parse_args()
    figures = measure(repeats=wanted.repeats, entries=wanted.entries, gigabytes=wanted.gigabytes)
    if wanted.json:
        print(json.dumps(figures, indent=1))
        return
    print(f"{os.cpu_count()} cores; {wanted.entries:,} entries, {wanted.gigabytes:g} GB; {wanted.repeats} repeats")
    for figure in figures:
        median, least, most = (figure[f"{which}_seconds"] for which in ("median", "least", "most"))
        print(f"{figure['command']:<12}{median:>8.3f} s   ({least:.3f} to {most:.3f})")


if __name__ == "__main__":
    main()
