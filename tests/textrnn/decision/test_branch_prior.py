"""Few validation rows cannot weigh two branches: the prior does, and yields to many rows."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.branch_prior import EQUAL, NETWORK_FIRST, NGRAMS_FIRST, BranchPrior, choose_prior
from textrnn.decision.decision import combine_logits
from textrnn.decision.fit_decision import fit_decision

FEW, MANY, CLASSES = 12, 4_000, 4


def drawn(texts: int, seed: int, *, network: float, ngrams: float) -> tuple[BranchLogits, np.ndarray]:
    """Logits that know the truth by `network` and `ngrams`; those of the network are three times too sure."""
    chance = np.random.default_rng(seed)
    labels = chance.integers(0, CLASSES, texts)
    truth = np.eye(CLASSES)[labels]
    noise = chance.normal(size=(2, *truth.shape))
    return BranchLogits(3 * (network * truth + noise[0]), ngrams * truth + noise[1]), labels


def accuracy(prior: BranchPrior, *, network: float, ngrams: float, texts: int = FEW) -> float:
    """The mean accuracy on other texts of decisions on `texts` texts."""
    found = []
    for seed in range(40):
        decision = fit_decision(*drawn(texts, seed, network=network, ngrams=ngrams), has_ngrams=True, prior=prior)
        others, labels = drawn(MANY, 1000 + seed, network=network, ngrams=ngrams)
        found.append((combine_logits(decision, others).argmax(axis=1) == labels).mean())
    return float(np.mean(found))


def alone(known: float) -> float:
    logits, labels = drawn(MANY * 10, 7, network=0.0, ngrams=known)
    return float((logits.ngram_branch.argmax(axis=1) == labels).mean())


def test_a_network_that_knows_little_does_not_hurt_the_n_grams() -> None:
    cold = accuracy(NGRAMS_FIRST, network=0.3, ngrams=1.5)
    assert cold > alone(1.5) - 0.005
    assert cold > accuracy(EQUAL, network=0.3, ngrams=1.5) + 0.02


def test_n_grams_that_know_little_do_not_hurt_a_warm_start() -> None:
    warm = accuracy(NETWORK_FIRST, network=2.0, ngrams=0.3)
    assert warm > alone(2.0) - 0.01
    assert warm > accuracy(NGRAMS_FIRST, network=2.0, ngrams=0.3) + 0.02


@pytest.mark.parametrize("prior", [NGRAMS_FIRST, NETWORK_FIRST])
def test_many_rows_decide_whatever_the_prior(prior: BranchPrior) -> None:
    logits, labels = drawn(MANY, 3, network=1.0, ngrams=1.0)
    found, equal = (fit_decision(logits, labels, has_ngrams=True, prior=each) for each in (prior, EQUAL))
    assert found.recurrent == pytest.approx(equal.recurrent, abs=0.02)
    assert found.ngram_branch == pytest.approx(equal.ngram_branch, abs=0.03)


@pytest.mark.parametrize("prior", [NGRAMS_FIRST, NETWORK_FIRST, EQUAL])
def test_without_rows_the_weights_are_those_of_the_prior(prior: BranchPrior) -> None:
    nothing = BranchLogits(np.zeros((0, 2)), np.zeros((0, 2)))
    found = fit_decision(nothing, np.zeros(0, np.int64), has_ngrams=True, prior=prior)
    assert (found.recurrent, found.ngram_branch) == pytest.approx((prior.recurrent, prior.ngram_branch))
    assert fit_decision(nothing, np.zeros(0, np.int64), has_ngrams=False, prior=prior).recurrent == 1


def test_few_texts_begin_with_the_branch_that_knows_more() -> None:
    assert choose_prior(499, warm_start=False) == NGRAMS_FIRST
    assert choose_prior(500, warm_start=False) == EQUAL
    assert choose_prior(4_999, warm_start=True) == NETWORK_FIRST
    assert choose_prior(5_000, warm_start=True) == EQUAL
