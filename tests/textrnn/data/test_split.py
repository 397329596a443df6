"""The split: shares, groups, strata, and independence of order."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrnn.data.empty_splits import explain_empty_split
from textrnn.data.examples import SplitName
from textrnn.data.split import split_rows

SHARES: dict[SplitName, float] = {"validation": 0.1, "test": 0.1}
PINNED = ([22, 12, 31, 35], [26, 3, 32, 39])  # of 40 rows: validation, test
ROWS = st.lists(st.tuples(st.sampled_from("abcdefghijklmnop"), st.sampled_from("xyz")), min_size=1, max_size=60)


def _texts(number: int, prefix: str = "text") -> list[str]:
    return [f"{prefix} {i}" for i in range(number)]


def _sides(texts: list[str], labels: list[str], seed: int = 0) -> dict[str, str]:
    found = split_rows(texts, labels, SHARES, seed)
    return {texts[row]: name for name, rows in found.items() for row in rows}


@given(ROWS, st.integers(0, 2**31 - 1), st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_invariants(rows: list[tuple[str, str]], seed: int, validation: float, test: float) -> None:
    texts, labels = (list(cells) for cells in zip(*rows, strict=True))
    found = split_rows(texts, labels, {"validation": validation, "test": test}, seed)
    # a partition
    assert sorted(np.concatenate(list(found.values())).tolist()) == list(range(len(rows)))
    # equal texts on one side
    sides = {name: {texts[row] for row in numbers} for name, numbers in found.items()}
    assert sum(map(len, sides.values())) == len(set(texts))
    # each label is trained on
    assert {labels[row] for row in found["train"]} == set(labels)
    # no side takes more than its share of a class, and its rounding
    for label, number in Counter(labels).items():
        pure = [text for text in set(texts) if {b for a, b in rows if a == text} == {label}]
        taken = sum(rows.count((text, label)) for text in pure if text in sides["test"])
        assert taken <= test * len(rows) + 1
        assert taken < number or number == 0


@given(st.lists(st.integers(1, 80), min_size=2, max_size=6), st.integers(0, 99), st.floats(0.05, 0.4))
def test_exact_shares(sizes: list[int], seed: int, share: float) -> None:
    texts = _texts(sum(sizes))
    labels = [code for code, size in enumerate(sizes) for _ in range(size)]
    found = split_rows(texts, labels, {"validation": share, "test": share}, seed)
    for name in SHARES:
        taken = Counter(labels[row] for row in found[name])
        for code, size in enumerate(sizes):
            if size > 4:  # of fewer, one is kept for training
                assert abs(taken[code] - share * size) <= 1
        if min(sizes) > 4:
            assert abs(len(found[name]) - share * len(texts)) <= 1  # rounding does not add up over classes


def test_the_usual_shares() -> None:
    found = split_rows(_texts(1000), ["a"] * 700 + ["b"] * 300, SHARES, 0)
    assert {name: Counter(row < 700 for row in rows.tolist()) for name, rows in found.items()} == {
        "train": Counter({True: 560, False: 240}),
        "validation": Counter({True: 70, False: 30}),
        "test": Counter({True: 70, False: 30}),
    }


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_order_of_rows_plays_no_part(rows: list[tuple[str, str]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (_sides([text for text, _ in part], [label for _, label in part]) for part in (rows, shuffled))
    assert one == other


def test_rows_stand_in_an_order_of_their_own() -> None:
    texts, labels = _texts(300), ["a", "b", "c"] * 100
    orders = []
    for sequence in (range(300), range(299, -1, -1)):
        there, marks = [texts[i] for i in sequence], [labels[i] for i in sequence]
        orders.append(
            {name: [there[row] for row in rows] for name, rows in split_rows(there, marks, SHARES, 4).items()}
        )
    assert orders[0] == orders[1]
    train = [labels[texts.index(text)] for text in orders[0]["train"]]
    assert train != sorted(train)  # classes are mixed


def test_few_change_sides_when_rows_are_added() -> None:
    labels = ["a", "b"] * 1000
    before = _sides(_texts(2000), labels)
    after = _sides(_texts(2000) + _texts(100, "new"), labels + ["a", "b"] * 50)
    assert sum(before[text] != after[text] for text in before) < 30  # a fresh shuffle would move 680


def test_seed_decides() -> None:
    texts, labels = _texts(400), ["a", "b"] * 200
    assert _sides(texts, labels, 1) == _sides(texts, labels, 1)
    assert _sides(texts, labels, 1) != _sides(texts, labels, 2)


def test_pinned() -> None:
    """What users' splits are made of: a change here changes everyone's test set."""
    found = split_rows(_texts(40), ["a", "b"] * 20, SHARES, 0)
    assert (found["validation"].tolist(), found["test"].tolist()) == PINNED


@pytest.mark.parametrize("seed", ["1", "2"])
def test_hash_seed_plays_no_part(seed: str) -> None:
    code = (
        "from textrnn.data.split import split_rows\n"
        "found = split_rows([f'text {i}' for i in range(40)], ['a', 'b'] * 20, {'validation': 0.1, 'test': 0.1}, 0)\n"
        "print((found['validation'].tolist(), found['test'].tolist()))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == str(PINNED)


def test_group_counts_as_most_of_its_labels() -> None:
    texts = [*_texts(100), *[text for text in _texts(100, "thrice") for _ in range(3)]]
    labels = ["b"] * 100 + ["a", "b", "a"] * 100
    found = split_rows(texts, labels, SHARES, 0)
    for name in SHARES:
        assert Counter(row < 100 for row in found[name].tolist()) == {True: 10, False: 30}


def test_label_that_only_stands_next_to_another() -> None:
    texts = [*_texts(50), *["both"] * 3]
    labels = ["a", "b"] * 25 + ["a", "a", "rare"]
    for seed in range(40):
        found = split_rows(texts, labels, {"validation": 0.3, "test": 0.3}, seed)
        assert "rare" in {labels[row] for row in found["train"]}


def test_share_of_train_alone() -> None:
    found = split_rows(_texts(100), [0, 1] * 50, {"validation": 0.2}, 0)
    assert {name: len(rows) for name, rows in found.items()} == {"train": 80, "validation": 20}


@pytest.mark.parametrize(("share", "labels", "equal"), [(0.2, "aabb", 1), (0.3, "aab", 1), (0.5, "aaabb", 2)])
def test_the_least_share_that_helps_is_advised(share: float, labels: str, equal: int) -> None:
    texts = [f"text {i // equal}" for i in range(len(labels))]
    told = explain_empty_split("validation", texts, list(labels), {"validation": 0.01}, 0)
    assert told.endswith(f"or set data.validation_fraction = {share}")
    held_out = {each: len(split_rows(texts, labels, {"validation": each}, 0)["validation"]) for each in (0.2, 0.3, 0.5)}
    assert next(each for each, rows in held_out.items() if rows) == share
