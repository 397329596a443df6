"""Fitting of the baseline: validation chooses the linear model with its C."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.config.baseline import BaselineConfig
from textrnn.data.examples import SplitName
from textrnn.data.tabular import tabular_feature_names
from textrnn.errors import DataError
from textrnn.linear.baseline import MODELS, Baseline, FittedModel, Trial, name_model
from textrnn.linear.baseline_features import BaselineFeatures, count_features
from textrnn.linear.linear_model import LinearModel
from textrnn.linear.naive_bayes import estimate_duration
from textrnn.linear.nb_lr import fit_nb_lr
from textrnn.linear.svm_baseline import CalibrationSet, fit_svm
from textrnn.linear.tfidf_baseline import fit_tfidf, fit_tfidf_centroids
from textrnn.metrics.predictions import fit_thresholds, scores_of_logits
from textrnn.metrics.validation_score import SCORE_NAMES, validation_score
from textrnn.text.ragged import Ragged
from textrnn.text.unique_strings import codepoint_order
from textrnn.text.words import Words

HELD_OUT: tuple[SplitName, ...] = ("validation", "test")
TOP_FEATURES = 10
_PENALTIES: Mapping[FittedModel, str] = {
    "tfidf": "baseline.inverse_penalties",
    "nb": "baseline.nb_inverse_penalties",
    "svm": "baseline.svm_inverse_penalties",
    "svm_characters": "baseline.svm_inverse_penalties",
}
_SVM_SHARE = 0.25  # of the time of a regression


@dataclass(frozen=True)
class _Chosen:
    """The best model so far; `trial` is None without a validation split."""

    model: FittedModel
    features: BaselineFeatures
    fitted: LinearModel
    trial: Trial | None


def fit_baseline(words: Words, config: BaselineConfig, *, on_progress: Callable[[str], None] | None = None) -> Baseline:
    """Fit linear models on the training split of `words`, and predict the validation and test splits with the best.

    N-grams, their order, weights and regressions depend on the training split alone. The model and inverse penalty with
    the highest validation score are kept (`textrnn.metrics.validation_score`: accuracy for exclusive classes); ties go
    to the lower loss, then to the first listed, which is also taken without validation examples. `on_progress` is
    called with lines of text. Raises DataError if the training split has fewer than two classes.
    """
    say = on_progress or _ignore
    words = _in_training_order(words)
    chosen, trials = _choose(words, config, say)
    say(f"kept {name_model(chosen.model, chosen.fitted.inverse_penalty)}")
    scores = {
        name: _score_split(words, chosen.fitted, chosen.features.count(words.splits[name]), name)
        for name in HELD_OUT
        if name in words.splits
    }
    return Baseline(
        scores,
        chosen.model,
        chosen.fitted.inverse_penalty,
        trials,
        chosen.features.ngrams,
        sum(chosen.features.widths),
        _top_features(chosen, words),
        _thresholds(words, scores),
        chosen.features.characters,
    )


def _in_training_order(words: Words) -> Words:
    """Renumber `words` by their frequency in the training split, ties in code point order.

    The original order depends on all splits, so the choice among equally frequent n-grams, and the order of sums, would
    depend on held-out texts.
    """
    by_word = codepoint_order(words.table)
    order = by_word[np.argsort(-words.counts("train")[by_word], kind="stable")]
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    splits = {name: Ragged(number[rows.flat], rows.offsets) for name, rows in words.splits.items()}
    return replace(words, table=[words.table[place] for place in order.tolist()], splits=splits)


def _choose(words: Words, config: BaselineConfig, say: Callable[[str], None]) -> tuple[_Chosen, tuple[Trial, ...]]:
    """Return the best model on validation, and the trials of all."""
    labels, held_out = _training_labels(words), words.splits.get("validation")
    best, trials = None, []
    for model, features, counts in count_features(words, config):
        say(f"{MODELS[model]}: counted {counts.shape[1]:,} n-grams")
        if long := _estimate_duration(model, counts, words, config):
            say(f"{words.target.outputs:,} classes: {long}; fewer {_PENALTIES[model]} take less")
        validation = None if held_out is None or not len(held_out) else features.count(held_out)
        for fitted in _fit(model, features, counts, validation, labels, words, config):
            if validation is None:
                return _Chosen(model, features, fitted, None), ()
            scores = validation_score(
                words.target, words.labels["validation"], _score_split(words, fitted, validation, "validation")
            )
            trial, names = Trial(model, fitted.inverse_penalty, *scores), SCORE_NAMES[words.target.kind]
            say(
                f"{name_model(model, trial.inverse_penalty)}: validation {names[0]} {trial.score:.4f}, "
                f"{names[1]} {trial.loss:.4f}"
            )
            trials.append(trial)
            if best is None or best.trial is None or is_better(trial, best.trial):
                best = _Chosen(model, features, fitted, trial)
    if best is None:
        raise DataError("[baseline] candidates, inverse_penalties: expected at least one of each, found none")
    return best, tuple(trials)


def is_better(trial: Trial, other: Trial) -> bool:
    """Whether `trial` is strictly better on validation, by score, then by loss."""
    return (-trial.score, trial.loss) < (-other.score, other.loss)


def _estimate_duration(model: FittedModel, counts: sparse.csr_array, words: Words, config: BaselineConfig) -> str:
    """Estimate the duration of a model's trials, "" if they are short."""
    if model == "centroid" or words.target.kind == "number":
        return ""
    share = _SVM_SHARE if model in ("svm", "svm_characters") else 1.0
    return estimate_duration(counts, words.target.outputs, len(_penalties(model, config)) * share)


def _penalties(model: FittedModel, config: BaselineConfig) -> tuple[float, ...]:
    found: tuple[float, ...] = getattr(config, _PENALTIES[model].removeprefix("baseline."))
    return found


def _fit(
    model: FittedModel,
    features: BaselineFeatures,
    counts: sparse.csr_array,
    validation: sparse.csr_array | None,
    labels: NDArray[Any],
    words: Words,
    config: BaselineConfig,
) -> Iterator[LinearModel]:
    target, tabular = words.target, words.tabular.get("train")
    if model == "centroid":
        return iter((fit_tfidf_centroids(counts, labels, target, tabular),))
    if model == "nb":
        return fit_nb_lr(counts, labels, target, config.nb_inverse_penalties, tabular)
    if model == "tfidf":
        return fit_tfidf(counts, labels, target, config.inverse_penalties, tabular)
    held_out = None
    if validation is not None:
        held_out = CalibrationSet(validation, words.labels["validation"], words.tabular.get("validation"))
    penalties, widths = config.svm_inverse_penalties, features.widths
    return fit_svm(counts, labels, target, penalties, tabular, widths=widths, held_out=held_out)


def _score_split(words: Words, fitted: LinearModel, counts: sparse.csr_array, split: SplitName) -> NDArray[np.float64]:
    return scores_of_logits(words.target, fitted.logits(counts, words.tabular.get(split)))


def _thresholds(words: Words, scores: Mapping[SplitName, NDArray[np.float64]]) -> tuple[float, ...]:
    """Return the thresholds of a multi-label target, fitted as for a classifier."""
    if words.target.kind != "multi":
        return ()
    if "validation" not in scores:
        return (0.5,) * words.target.outputs
    return tuple(fit_thresholds(words.labels["validation"], scores["validation"]).tolist())


def _training_labels(words: Words) -> NDArray[Any]:
    labels = words.labels["train"]
    if not words.target.exclusive:
        return labels
    if (found := len(np.unique(labels))) < 2:
        raise DataError(f"training split: expected examples of at least two classes, found {found}; add examples")
    return labels


def _top_features(chosen: _Chosen, words: Words) -> tuple[tuple[tuple[str, float], ...], ...]:
    """Return the n-grams with the highest weights for each class, as text."""
    names = chosen.features.name()
    names += tabular_feature_names(words.tabular_columns)
    top = []
    weights = chosen.fitted.weights.T
    for row in np.concatenate([weights, -weights]) if words.target.kind == "number" else weights:
        order = np.argsort(-row, kind="stable")[:TOP_FEATURES].tolist()
        top.append(tuple((names[i], float(row[i])) for i in order if row[i] > 0))
    return tuple(top)


def _ignore(line: str) -> None:
    """Discard a line."""
