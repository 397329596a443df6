"""RESULTS.md: a pure function of the lines."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from benchmarks.learning.lines import Line, lines_of, values_of
from benchmarks.learning.sets import SETS, Dataset
from benchmarks.learning.ways import LINEAR, WAYS
from benchmarks.report import number, table

HEAD = """# Learning curves

Written by `make curve` from `benchmarks/learning/results.jsonl`; not by hand. Accuracy in percent on the same held-out
rows for every way. The labelled rows of a seed are the same for every way, and fewer are among more. What a way needs
for its own choices (validation rows, penalties, epochs) it takes out of the labelled rows. The mean over seeds ± their
standard deviation; (n) where a cell has n seeds, fewer than the most of its column.

![Accuracy by labelled rows](../../docs/learning-curves.svg)
"""
NOTES = """* *Seconds*: processor seconds of one thread to learn, choices and encodings among them; *texts a second*:
  labels of raw texts, on one thread. Both wander by a tenth and more where other processes share the cores.
* *MB* is what must be kept to label texts: a model folder, a pickle of vectorizer and model, fastText's file,
  the encoder with its head.
* Penalties of the linear models and of the head over the encoder: three-fold cross-validation over the labelled rows,
  one fold beyond 3,000. fastText: 25 or 100 epochs, by a fifth of the rows; width 100, pairs of words in 200,000
  buckets.
* Where no spaces stand between words the linear models read characters, 1 to 3, fastText characters with their pairs.
* A warm start is from a model of at most 20,000 texts of a related task, trained by the default settings.
"""


def page_of(lines: Sequence[Line]) -> str:
    """The whole page. Sets without a line are left out."""
    if not lines:
        return "\n".join([HEAD, "Nothing yet.", ""])
    parts = [HEAD, _about(lines)]
    for data in SETS:
        if own := [line for line in lines if line["set"] == data.name]:
            parts += [_section(data, own)]
    return "\n".join([*parts, "## How\n", NOTES])


def _section(data: Dataset, lines: Sequence[Line]) -> str:
    held = {line["held_rows"] for line in lines}
    told = f"{', '.join(f'{rows:,}' for rows in sorted(held))} held-out rows."
    if data.related_to and lines_of(lines, way="warm"):
        told += f" Warm start: {data.related_to}."
    sizes = sorted({line["size"] for line in lines})
    parts = [f"## {data.title}\n", f"{told}\n", _accuracy(lines, sizes), _costs(lines, sizes)]
    return "\n".join([*parts, _gaps(lines, sizes)])


def _accuracy(lines: Sequence[Line], sizes: Sequence[int]) -> str:
    most = {size: max(len(lines_of(lines, way=way.name, size=size)) for way in WAYS) for size in sizes}
    rows = []
    for way in WAYS:
        if lines_of(lines, way=way.name):
            cells = [_cell(values_of(lines, way=way.name, size=size), most[size]) for size in sizes]
            rows.append([way.what, *cells])
    for branch, what in (("recurrent", "its network alone"), ("ngram_branch", "its n-gram branch alone")):
        if lines_of(lines, way="default"):
            cells = [_cell(values_of(lines, way="default", size=size, branch=branch), most[size]) for size in sizes]
            rows.insert(1, [f"textrnn, default: {what}", *cells])
    return table(["way", *(f"{size:,}" for size in sizes)], rows)


def _cell(values: Sequence[float], most: int) -> str:
    if not values:
        return ""
    spread = f" ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else ""
    seeds = f" ({len(values)})" if len(values) < most else ""
    return f"{100 * statistics.mean(values):.1f}{spread}{seeds}"


def _costs(lines: Sequence[Line], sizes: Sequence[int]) -> str:
    """Time, size and speed of each way at the largest size that the most ways have."""
    ways_at = {size: len({line["way"] for line in lines_of(lines, size=size)}) for size in sizes}
    size = max(sizes, key=lambda each: (ways_at[each], each))
    rows = []
    for way in WAYS:
        if found := lines_of(lines, way=way.name, size=size):
            means = [statistics.mean(line[name] for line in found) for name in COSTS]
            rows.append([way.what, number(means[0]), f"{means[1] / 1e6:.1f}", number(means[2])])
    return table([f"way, {size:,} rows", "seconds", "MB", "texts a second"], rows)


COSTS = ("fit_seconds", "bytes", "texts_per_second")


def _gaps(lines: Sequence[Line], sizes: Sequence[int]) -> str:
    """The default less the better of its branches and of the linear models, in points, by means over the same seeds."""
    told = []
    for size in sizes:
        own = lines_of(lines, way="default", size=size)
        seeds = {line["seed"] for line in own}
        if not own:
            continue
        joined = statistics.mean(line["accuracy"] for line in own)
        branch = max(statistics.mean(line["branches"][name] for line in own) for name in own[0]["branches"])
        others = [
            statistics.mean(line["accuracy"] for line in found)
            for way in LINEAR
            if len(found := [line for line in lines_of(lines, way=way, size=size) if line["seed"] in seeds]) == len(own)
        ]
        linear = max(others, default=0.0)
        told.append(f"{size:,} rows {100 * (joined - branch):+.1f} and {100 * (joined - linear):+.1f}")
    if not told:
        return ""
    return f"The default less the better of its branches, and less the best linear model: {'; '.join(told)} points.\n"


def _about(lines: Sequence[Line]) -> str:
    machines = sorted({f"{line['machine']['processor']}, {line['machine']['cores']} cores" for line in lines})
    dates = sorted({line["date"] for line in lines})
    codes = len({line["code"] for line in lines if "branches" in line})
    when = " to ".join(dict.fromkeys((dates[0], dates[-1])))
    told = f"Measured on {' and '.join(machines)}, one thread a process; {when}."
    return told + (f" textrnn's lines are of {codes} versions of its code." if codes > 1 else "") + "\n"
