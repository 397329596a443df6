"""The report of cross-validation: every row predicted by the model of the folds that it is not in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.corpus import Corpus
from textrnn.data.examples import select_examples
from textrnn.data.fold_splits import Folds
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.errors import DataError
from textrnn.evaluation.baseline_summary import describe_baseline
from textrnn.evaluation.branch_scores import measure_branches
from textrnn.evaluation.build_report import build_report
from textrnn.evaluation.diagnosis.diagnose import ScoredRows, diagnose, slice_columns
from textrnn.evaluation.evaluate import explainer_of, settings_of
from textrnn.evaluation.explained import ExplanationInputs
from textrnn.evaluation.feature_importance import permutation_importance
from textrnn.evaluation.fold_model import FinalModel, FoldModel, FoldPredictions, predict_fold, reread_rows
from textrnn.evaluation.headline import HEADLINES
from textrnn.evaluation.measure import measure_scores
from textrnn.evaluation.rejection import count_rejected
from textrnn.evaluation.report import Report
from textrnn.linear.baseline import Baseline
from textrnn.metrics.predictions import predict_from_scores
from textrnn.text.ragged import join_rows

SPLIT = "out-of-fold"  # what a report calls its rows
_POOLED = ("labels", "scores", "predictions", "standing", "theirs", "thresholds")


def evaluate_folds(
    corpus: Corpus, folds: Folds, models: Sequence[FoldModel], final: FinalModel, config: EvaluateConfig
) -> Report:
    """Build the report on all rows of `corpus`, each predicted by the one of the `models` that has not seen it.

    The model of fold k is `models[k - 1]`. The settings, learning curves, branch weights and phrases that it shows are
    those of the `final` model. Raises DataError if the arguments belong to different corpora.
    """
    tested = [folds.tested(fold) for fold in range(1, folds.number + 1)]
    _require_same_rows(tested, models)
    target, decision = corpus.target, final.decision
    found = [predict_fold(model, target) for model in models]
    labels, scores, predictions, standing, theirs, cuts = (
        np.concatenate([getattr(each, name) for each in found]) for name in _POOLED
    )
    examples = select_examples(folds.examples, np.concatenate(tested).tolist())
    rows = join_rows(*(model.ids.splits["test"] for model in models))
    logits = _join_logits(found, models, target)
    branches: dict[str, Any] = {"split": SPLIT, "epochs": len(final.classifier.history), "predictions": predictions}
    scored = ScoredRows(rows, labels, scores, predictions, examples.texts, slice_columns(examples))
    return build_report(
        examples,
        labels,
        scores,
        target,
        rows.lengths,
        config=config,
        settings=settings_of(final.ids, final.classifier, final.ngram_branch, config),
        checks=_with_shared(corpus.checks, folds),
        split=SPLIT,
        thresholds=decision.thresholds,
        predictions=predictions,
        baseline_probabilities=theirs,
        baseline_thresholds=cuts.tolist() if target.kind == "multi" else (),
        baseline=_describe_baselines([model.baseline for model in models], target),
        history=final.classifier.history,
        best_epoch=final.classifier.best_epoch,
        branches=measure_branches(labels, scores, logits, decision, config, target, **branches)
        if final.ngram_branch.ngrams.features
        else None,
        rejection=count_rejected(standing, predictions == labels, decision, target) if decision.rejects else None,
        tabular=_importances(models, target, config),
        explaining=_explaining(final, models, found, logits),
        diagnosis=diagnose(
            target,
            scored,
            max_tokens=final.classifier.train_config.max_tokens,
            reread=partial(reread_rows, models, np.cumsum([0, *map(len, tested)])),
            config=config,
        ),
        folds=[_describe_fold(each, target) for each in found],
    )


def _require_same_rows(tested: Sequence[NDArray[np.int64]], models: Sequence[FoldModel]) -> None:
    expected, sizes = [len(rows) for rows in tested], [len(model.ids.splits["test"]) for model in models]
    if sizes != expected:
        raise DataError(f"expected models tested on folds of {expected} rows, found {sizes}; give those of this corpus")


def _join_logits(found: Sequence[FoldPredictions], models: Sequence[FoldModel], target: Target) -> BranchLogits:
    """The logits of all folds; those of numbers, which each fold standardises by its own rows, as `target` does it."""

    def on_scale(own: Target, logits: Any) -> Any:
        return (own.centre + own.scale * logits - target.centre) / target.scale if target.kind == "number" else logits

    each = [(model.ids.target, fold.logits) for model, fold in zip(models, found, strict=True)]
    return BranchLogits(
        np.concatenate([on_scale(own, logits.recurrent) for own, logits in each]),
        np.concatenate([on_scale(own, logits.ngram_branch) for own, logits in each]),
    )


def _explaining(
    final: FinalModel, models: Sequence[FoldModel], found: Sequence[FoldPredictions], logits: BranchLogits
) -> ExplanationInputs:
    """Explanations of each row by the model that predicted it; the phrases are the final model's, on all rows."""
    parts = tuple(model.explaining(fold.logits) for model, fold in zip(models, found, strict=True))
    explainer = explainer_of(final.vocabulary, final.classifier, final.ngram_branch, final.decision)
    return ExplanationInputs(explainer, join_rows(*final.ids.splits.values()), logits, parts=parts)


def _importances(models: Sequence[FoldModel], target: Target, config: EvaluateConfig) -> list[dict[str, Any]]:
    """The mean over folds of what the text and each tabular feature are worth; nothing without tabular features."""
    each = [
        permutation_importance(
            model.logits,
            model.decision,
            model.ids.splits["test"],
            model.ids.tabular["test"],
            model.ids.tabular_columns,
            model.ids.labels["test"],
            target,
            config,
        )
        for model in models
        if "test" in model.ids.tabular
    ]
    return [
        {"name": parts[0]["name"], **{key: float(np.mean([part[key] for part in parts])) for key in ("score", "loss")}}
        for parts in zip(*each, strict=True)
    ]


def _describe_baselines(baselines: Sequence[Baseline], target: Target) -> dict[str, Any]:
    """The baseline that most folds chose, as the first of these has it, under the names of all."""
    described = [describe_baseline(baseline, target) for baseline in baselines]
    names = Counter(str(each["name"]) for each in described)
    first = next(each for each in described if each["name"] == names.most_common(1)[0][0])
    if len(names) == 1:
        return {**first, "trials": []}
    name = "; ".join(f"{called} (in {count} of {len(baselines)} folds)" for called, count in names.most_common())
    return {**first, "name": name, "trials": []}


def _describe_fold(found: FoldPredictions, target: Target) -> dict[str, Any]:
    """The rows of a fold and its headline score, with the baseline's."""
    lead, plain = HEADLINES[target.kind].name, EvaluateConfig(bootstrap=0)
    theirs = predict_from_scores(target, found.theirs, found.thresholds)
    pairs = {"value": (found.scores, found.predictions), "baseline": (found.theirs, theirs)}
    values = {
        name: measure_scores(found.labels, scores, plain, target=target, predictions=chosen)[lead]["value"]
        for name, (scores, chosen) in pairs.items()
    }
    return {"rows": len(found.labels), **values}


def _with_shared(checks: Mapping[str, Any], folds: Folds) -> dict[str, Any]:
    """The data check, with how many rows repeat a text of another fold, which their model has seen."""
    texts, first = list(folds.examples.texts), dict[str, int]()
    pairs = zip(texts, folds.fold.tolist(), strict=True)
    apart = {text for text, fold in pairs if first.setdefault(text, fold) != fold}
    repeated = sum(text in apart for text in texts)
    shared = {f"train-{SPLIT}": {"rows": repeated, "share": round(repeated / len(texts), 6)}}
    return {**checks, "shared": {**checks.get("shared", {}), **shared}}
