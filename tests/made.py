"""Made-up texts with labels that depend on order: "not good, cheap" is no "good, not cheap"."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

THINGS = ["soup", "room", "train", "lamp", "garden", "phone", "chair", "song", "coat", "bridge", "cake", "map"]
GOOD = ["good", "lovely", "bright", "fresh", "kind", "solid"]
BAD = ["bad", "dull", "broken", "stale", "rude", "weak"]
FILLER = ["to be honest", "as we saw it", "on that day", "for the price", "so they said", "in the end"]


def make_rows(rows: int, *, seed: int = 0) -> list[tuple[str, str]]:
    """`rows` made-up (text, label) pairs, labels "good" and "bad" in turn; a negation turns the label."""
    chance = random.Random(seed)
    made = []
    for number in range(rows):
        wanted = "good" if number % 2 == 0 else "bad"
        negated = chance.random() < 0.4
        word = chance.choice(GOOD if (wanted == "good") != negated else BAD)
        parts = [f"the {chance.choice(THINGS)} was {'not ' if negated else ''}{word}", chance.choice(FILLER)]
        chance.shuffle(parts)
        made.append((", ".join(parts) + chance.choice([".", "!", " ..."]) + f" ({chance.randrange(1000)})", wanted))
    return made


def write_csv(path: Path, rows: Sequence[tuple[str, str]]) -> Path:
    """The rows as CSV with the columns text and label."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "label"])
        writer.writerows(rows)
    return path


if __name__ == "__main__":
    write_csv(Path(__file__).parent.parent / "configs" / "smoke.csv", make_rows(600))
