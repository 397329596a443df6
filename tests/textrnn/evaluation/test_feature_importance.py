"""What the text and each tabular column are worth: all for what is read, nothing for what is not."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.tabular import CategoricalColumn, NumericColumn, TabularColumns, TabularFeatures
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import Decision
from textrnn.evaluation.feature_importance import permutation_importance
from textrnn.text.ragged import Ragged, ragged

COLUMNS = TabularColumns(
    (NumericColumn("price", 0.0, 1.0, True), NumericColumn("age", 0.0, 1.0, False)), (CategoricalColumn("k", ("a",)),)
)
ROWS = 400


def scores_of_logits(read: str, rows: Ragged, tabular: TabularFeatures) -> np.ndarray:
    """Which of two classes, by one kind of cell alone."""
    found = {
        "the text": rows.lengths > 2,
        "price": (tabular.numbers[:, 0] > 0) != (tabular.numbers[:, 1] > 0),  # the flag is a part of it
        "age": tabular.numbers[:, 2] > 0,
        "k": tabular.codes[:, 0] == 1,
    }
    return np.asarray(found[read]).astype(np.int64)


@pytest.mark.parametrize("read", ["the text", "price", "age", "k"])
def test_what_is_read_is_worth_all_and_the_others_nothing(read: str) -> None:
    chance = np.random.default_rng(0)
    rows = ragged(chance.integers(2, 9, length) for length in chance.integers(0, 6, ROWS))
    numbers = chance.normal(size=(ROWS, 3)).astype(np.float32)
    numbers[:, 1] = numbers[:, 1] > 0
    tabular = TabularFeatures(numbers, chance.integers(0, 2, (ROWS, 1)).astype(np.int32), (2,))

    def logits(rows: Ragged, tabular: TabularFeatures) -> BranchLogits:
        said = np.eye(2)[scores_of_logits(read, rows, tabular)] * 9
        return BranchLogits(said, np.zeros_like(said))

    labels, target = scores_of_logits(read, rows, tabular), Target("single", ("a", "b"))
    found = permutation_importance(logits, Decision(), rows, tabular, COLUMNS, labels, target, EvaluateConfig())
    assert [part["name"] for part in found] == ["the text", "price", "age", "k"]
    for part in found:
        if part["name"] == read:
            assert 0.35 < part["loss"] < 0.65, "half of the answers are right by chance"
        else:
            assert (part["loss"], part["score"]) == (0.0, 1.0)


def test_of_numbers_more_error_is_a_loss() -> None:
    rows = ragged([[2]] * 50)
    tabular = TabularFeatures(
        np.linspace(-1, 1, 150, dtype=np.float32).reshape(50, 3), np.zeros((50, 1), np.int32), (2,)
    )

    def logits(rows: Ragged, tabular: TabularFeatures) -> BranchLogits:
        return BranchLogits(tabular.numbers[:, 2:].astype(np.float64), np.zeros((50, 1)))

    found = permutation_importance(
        logits, Decision(rule="value"), rows, tabular, COLUMNS, tabular.numbers[:, 2].astype(np.float64),
        Target("number", ()), EvaluateConfig(),
    )  # fmt: skip
    losses = {part["name"]: part["loss"] for part in found}
    assert losses["age"] > 0.3
    assert losses["price"] == losses["k"] == losses["the text"] == 0
