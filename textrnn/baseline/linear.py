"""Fitting the baseline: TF-IDF over n-grams of words, and logistic regression."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from textrnn.baseline.baseline import Baseline, Trial
from textrnn.config.baseline import BaselineConfig
from textrnn.data.corpus import SplitName
from textrnn.errors import DataError
from textrnn.metrics.metrics import accuracy, log_loss
from textrnn.text.ngrams import Ngrams, apply_ngrams, count_ngrams, ngram_words
from textrnn.text.words import Words

HELD_OUT: tuple[SplitName, ...] = ("validation", "test")
TOP_FEATURES = 10
_PASSES = 300


def fit_baseline(words: Words, config: BaselineConfig, *, on_progress: Callable[[str], None] | None = None) -> Baseline:
    """Fit a linear model on the training split of `words` and predict the validation and test splits there are.

    N-grams, their weights and the regression see the training split alone; the inverse penalty C is the one with the
    best accuracy on validation, of equals that with the lower log loss, then the one listed first (without
    validation examples simply the one listed first). `on_progress` gets a line of text now and then.
    Raises DataError where the training split holds fewer than two classes.
    """
    say = on_progress or _ignore
    labels = _training_labels(words)
    ngrams, counts = count_ngrams(
        words.splits["train"],
        longest=config.ngrams,
        min_documents=config.min_documents,
        max_features=config.max_features,
    )
    say(f"counted {ngrams.features:,} n-grams")
    held_out = [name for name in HELD_OUT if name in words.splits]
    matrices = {name: apply_ngrams(ngrams, words.splits[name]) for name in held_out}
    weigh = TfidfTransformer(sublinear_tf=True)
    train = _or_zeros(weigh.fit_transform(counts) if ngrams.features else counts)
    matrices = {name: _or_zeros(weigh.transform(x) if ngrams.features else x) for name, x in matrices.items()}
    chosen, trials = _choose(train, labels, matrices.get("validation"), words, config, say)
    say(f"kept C = {chosen.C:g}")
    probabilities = {name: _probabilities(chosen, matrices[name], words.target.outputs) for name in held_out}
    return Baseline(probabilities, chosen.C, trials, ngrams.features, _top_features(chosen, ngrams, words))


def _training_labels(words: Words) -> NDArray[np.int64]:
    labels = words.labels["train"]
    if (found := len(np.unique(labels))) < 2:
        raise DataError(f"training split: expected examples of at least two classes, found {found}; add examples")
    return labels


def _choose(
    train: sparse.csr_array,
    labels: NDArray[np.int64],
    validation: sparse.csr_array | None,
    words: Words,
    config: BaselineConfig,
    say: Callable[[str], None],
) -> tuple[LogisticRegression, tuple[Trial, ...]]:
    """The fitted model whose C does best on the `validation` matrix, and how each did."""
    if validation is None or not validation.shape[0]:
        return _fit(train, labels, config.inverse_penalties[0]), ()
    true, best, trials = words.labels["validation"], None, []
    for inverse_penalty in config.inverse_penalties:
        model = _fit(train, labels, inverse_penalty)
        rows = _probabilities(model, validation, words.target.outputs)
        trial = Trial(inverse_penalty, accuracy(true, rows.argmax(axis=1)), log_loss(true, rows))
        say(f"C = {inverse_penalty:g}: validation accuracy {trial.accuracy:.4f}, log loss {trial.log_loss:.4f}")
        trials.append(trial)
        if best is None or (-trial.accuracy, trial.log_loss) < (-best[1].accuracy, best[1].log_loss):
            best = model, trial
    if best is None:
        raise DataError("[baseline] inverse_penalties: expected at least one number, found none")
    return best[0], tuple(trials)


def _fit(train: sparse.csr_array, labels: NDArray[np.int64], inverse_penalty: float) -> LogisticRegression:
    """Multinomial logistic regression with an L2 penalty.

    The solver is SAG (Schmidt, Le Roux & Bach 2017), seeded. At the same tolerance it took about as long as L-BFGS for
    2 classes, and 1.7 and 3 times less for 15 and 150 (made-up texts); it holds no history of weights and gave the
    same bits with one thread and with two.
    """
    solver = "sag" if train.nnz else "lbfgs"  # SAG stops when weights rest: without any, before the intercepts fit
    model = LogisticRegression(C=inverse_penalty, solver=solver, tol=1e-4, max_iter=_PASSES, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a huge C may not settle; it is judged on validation
        return model.fit(train, labels)


def _probabilities(model: LogisticRegression, rows: sparse.csr_array, classes: int) -> NDArray[np.float64]:
    """Probabilities (N, classes); a class that training never saw has 0."""
    probabilities = np.zeros((rows.shape[0], classes))
    if rows.shape[0]:
        probabilities[:, model.classes_] = model.predict_proba(rows)
    return probabilities


def _top_features(model: LogisticRegression, ngrams: Ngrams, words: Words) -> tuple[tuple[tuple[str, float], ...], ...]:
    """The n-grams with the highest weights for each class, as text."""
    weights = np.concatenate([-model.coef_, model.coef_]) if len(model.classes_) == 2 else model.coef_
    between = "" if words.tokenizer.unit == "characters" else " "
    names = ngram_words(ngrams)
    top: list[tuple[tuple[str, float], ...]] = [() for _ in range(words.target.outputs)]
    for label, row in zip(model.classes_.tolist(), weights[:, : ngrams.features], strict=True):
        order = np.argsort(-row, kind="stable")[:TOP_FEATURES].tolist()
        top[label] = tuple(
            (between.join(words.table[word] for word in names[i]), float(row[i])) for i in order if row[i] > 0
        )
    return tuple(top)


def _or_zeros(matrix: sparse.csr_array) -> sparse.csr_array:
    """The matrix, or one column of zeros in place of none: the regression then predicts the share of each class."""
    return matrix if matrix.shape[1] else sparse.csr_array((matrix.shape[0], 1))


def _ignore(line: str) -> None:
    """Say nothing."""
