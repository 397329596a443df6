"""The factors are the best ones, by the loss they are said to have; a branch that knows nothing counts for nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import MODEL, TRAIN, made_ids

from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.decision.apply_request import set_min_confidence
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decide import decide
from textrnn.decision.decision import Decision, accepts, compute_scores, confidence
from textrnn.decision.fit_decision import fit_decision
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.linear.ngram_branch import empty_branch
from textrnn.metrics.metrics import log_loss
from textrnn.training.train import train


def drawn(classes: int, seed: int, *, texts: int = 400) -> tuple[BranchLogits, np.ndarray]:
    """Logits of two branches, each with noise of its own round the truth, and labels drawn from the truth."""
    chance = np.random.default_rng(seed)
    truth = chance.normal(size=(texts, classes)) * 2
    labels = (truth + chance.gumbel(size=truth.shape)).argmax(axis=1)  # as softmax(truth) says
    recurrent = 3 * (truth + chance.normal(size=truth.shape))
    return BranchLogits(recurrent, 0.5 * (truth + chance.normal(size=truth.shape))), labels


def held_loss(decision: Decision, logits: BranchLogits, labels: np.ndarray, *, has_ngrams: bool = True) -> float:
    """The log loss in nats of all texts, and the pull."""
    start = 0.5 if has_ngrams else 1.0
    pull = (decision.recurrent - start) ** 2 + ((decision.ngram_branch - start) ** 2 if has_ngrams else 0)
    return log_loss(labels, compute_scores(decision, logits)) * len(labels) + 8 * pull / 2


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.integers(0, 10**6))
def test_no_step_away_is_better(classes: int, seed: int) -> None:
    logits, labels = drawn(classes, seed)
    found = fit_decision(logits, labels, has_ngrams=True)
    best = held_loss(found, logits, labels)
    for step in (-0.01, 0.01):
        assert best < held_loss(Decision(found.recurrent + step, found.ngram_branch), logits, labels)
        assert best < held_loss(Decision(found.recurrent, found.ngram_branch + step), logits, labels)


def test_both_branches_are_better_than_either() -> None:
    logits, labels = drawn(3, 0)
    both = fit_decision(logits, labels, has_ngrams=True)
    alone = fit_decision(logits, labels, has_ngrams=False)
    assert alone.ngram_branch == 0
    assert held_loss(alone, logits, labels, has_ngrams=False) > held_loss(both, logits, labels) + 10


def test_one_branch_alone_is_temperature_scaling() -> None:
    """Logits that are three times too sure come back to a third."""
    chance = np.random.default_rng(0)
    truth = chance.normal(size=(20_000, 4)) * 2
    labels = (truth + chance.gumbel(size=truth.shape)).argmax(axis=1)
    found = fit_decision(BranchLogits(3 * truth, np.zeros_like(truth)), labels, has_ngrams=False)
    assert found.recurrent == pytest.approx(1 / 3, rel=0.05)


def test_a_branch_that_knows_nothing_counts_for_nothing() -> None:
    logits, labels = drawn(2, 1, texts=4000)
    noise = np.random.default_rng(2).normal(size=logits.ngram_branch.shape)
    against = fit_decision(BranchLogits(logits.recurrent, -logits.ngram_branch), labels, has_ngrams=True)
    assert fit_decision(BranchLogits(logits.recurrent, noise), labels, has_ngrams=True).ngram_branch < 0.05
    assert against.ngram_branch == 0  # and none below it


@pytest.mark.parametrize("texts", [0, 1, 3])
def test_few_texts_leave_factors_finite(texts: int) -> None:
    labels = np.arange(texts) % 2
    right = np.eye(2)[labels] * 1000.0
    found = fit_decision(BranchLogits(right, right), labels, has_ngrams=True)
    assert 0 < found.recurrent < 2
    assert found.recurrent == found.ngram_branch


def test_few_texts_do_not_switch_a_branch_off() -> None:
    """A branch that knows less than the other and not nothing: few draws of 45 texts say that it hurts (with an eighth
    of the pull five do).
    """
    off = 0
    for seed in range(60):
        logits, labels = drawn(4, seed, texts=45)
        noise = np.random.default_rng(1000 + seed).normal(size=logits.ngram_branch.shape)
        weak = BranchLogits(logits.recurrent, logits.ngram_branch + noise)
        off += fit_decision(weak, labels, has_ngrams=True).ngram_branch == 0
    assert off <= 1


def test_branches_all_wrong_still_decide() -> None:
    labels = np.zeros(50, np.int64)
    wrong = np.tile([0.0, 100.0], (50, 1))
    found = fit_decision(BranchLogits(wrong, wrong), labels, has_ngrams=True)
    assert max(found.recurrent, found.ngram_branch) > 0


def test_from_nouns() -> None:
    ids = made_ids()[1]
    classifier = train(ids, MODEL, TRAIN)
    assert decide(ids, classifier, empty_branch(2)).ngram_branch == 0
    ngram_branch = fit_ngram_branch(ids, NgramBranchConfig())
    found = decide(ids, classifier, ngram_branch)
    assert found.ngram_branch > found.recurrent * 0.1
    assert decide(ids, classifier, ngram_branch) == found


@given(coverage=st.floats(0.01, 1), texts=st.integers(1, 60), seed=st.integers(0, 9))
def test_the_bound_accepts_the_share_requested_and_no_text_more(coverage: float, texts: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    logits = BranchLogits(chance.normal(size=(texts, 3)), chance.normal(size=(texts, 3)))
    decision = set_min_confidence(Decision(0.7, 0.6), logits, coverage)
    standing = int(accepts(decision, logits).sum())
    wanted = texts if coverage == 1 else math.ceil(coverage * texts)
    sure = np.sort(confidence(decision, logits))[::-1]
    assert wanted <= standing <= int((sure >= sure[wanted - 1] - 1e-4).sum()), "the bound is kept to 4 digits"
