"""Columns that are not what they are taken for: said where they are, and not where they are not."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.data.data_check import ReadingSummary, check_splits
from textrnn.data.examples import Examples
from textrnn.data.target import Label, single_target, target_of

TEXTS = [f"a made text of some words, number {i}" for i in range(60)]
LABELS = [["no", "yes", "perhaps"][i % 3] for i in range(60)]


def warnings_of(texts: list[str], labels: list[Label]) -> list[str]:
    examples = Examples({"text": texts}, labels, np.arange(1, len(texts) + 1))
    found: list[str] = check_splits({"train": examples}, single_target(labels), ReadingSummary())["warnings"]
    return found


def test_what_is_as_it_should_be_is_not_doubted() -> None:
    assert warnings_of(TEXTS, list(LABELS)) == []
    assert warnings_of([f"{text} {i}" for i, text in enumerate(TEXTS * 5)], [*LABELS] * 5) == []
    long = [f"a label that is longer than its text, {i}" for i in range(10)]
    said = warnings_of(["a", "b"] * 10, [*long, *long])
    assert not any("swapped" in each for each in said), "no more labels than half of the rows"


SWAPPED = (
    "60 different labels of 36 characters on average and 3 different texts of 4 in 60 training rows: are texts and "
    "labels swapped?"
)
IDS = (
    "60 of 60 training rows have a label that no other row has: is it the label column, or one of ids, or of numbers "
    '(data.target = "number")?'
)
NUMBERS = "all texts are numbers: is it the text column? (tabular columns of numbers are named in data.numeric)"
LISTS = "labels look like lists: \"['a', 'b']\", \"['c']\"; for several labels per text use data.target = \"multi\""


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        (LABELS, TEXTS, SWAPPED),
        (TEXTS, [f"id-{i}" for i in range(60)], IDS),
        (["one", "two"] * 30, LABELS, "only 2 different texts in 60 training rows: is it the text column?"),
        ([str(i / 4) for i in range(60)], LABELS, NUMBERS),
        (TEXTS, ["['a', 'b']", "['c']"] * 30, LISTS),
        (
            TEXTS,
            ["array(['a', 'b'])", "array(['c'])"] * 30,
            LISTS.replace("['a', 'b']", "array(['a', 'b'])").replace("['c']", "array(['c'])"),
        ),
    ],
)
def test_what_is_so_is_reported(texts: list[str], labels: list[Label], said: str) -> None:
    assert said in warnings_of(texts, labels)


def test_several_labels_and_numbers_are_not_doubted() -> None:
    for kind, labels in (("multi", [(f"t{i}",) for i in range(60)]), ("number", [float(i) for i in range(60)])):
        examples = Examples({"text": TEXTS}, list(labels), np.arange(1, 61))
        checks = check_splits({"train": examples}, target_of(kind, list(labels)), ReadingSummary())  # type: ignore[arg-type]
        assert not any("swapped" in warning or "no other row" in warning for warning in checks["warnings"])
