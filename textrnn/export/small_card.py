"""What a small model costs, in figures, then as a section of its card."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textrnn.decision.decision import choose
from textrnn.export.small_candidates import Candidate, Candidates
from textrnn.metrics.significance import Interval, compare
from textrnn.metrics.validation_score import SCORE_NAMES

HEADING = "## Made small"
NEXT_HEADINGS = ("## What it is", "## How good it is")  # the section stands above the first of these


@dataclass(frozen=True)
class Cost:
    """What changed, the model before first: tokens, n-grams, scores, losses; the bits of a number of the
    embedding, and the size of the model before.

    `names` are those of score and loss. Of `rows` labelled rows from `source`, `differ` get another prediction, None
    where numbers are predicted; `interval` is that of the score lost, where a test gives one.
    """

    names: tuple[str, str]
    tokens: tuple[int, int]
    ngrams: tuple[int, int]
    scores: tuple[float, float]
    losses: tuple[float, float]
    bits: int
    size_before: int
    source: str
    rows: int
    differ: int | None
    interval: Interval | None

    @property
    def points_lost(self) -> float:
        """Hundredths of the score."""
        return 100 * (self.scores[0] - self.scores[1])


def cost_of(candidates: Candidates, chosen: Candidate, size_before: int) -> Cost:
    """Returns what `chosen` costs beside the whole model, whose folder has `size_before` bytes."""
    whole, predictor, labels = candidates.whole, candidates.predictor, candidates.data.labels
    target, differ, interval = predictor.target, None, None
    if target.kind != "number":
        before, after = (choose(predictor.decision, each.scores) for each in (whole, chosen))
        other = before != after
        differ = int((other.any(axis=1) if other.ndim > 1 else other).sum())
    if target.exclusive:
        right = [each.scores.argmax(axis=1) == labels for each in (whole, chosen)]
        interval = compare(right[0], right[1]).interval
    kept = candidates.kept_ngrams(candidates.kept_tokens(chosen.tokens), chosen.ngrams)
    return Cost(
        SCORE_NAMES[target.kind],
        (whole.tokens, chosen.tokens),
        (candidates.features, int(np.count_nonzero(kept))),
        (whole.score, chosen.score),
        (whole.loss, chosen.loss),
        chosen.bits or 8,
        size_before,
        candidates.data.source,
        len(candidates.data.rows),
        differ,
        interval,
    )


def describe_loss(cost: Cost) -> str:
    """Returns what was lost, on one line.

    >>> names, interval = ("accuracy", "log loss"), (-0.001, 0.005)
    >>> cost = Cost(names, (9, 5), (8, 4), (0.932, 0.93), (0.2, 0.21), 8, 9, "a.csv", 500, 3, interval)
    >>> describe_loss(cost)
    '0.20 points of accuracy lost (95 % -0.10..0.50), 3 of 500 predictions differ'
    """
    ends = "" if cost.interval is None else f" (95 % {100 * cost.interval[0]:.2f}..{100 * cost.interval[1]:.2f})"
    differ = "" if cost.differ is None else f", {cost.differ:,} of {cost.rows:,} predictions differ"
    return f"{cost.points_lost:.2f} points of {cost.names[0]} lost{ends}{differ}"


def describe_size(size: int) -> str:
    """Returns a number of bytes for people.

    >>> describe_size(4_321), describe_size(1_996_123)
    ('4 kB', '2.00 MB')
    """
    return f"{size / 1e6:.2f} MB" if size >= 10**6 else f"{size / 1000:.0f} kB"


def write_section(cost: Cost, size: int) -> str:
    """Returns the section of the card of a model folder of about `size` bytes. Markdown."""
    score, loss = cost.names
    fine = "" if cost.bits == 8 else f" (those of the embedding to {cost.bits} bits)"
    rows = [
        ("size", describe_size(cost.size_before), describe_size(size)),
        ("tokens", *(f"{number:,}" for number in cost.tokens)),
        ("n-grams", *(f"{number:,}" for number in cost.ngrams)),
        (score, *(f"{number:.4f}" for number in cost.scores)),
        (loss, *(f"{number:.4f}" for number in cost.losses)),
    ]
    table = "\n".join(f"| {name} | {before} | {after} |" for name, before, after in rows)
    return f"""{HEADING}

`textrnn export --small` made this model from a larger one: its weights are rounded to int8{fine}, and of its
tokens and n-grams the most important ones are kept.

| | before | small |
| --- | ---: | ---: |
{table}

{describe_loss(cost)}.
Measured on {cost.rows:,} rows ({cost.source}), each half by a model whose tokens and n-grams the other half chose.
The sections below describe the model before.
"""


def insert_section(card: str, section: str) -> str:
    r"""Returns `card` with the `section`, in place of one that is there.

    >>> print(insert_section("# A\n\n## What it is\n\nb\n", "## Made small\n\nc\n"), end="")
    # A
    <BLANKLINE>
    ## Made small
    <BLANKLINE>
    c
    <BLANKLINE>
    ## What it is
    <BLANKLINE>
    b
    """
    start = card.find(f"{HEADING}\n")
    if start >= 0:
        end = card.find("\n## ", start)
        return card[:start] + section + (card[end:] if end >= 0 else "")
    at = min((place for heading in NEXT_HEADINGS if (place := card.find(heading)) >= 0), default=-1)
    if at < 0:
        return (card.rstrip("\n") + "\n\n" if card else "") + section
    return card[:at] + section + "\n" + card[at:]
