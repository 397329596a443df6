"""Predictors with random weights over made-up texts, of every kind of target: nothing is trained."""

from __future__ import annotations

from typing import Any

import numpy as np
from tiny import made_ids, model_config

from textrnn.data.columns import Columns
from textrnn.data.tabular import NO_TABULAR, TabularColumns
from textrnn.data.target import Target
from textrnn.decision.decision import RULES, Decision
from textrnn.inference.engine import build_engine
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.model.predictor import Predictor
from textrnn.nn.classifier import build_model
from textrnn.nn.from_network import to_arrays
from textrnn.text.count_ngrams import count_ngrams
from textrnn.text.vocabulary import encoder_of

TARGETS = {
    "single": Target("single", ("bad", "fair", "good")),
    "ordinal": Target("ordinal", (1, 2, 3, 4)),
    "path": Target("path", ("card > lost", "card > pin", "loan > rate")),
    "multi": Target("multi", ("anger", "fear", "joy")),
    "number": Target("number", (), 3.0, 2.0),
}


def made_predictor(
    kind: str = "single",
    *,
    columns: Columns | None = None,
    tabular: TabularColumns = NO_TABULAR,
    max_tokens: int = 400,
    truncation: Any = "both",
    seed: int = 0,
    **changed: Any,
) -> Predictor:
    """A predictor of this kind of target; `changed` are settings of its network."""
    vocabulary, ids = made_ids()
    target, chance = TARGETS[kind], np.random.default_rng(seed)
    network = build_model(model_config(**changed), len(vocabulary), target.outputs, seed=seed, tabular=tabular)
    for weight in network.parameters():
        weight.data.mul_(2)
    ngrams, _ = count_ngrams(ids.splits["train"], longest=3, min_documents=2, max_features=400)
    shapes = (ngrams.features, target.outputs), (target.outputs,), (tabular.features, target.outputs)
    weights, bias, side = (chance.normal(size=shape).astype(np.float32) for shape in shapes)
    decision = Decision(
        0.7,
        0.4,
        rule=RULES[target.kind],
        offset=3.0 if kind == "number" else 0.0,
        thresholds=(0.4, 0.5, 0.6) if kind == "multi" else (),
    )
    branch = NgramBranch(ngrams, weights, bias, *([side] if tabular.features else []))
    engine = build_engine(to_arrays(network))
    return Predictor(
        encoder_of(vocabulary),
        engine,
        branch,
        decision,
        target,
        max_tokens,
        truncation,
        vocabulary.tokenizer,
        columns or Columns(),
        tabular,
    )
