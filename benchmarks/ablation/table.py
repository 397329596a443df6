"""ABLATION.md: a pure function of the lines."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy.stats import t as student

from benchmarks.ablation.arms import DEFAULT, Arm
from benchmarks.ablation.lines import Line
from benchmarks.report import table

HEAD = """# Ablation

Written by `make ablation` from `benchmarks/ABLATION.jsonl`; not by hand. Each arm is the default configuration with one
change. *Difference* is the arm less the default, paired by seed, with its 95 % interval over seeds (Student's t):
below 0 is worse in accuracy and better in log loss.
"""
NOTES = """* Factors of the branches are fitted on every second validation text and scored on the others, and so back.
* The epoch and the penalty of the n-gram branch are chosen on all validation texts, in every arm alike: the figures are
  for comparing arms.
* An interval covers the seeds (weights, order, dropout), not the draw of the reviews. One in twenty misses by chance.
* CPU minutes are of training and of the n-gram branch; what arms share is counted in each of them.
"""
LEVEL = 0.95


@dataclass(frozen=True)
class Difference:
    """The mean of paired differences over seeds, and half the width of its 95 % interval (infinite for one seed)."""

    mean: float
    half: float

    @property
    def sign(self) -> int:
        """-1 or 1 where the interval lies on one side of 0, else 0."""
        return 0 if abs(self.mean) <= self.half else (1 if self.mean > 0 else -1)


def page_of(lines: Sequence[Line], arms: Sequence[Arm], about: str) -> str:
    """The whole page; `about` says which texts were read. Arms without a line are left out."""
    by_arm = {arm: found for arm in arms if (found := [line for line in lines if line["changes"] == list(arm.changes)])}
    if DEFAULT not in by_arm:
        return "\n".join([HEAD, "Nothing yet: the default has not been run.", ""])
    default = by_arm[DEFAULT]
    parts = [HEAD, _about(lines, about), "## Both branches joined\n", _joined(by_arm, lines)]
    parts += [
        "## Each branch alone\n",
        _alone(by_arm),
        "## Which ingredients pay\n",
        *_verdicts(by_arm, default),
        NOTES,
    ]
    return "\n".join(parts)


def difference(arm: Sequence[Line], default: Sequence[Line], part: str, score: str) -> Difference | None:
    """The arm less the default in `score` of `part`, over the seeds that both have; None without such seeds."""
    theirs = {line["seed"]: line[part][score] for line in default if line[part]}
    pairs = [line[part][score] - theirs[line["seed"]] for line in arm if line[part] and line["seed"] in theirs]
    if not pairs:
        return None
    if len(pairs) == 1:
        return Difference(pairs[0], math.inf)
    error = statistics.stdev(pairs) / math.sqrt(len(pairs))
    return Difference(statistics.mean(pairs), float(student.ppf((1 + LEVEL) / 2, len(pairs) - 1)) * error)


def cpu_minutes(arm: Sequence[Line], lines: Sequence[Line]) -> float | None:
    """Processor minutes of a run of `arm` on average: each stage's as the line says that ran it whole.

    Stages that nobody ran whole (a run that was ended half-way) are left out; None where that are all.
    """
    known = {
        line["keys"][stage]: seconds for line in lines for stage, seconds in line["cpu_seconds"].items() if seconds
    }
    costs = [[known.get(key) for key in line["keys"].values()] for line in arm]
    whole = [sum(each) for cost in costs if len(each := [x for x in cost if x is not None]) == len(cost)]
    return statistics.mean(whole) / 60 if whole else None


def _joined(by_arm: Mapping[Arm, Sequence[Line]], lines: Sequence[Line]) -> str:
    columns = ["arm", "seeds", "accuracy %", "spread", "difference", "log loss", "spread", "difference", "CPU minutes"]
    rows = []
    for arm, found in by_arm.items():
        minutes = cpu_minutes(found, lines)
        cells = [cell for score in SCORES for cell in _cells(found, by_arm[DEFAULT], "joined", score)]
        rows.append([arm.name, str(len(found)), *cells, "" if minutes is None else f"{minutes:.1f}"])
    return table(columns, rows)


def _alone(by_arm: Mapping[Arm, Sequence[Line]]) -> str:
    columns = ["arm"]
    for part in ("recurrent", "ngram_branch"):
        columns += [f"{part} accuracy %", "spread", "difference", f"{part} log loss", "spread", "difference"]
    rows = [
        [arm.name]
        + [
            c
            for part in ("recurrent", "ngram_branch")
            for score in SCORES
            for c in _cells(found, by_arm[DEFAULT], part, score)
        ]
        for arm, found in by_arm.items()
    ]
    return table(columns, rows)


SCORES: Mapping[str, tuple[float, int]] = {"accuracy": (100, 2), "log_loss": (1, 4)}  # factor shown, digits


def _cells(arm: Sequence[Line], default: Sequence[Line], part: str, score: str) -> list[str]:
    """Mean, spread (standard deviation over seeds) and difference, as the table shows them."""
    factor, digits = SCORES[score]
    values = [factor * line[part][score] for line in arm if line[part]]
    if not values:
        return ["", "", ""]
    spread = f"{statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    found = None if arm is default else difference(arm, default, part, score)
    return [f"{statistics.mean(values):.{digits}f}", spread, _shown(found, factor, digits)]


def _shown(found: Difference | None, factor: float, digits: int) -> str:
    if found is None:
        return ""
    half = "" if math.isinf(found.half) else f" ± {factor * found.half:.{digits}f}"
    return f"{factor * found.mean:+.{digits}f}{half}"


def _verdicts(by_arm: Mapping[Arm, Sequence[Line]], default: Sequence[Line]) -> list[str]:
    """By log loss of both branches joined: what is worse than the default, what is better, what does not tell."""
    sides: dict[int, list[tuple[float, str]]] = {1: [], -1: [], 0: []}
    for arm, found in by_arm.items():
        each = difference(found, default, "joined", "log_loss")
        if arm is not DEFAULT and each is not None:
            sides[each.sign].append((each.mean, f"{arm.what} ({_shown(each, 1, 4)})"))
    said = []
    for sign, words in (
        (1, "What the default has in their place pays; its log loss is lower than with"),
        (-1, "The default would gain; its log loss is higher than with"),
        (0, "No difference in log loss is shown by these seeds for"),
    ):
        ordered = [text for _, text in sorted(sides[sign], key=lambda pair: -abs(pair[0]))]
        if ordered:
            said.append(f"{words}: {'; '.join(ordered)}.\n")
    return said


def _about(lines: Sequence[Line], about: str) -> str:
    machines = sorted({f"{line['machine']['processor']}, {line['machine']['cores']} cores" for line in lines})
    commits = sorted({str(line["commit"]) for line in lines})
    codes = len({line["code"] for line in lines})
    told = f"Read: {about}. Run on {' and '.join(machines)}, one thread a run; commit {', '.join(commits)}."
    return told + (f" The lines are of {codes} versions of the code." if codes > 1 else "") + "\n"


def listing(arms: Sequence[Arm], done: Mapping[str, Sequence[int]]) -> str:
    """The arms, what each changes, and the seeds that have a line."""
    rows: list[list[Any]] = [
        [arm.name, arm.what, " ".join(arm.changes), " ".join(map(str, done.get(arm.name, ())))] for arm in arms
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)
