"""Fitting the n-gram branch: scikit-learn's own regression, and what it learns."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tiny import made_ids

from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.data.target import UNSEEN_LOGIT, Target
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.linear.naive_bayes import naive_bayes_ratios
from textrnn.linear.ngram_branch import ngram_logits, to_bytes
from textrnn.storage.files import digest_bytes
from textrnn.text.count_ngrams import count_ngrams
from textrnn.text.ids import Ids
from textrnn.text.ragged import ragged

IDS = made_ids(400)[1]
NB = NgramBranchConfig(candidates=("nb",), min_documents=2)  # of the SVM: test_svm_branch.py
ONE = replace(NB, inverse_penalties=(16.0,))


def test_two_classes_are_one_regression() -> None:
    """The probability is that of scikit-learn's regression on the weighed n-grams."""
    rows, labels = IDS.splits["train"], IDS.labels["train"]
    _, counts = count_ngrams(rows, longest=3, min_documents=2, max_features=300_000)
    there = (counts.toarray() > 0) / np.sqrt((counts.toarray() > 0).sum(axis=1, keepdims=True))
    weighed = there * naive_bayes_ratios(counts, labels, 2)[:, 1]
    model = LogisticRegression(C=16.0, solver="liblinear").fit(weighed, labels)
    logits = ngram_logits(fit_ngram_branch(IDS, ONE), rows)
    np.testing.assert_allclose(logits[:, 1] - logits[:, 0], model.decision_function(weighed), atol=1e-3)


def test_it_learns_what_two_words_say() -> None:
    """A negation turns the label here: bigrams tell it, single words do not."""
    right = {}
    for longest in (1, 2, 3):
        branch = fit_ngram_branch(IDS, replace(ONE, ngrams=longest))
        logits = ngram_logits(branch, IDS.splits["validation"])
        right[longest] = (logits.argmax(axis=1) == IDS.labels["validation"]).mean()
    assert right[2] > 0.95
    assert right[3] > 0.95
    assert right[1] < 0.85


def test_many_classes() -> None:
    """Each class has a word of its own; some texts have none of them."""
    chance = np.random.default_rng(1)
    labels = np.arange(200) % 5
    rows = ragged([[*chance.integers(10, 30, 6), label + 2] for label in labels])
    ids = Ids({"train": rows, "validation": rows}, {"train": labels, "validation": labels}, _target(5), 30)
    logits = ngram_logits(fit_ngram_branch(ids, ONE), rows)
    assert logits.shape == (200, 5)
    assert (logits.argmax(axis=1) == labels).all()


def test_the_penalty_with_the_lowest_validation_loss_is_kept() -> None:
    """On labels drawn by lot the strongest penalty does best, wherever it is listed."""
    labels = np.random.default_rng(0).integers(0, 2, len(IDS.labels["train"]))
    held_out = np.random.default_rng(1).integers(0, 2, len(IDS.labels["validation"]))
    ids = replace(IDS, labels={"train": labels, "validation": held_out})
    alone = to_bytes(fit_ngram_branch(ids, replace(NB, inverse_penalties=(0.001,))))
    assert to_bytes(fit_ngram_branch(ids, replace(NB, inverse_penalties=(100.0, 0.001, 10.0)))) == alone


def test_without_validation_the_first_penalty_is_taken() -> None:
    ids = replace(IDS, splits={"train": IDS.splits["train"]})
    expected = to_bytes(fit_ngram_branch(ids, ONE))
    assert to_bytes(fit_ngram_branch(ids, replace(NB, inverse_penalties=(16.0, 1.0)))) == expected


def test_a_class_that_only_the_test_has_is_never_predicted() -> None:
    ids = replace(IDS, target=_target(3))
    branch = fit_ngram_branch(ids, ONE)
    assert not branch.weights[:, 2].any()
    assert branch.bias[2] == UNSEEN_LOGIT
    validation = np.array([2, *IDS.labels["validation"][1:]])
    seen = fit_ngram_branch(replace(ids, labels={**ids.labels, "validation": validation}), ONE)
    assert -20 < seen.bias[2] < 0, "one that validation has is unlikely: it must not cost an endless loss there"


def test_texts_without_ngrams_fit_too() -> None:
    rows, labels = ragged([[]] * 9), np.array([0, 1, 1] * 3)
    ids = Ids({"train": rows, "validation": rows}, {"train": labels, "validation": labels}, _target(2), 5)
    logits = ngram_logits(fit_ngram_branch(ids, ONE), rows)
    assert (logits.argmax(axis=1) == 1).all()


def test_not_enabled_is_empty() -> None:
    assert fit_ngram_branch(IDS, NgramBranchConfig(enabled=False)).ngrams.features == 0


@pytest.mark.parametrize("threads", [1, 2])
def test_every_process_makes_the_same_bytes(threads: int) -> None:
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from tiny import made_ids\n"
        "from textrnn.config.ngram_branch import NgramBranchConfig\n"
        "from textrnn.storage.files import digest_bytes\n"
        "from textrnn.linear.ngram_branch import to_bytes\n"
        "from textrnn.linear.fit_ngram_branch import fit_ngram_branch\n"
        "print(digest_bytes(to_bytes(fit_ngram_branch(made_ids(400)[1], NgramBranchConfig()))))"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "PYTHONHASHSEED": str(threads)}
    found = subprocess.run(
        [sys.executable, "-c", code, *sys.path], capture_output=True, text=True, env=environment, check=True
    )
    assert found.stdout.strip() == digest_bytes(to_bytes(fit_ngram_branch(IDS, NgramBranchConfig())))


def _target(classes: int) -> Target:
    return Target("single", tuple(f"c{i}" for i in range(classes)))
