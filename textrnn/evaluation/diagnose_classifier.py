"""What a trained classifier's report is checked for, measured with the corpus that it was trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.corpus import Corpus
from textrnn.data.examples import SplitName
from textrnn.decision.branch_logits import branch_logits
from textrnn.decision.decision import Decision, choose, compute_scores
from textrnn.evaluation.diagnosis.diagnose import ScoredRows, TrainingData, diagnose, slice_columns
from textrnn.evaluation.measure import Float
from textrnn.inference.classifier import Classifier
from textrnn.inference.engine import build_engine
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged, ragged

MAX_VALIDATION = 5000  # rows that are predicted again, evenly spaced


def diagnose_classifier(
    corpus: Corpus,
    ids: Ids,
    classifier: Classifier,
    ngram_branch: NgramBranch,
    decision: Decision,
    split: SplitName,
    scores: Float,
    config: EvaluateConfig,
) -> dict[str, Any]:
    """Return the measurements of `diagnose` for predictions with these `scores` (N, C) on `split`.

    Predicts at most 5,000 validation rows, and at most 500 long texts again.
    """
    target, settings, engine = corpus.target, classifier.train_config, build_engine(classifier.network())

    def score(name: SplitName, rows: Ragged, places: NDArray[np.int64], max_tokens: int) -> Float:
        tabular = ids.tabular.get(name)
        cells = None if tabular is None else tabular.take(places)
        cut: dict[str, Any] = {"max_tokens": max_tokens, "truncation": settings.truncation}
        return compute_scores(decision, branch_logits(engine, ngram_branch, rows, **cut, tabular=cells))

    def predict(found: Float) -> NDArray[Any]:
        return choose(decision, found)

    def reread(rows: Ragged, places: NDArray[np.int64], max_tokens: int) -> NDArray[Any]:
        return predict(score(split, rows, places, max_tokens))

    held = None
    if split != "validation" and len(ids.splits.get("validation", ())):
        every = ids.splits["validation"]
        some = np.arange(0, len(every), -(-len(every) // MAX_VALIDATION))
        rows = every if len(some) == len(every) else ragged(every[int(i)] for i in some)
        found = score("validation", rows, some, settings.max_tokens)
        examples = corpus.splits["validation"]
        held = ScoredRows(
            rows,
            ids.labels["validation"][some],
            found,
            predict(found),
            [examples.texts[int(i)] for i in some],
            {name: [cells[int(i)] for i in some] for name, cells in slice_columns(examples).items()},
        )
    training = TrainingData(corpus.splits["train"].texts, ids.splits["train"], held) if "train" in ids.splits else None
    return diagnose(
        target,
        ScoredRows(
            ids.splits[split],
            ids.labels[split],
            scores,
            predict(scores),
            corpus.splits[split].texts,
            slice_columns(corpus.splits[split]),
        ),
        max_tokens=settings.max_tokens,
        reread=reread,
        config=config,
        training=training,
    )
