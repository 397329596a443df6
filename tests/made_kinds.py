"""Made-up texts for targets of other kinds: several labels, stars, paths."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from made import FILLER, THINGS

FEELINGS = {
    "anger": ["furious", "annoyed", "outraged", "fed up"],
    "fear": ["afraid", "worried", "nervous", "uneasy"],
    "joy": ["delighted", "happy", "cheerful", "thrilled"],
    "surprise": ["astonished", "startled", "amazed", "baffled"],
}
STARS = {
    1: ["useless", "dreadful", "a disgrace"],
    2: ["poor", "flimsy", "below par"],
    3: ["all right", "passable", "average"],
    4: ["good", "sturdy", "well made"],
    5: ["superb", "flawless", "a joy to use"],
}
WISHES = {
    "card > lost": ["my card is gone", "I cannot find my card", "somebody stole my card"],
    "card > pin": ["I forgot my pin", "how do I change my pin", "the machine refuses my pin"],
    "loan > rate": ["what does a loan cost a month", "is the rate of my loan fixed", "can I get a lower rate"],
    "loan > repay": ["may I repay my loan early", "I want to pay back the loan", "how do I repay faster"],
    "travel > insurance": ["is my trip insured", "does the insurance cover a cancelled trip", "I need cover abroad"],
    "travel > money": ["can I pay abroad", "which currency should I take along", "where do I change money"],
}


def make_feelings(rows: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """Texts with any number of labels, none too; "not happy" is no joy."""
    chance = random.Random(seed)
    made = []
    for number in range(rows):
        labels = [name for name in FEELINGS if chance.random() < 0.35]
        parts = [f"I was {chance.choice(FEELINGS[name])}" for name in labels]
        if chance.random() < 0.4 and (others := [name for name in FEELINGS if name not in labels]):
            parts.append(f"I was not {chance.choice(FEELINGS[chance.choice(others)])}")
        parts += [f"there was the {chance.choice(THINGS)}", chance.choice(FILLER)]
        chance.shuffle(parts)
        made.append({"text": f"{', '.join(parts)}. ({number})", "labels": labels})
    return made


def make_stars(rows: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """Texts with one to five stars: two words, each at most one star off."""
    chance = random.Random(seed)
    made = []
    for number in range(rows):
        stars = chance.randint(1, 5)
        near = [min(max(stars + chance.choice([-1, 0, 0, 0, 1]), 1), 5) for _ in range(2)]
        words = " and ".join(chance.choice(STARS[star]) for star in near)
        made.append(
            {"text": f"the {chance.choice(THINGS)} was {words}, {chance.choice(FILLER)} ({number})", "stars": stars}
        )
    return made


def make_wishes(rows: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """What people ask a bank, with the path of what they ask for."""
    chance = random.Random(seed)
    made = []
    for number in range(rows):
        path = chance.choice(list(WISHES))
        parts = [chance.choice(WISHES[path]), chance.choice(FILLER)]
        chance.shuffle(parts)
        made.append({"text": f"{', '.join(parts)} ({number})", "label": path})
    return made


def write_jsonlines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """The rows as JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


PACKAGED = {"feelings": make_feelings, "stars": make_stars, "wishes": make_wishes}

if __name__ == "__main__":
    for name, make in PACKAGED.items():
        write_jsonlines(Path(__file__).parent.parent / "configs" / f"{name}.jsonl", make(600))
