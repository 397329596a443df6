"""The logits of each branch read a text as training read it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny import made_ids, model_config, train_config

from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.config.train import Truncation
from textrnn.decision.branch_logits import classifier_logits
from textrnn.inference.engine import build_engine
from textrnn.inference.logits import compute_logits
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.training.train import train

_, IDS = made_ids()
NGRAMS = fit_ngram_branch(IDS, NgramBranchConfig(inverse_penalties=(4.0,)))
CLASSIFIER = train(IDS, model_config(), train_config(epochs=1, learning_rate=0.02))
ROWS = IDS.splits["validation"]
ENGINE = build_engine(CLASSIFIER.network())


@pytest.mark.parametrize("truncation", ["head", "tail", "both"])
def test_a_cut_text_keeps_the_end_that_training_kept(truncation: Truncation) -> None:
    cut = replace(CLASSIFIER, train_config=replace(CLASSIFIER.train_config, max_tokens=3, truncation=truncation))
    expected = compute_logits(ENGINE, ROWS, max_tokens=3, truncation=truncation)
    assert np.array_equal(classifier_logits(cut, NGRAMS, ROWS).recurrent, expected)
    others = {other: compute_logits(ENGINE, ROWS, max_tokens=3, truncation=other) for other in ("head", "tail")}
    assert not np.array_equal(others["head"], others["tail"]), "texts are long enough to tell"
