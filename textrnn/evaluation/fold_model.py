"""The model of one fold, with its predictions for the rows that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits, classifier_logits
from textrnn.decision.decision import Decision, accepts, choose, compute_scores
from textrnn.evaluation.evaluate import explainer_of
from textrnn.evaluation.explained import ExplanationInputs
from textrnn.inference.classifier import Classifier
from textrnn.linear.baseline import Baseline
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged
from textrnn.text.vocabulary import Vocabulary

Float = NDArray[np.float64]


@dataclass(frozen=True)
class FinalModel:
    """What the stages without a fold have made, of all rows."""

    vocabulary: Vocabulary
    ids: Ids
    classifier: Classifier
    ngram_branch: NgramBranch
    decision: Decision


@dataclass(frozen=True)
class FoldModel(FinalModel):
    """What one fold has made: the test split of its ids is predicted by what was trained on the others."""

    baseline: Baseline

    def logits(self, rows: Ragged, tabular: Any = None) -> BranchLogits:
        """Return the logits of token ids `rows` (N)."""
        return classifier_logits(self.classifier, self.ngram_branch, rows, tabular)

    def explaining(self, logits: BranchLogits) -> ExplanationInputs:
        """Return what explains the test rows, which have these `logits`."""
        explainer = explainer_of(self.vocabulary, self.classifier, self.ngram_branch, self.decision)
        return ExplanationInputs(explainer, self.ids.splits["test"], logits, self.ids.tabular.get("test"))


@dataclass(frozen=True)
class FoldPredictions:
    """The M test rows of one fold: encoded labels (M), scores (M, C), predictions (M), which of them stand (M,), the
    logits, and of the baseline scores (M, C) and thresholds (M, C).
    """

    labels: NDArray[Any]
    scores: Float
    predictions: NDArray[Any]
    standing: NDArray[np.bool_]
    logits: BranchLogits
    theirs: Float
    thresholds: Float


def predict_fold(model: FoldModel, target: Target) -> FoldPredictions:
    """Predict the test rows of a fold; `target` is that of all rows."""
    ids, decision = model.ids, model.decision
    logits = model.logits(ids.splits["test"], ids.tabular.get("test"))
    scores = compute_scores(decision, logits)
    cuts = np.array(model.baseline.thresholds or [0.5] * target.outputs)
    return FoldPredictions(
        ids.labels["test"],
        scores,
        choose(decision, scores),
        accepts(decision, logits, scores) if target.exclusive else np.ones(len(scores), np.bool_),
        logits,
        model.baseline.scores["test"],
        np.tile(cuts, (len(scores), 1)),
    )


def reread_rows(
    models: Sequence[FoldModel], starts: NDArray[np.int64], rows: Ragged, places: NDArray[np.int64], max_tokens: int
) -> NDArray[Any]:
    """Predict `rows` (K) again, cut at `max_tokens`, each by the model of its fold; those of fold k begin at
    `starts[k - 1]`, and `places` (K,) rise.
    """
    found, fold = [], np.searchsorted(starts, places, side="right") - 1
    for number in np.unique(fold).tolist():
        model, mine = models[number], np.flatnonzero(fold == number)
        begin, offsets = rows.offsets[mine[0]], rows.offsets[mine[0] : mine[-1] + 2]
        tabular = model.ids.tabular.get("test")
        cells = None if tabular is None else tabular.take(places[mine] - starts[number])
        settings = replace(model.classifier.train_config, max_tokens=max_tokens)
        longer = replace(model, classifier=replace(model.classifier, train_config=settings))
        logits = longer.logits(Ragged(rows.flat[begin : offsets[-1]], offsets - begin), cells)
        found.append(choose(model.decision, compute_scores(model.decision, logits)))
    return np.concatenate(found)
