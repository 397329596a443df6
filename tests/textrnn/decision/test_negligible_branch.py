"""A branch that counts for next to nothing is told of, with the reason, whoever asks: stage, `fit`, report, card."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from classifiers import text_classifier
from made import make_rows

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import Decision, compute_scores
from textrnn.decision.fit_decision import fit_decision
from textrnn.decision.negligible_branch import describe_negligible_branch
from textrnn.errors import TrainingWarning
from textrnn.evaluation.branch_scores import measure_branches

SIZE = 200
KINDS = [
    Target("single", ("low", "fair", "high")),
    Target("ordinal", ("low", "fair", "high")),
    Target("multi", ("low", "fair", "high")),
    Target("number", (), 50.0, 10.0),
]


def drawn(target: Target, size: int = SIZE) -> tuple[np.ndarray, Any]:
    """Logits that know the labels well, and the labels."""
    chance = np.random.default_rng(0)
    if target.kind == "number":
        truth = chance.normal(size=(size, 1))
        return truth, (truth[:, 0] + 0.1 * chance.normal(size=size)) * target.scale + target.centre
    truth = 3 * chance.normal(size=(size, 3))
    if target.kind == "multi":
        return truth, (truth + chance.logistic(size=truth.shape) > 0).astype(np.float32)
    return truth, (truth + chance.gumbel(size=truth.shape)).argmax(axis=1)


@pytest.mark.parametrize("target", KINDS, ids=lambda target: target.kind)
@pytest.mark.parametrize("idle", ["recurrent", "ngram_branch"])
def test_a_branch_that_says_the_same_of_every_text_is_idle(target: Target, idle: str) -> None:
    """Whatever its factor: no answer is another for it."""
    truth, labels = drawn(target)
    same = np.tile(np.arange(truth.shape[1]) * 1.5, (SIZE, 1))
    of = {"recurrent": (same, truth), "ngram_branch": (truth, same)}[idle]
    told = describe_negligible_branch(Decision(0.5, 0.5), BranchLogits(*of), labels, target, rows="made rows", epochs=2)
    name = {"recurrent": "the recurrent network", "ngram_branch": "the n-gram branch"}[idle]
    assert told is not None
    assert told.startswith(f"{name} has a negligible weight (0.5, 0.0% of the variation of the logits)")
    assert "on 200 made rows" in told
    assert "it has hardly learned" in told
    assert ("in 2 epochs; more may help" in told) == (idle == "recurrent")


@pytest.mark.parametrize("target", KINDS, ids=lambda target: target.kind)
def test_two_branches_that_know_are_not_idle(target: Target) -> None:
    truth, labels = drawn(target)
    logits = BranchLogits(truth, 0.7 * truth)
    assert describe_negligible_branch(Decision(0.5, 0.5), logits, labels, target, rows="made rows") is None
    assert describe_negligible_branch(Decision(1.0, 0.001), logits, labels, target, rows="made rows") is not None


def test_a_branch_that_adds_nothing_is_told_with_both_scores() -> None:
    target = KINDS[0]
    truth, labels = drawn(target)
    weak = truth + 3 * np.random.default_rng(1).normal(size=truth.shape)
    told = describe_negligible_branch(Decision(1.0, 0.0), BranchLogits(truth, weak), labels, target, rows="made rows")
    alone = [(own.argmax(axis=1) == labels).mean() for own in (truth, weak)]
    assert told is not None
    assert f"accuracy alone is {alone[1]:.3f}, and it adds nothing to the recurrent network" in told
    assert told.endswith(f"whose accuracy is {alone[0]:.3f}")


def test_without_rows_nothing_is_told() -> None:
    empty = np.zeros((0, 3))
    assert (
        describe_negligible_branch(Decision(), BranchLogits(empty, empty), np.zeros(0, int), KINDS[0], rows="rows")
        is None
    )


def test_the_report_says_it() -> None:
    target = KINDS[0]
    truth, labels = drawn(target)
    logits = BranchLogits(np.zeros_like(truth), truth)
    decision = fit_decision(logits, labels, has_ngrams=True)
    config = EvaluateConfig(bootstrap=0)
    found = measure_branches(
        labels, compute_scores(decision, logits), logits, decision, config, target, split="test", epochs=1
    )
    assert found["idle"].startswith("the recurrent network has a negligible weight")
    assert "on 200 test rows" in found["idle"]
    assert "in 1 epoch; more may help" in found["idle"]


def test_fit_warns_of_a_network_that_has_not_learned() -> None:
    texts, labels = zip(*make_rows(200, seed=0), strict=True)
    tiny: dict[str, Any] = {"embedding_size": 8, "hidden_size": 16, "vectors": "none", "train.adversarial": 0.0}
    with pytest.warns(TrainingWarning, match="the recurrent network has a negligible weight") as told:
        text_classifier(tiny, epochs=1, learning_rate=1e-6).fit(texts, labels)
    assert [warning.filename for warning in told if warning.category is TrainingWarning] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error", TrainingWarning)
        text_classifier({**tiny, "ngram_branch.enabled": False}, epochs=1).fit(texts, labels)  # alone it is never idle
