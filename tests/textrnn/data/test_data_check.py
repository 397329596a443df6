"""The data check: every count, and a warning for each thing a person should know."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.data.data_check import ReadingSummary, check_splits, describe_checks
from textrnn.data.examples import Examples, SplitName
from textrnn.data.target import Label, single_target
from textrnn.storage.files import canonical_json


def _examples(cells: list[tuple[str, Label]]) -> Examples:
    texts, labels = [text for text, _ in cells], [label for _, label in cells]
    return Examples({"text": texts}, labels, np.arange(1, len(cells) + 1))


def _splits(**cells: list[tuple[str, Label]]) -> dict[SplitName, Examples]:
    return {name: _examples(rows) for name, rows in cells.items()}  # type: ignore[misc]


def _clean(number: int, prefix: str = "t") -> list[tuple[str, Label]]:
    return [(f"{prefix}{i}", "ab"[i % 2]) for i in range(number)]


def _warnings(splits: dict[SplitName, Examples], reading: ReadingSummary | None = None) -> list[str]:
    warnings: list[str] = check_splits(splits, single_target(splits["train"].labels), reading or ReadingSummary())[
        "warnings"
    ]
    return warnings


def test_counts() -> None:
    train: list[tuple[str, Label]] = [("aa", "x"), ("aa", "x"), ("aa", "y"), (" ", "y"), ("abcdef", "y")]
    splits = _splits(train=train, test=[("aa", "x"), ("new", "y"), ("aa", "x"), ("b", "x")])
    reading = ReadingSummary(1, 2, 3, {"copies": 4}, ("unsupervised",))
    found = check_splits(splits, single_target(["x", "y"]), reading)
    canonical_json(found)  # plain JSON
    assert found["splits"]["train"] == {
        "rows": 5,
        "classes": {"x": 2, "y": 3},
        "empty": 1,
        "duplicates": 2,
        "characters": {"min": 1, "median": 2, "mean": 2.6, "p95": 6, "max": 6},
    }
    assert found["shared"] == {"train-test": {"rows": 2, "share": 0.5}}
    assert found["conflicting_texts"] == 1
    assert (found["cut_texts"], found["surrogates"], found["trimmed_labels"]) == (1, 2, 3)
    assert (found["dropped"], found["left_out_splits"]) == ({"copies": 4}, ["unsupervised"])


def test_clean_data_warns_of_nothing() -> None:
    assert _warnings(_splits(train=_clean(200), validation=_clean(20, "v"), test=_clean(100, "w"))) == []


@pytest.mark.parametrize(
    ("more", "reading", "expected"),
    [
        ([("r", "rare")], ReadingSummary(), "1 class has fewer than 10 training rows: 'rare'"),
        ([("r", "rare")], ReadingSummary(), "the class 'a' has 1,000 times the training rows of 'rare'"),
        ([("r", "A")] * 9, ReadingSummary(), "labels that look alike are different classes: 'A', 'a'"),
        ([("same", "a"), ("same", "b")], ReadingSummary(), "1 text with two different labels"),
        ([("same", "a")] * 200, ReadingSummary(), "199 of 2,200 training rows repeat an earlier text"),
        ([("", "a")], ReadingSummary(), "1 text without a visible character"),
        ([("w0", "a")], ReadingSummary(), "1 test row (1.0%) repeat a text of train"),
        ([], ReadingSummary(cut=2), "2 texts cut to the maximum length (data.max_characters)"),
        ([], ReadingSummary(surrogates=1), "1 lone surrogate replaced"),
        ([], ReadingSummary(trimmed=5), "whitespace around 5 labels were removed"),
        ([], ReadingSummary(left_out=("dev",)), "splits that were not read: 'dev'"),
    ],
)
def test_each_warning(more: list[tuple[str, Label]], reading: ReadingSummary, expected: str) -> None:
    splits = _splits(train=_clean(2000) + more, validation=_clean(20, "v"), test=_clean(100, "w"))
    assert [warning for warning in _warnings(splits, reading) if warning.startswith(expected)]


def test_absent_class_and_small_test() -> None:
    warnings = _warnings(_splits(train=_clean(40), test=[("x", "a")] * 5))
    assert "1 class has no test rows: 'b'" in warnings
    assert any("the test split has 5 rows" in warning for warning in warnings)


@pytest.mark.parametrize(("one", "other"), [("01", "1"), ("1.0", "1"), ("Yes", "yes"), ("a  b", "a b")])
def test_look_alikes(one: str, other: str) -> None:
    found = check_splits(_splits(train=[("x", one), ("y", other)]), single_target([one, other]), ReadingSummary())
    assert found["look_alike_labels"] == [sorted([one, other])]


def test_described_in_plain_lines() -> None:
    splits = _splits(train=_clean(1001), test=_clean(5, "w"))
    lines = describe_checks(check_splits(splits, single_target(["a", "b"]), ReadingSummary(dropped={"copies": 1500})))
    assert lines[0] == "train: 1,001 rows (a 501, b 500), 4 characters in the median, 5 at most"
    assert "left out: 1,500 rows, copies" in lines
    assert lines[-1].startswith("warning: the test split has 5 rows")
