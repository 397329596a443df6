"""scikit-learn: logistic regression on TF-IDF, on naive Bayes log ratios (NB-LR), linear SVMs on TF-IDF."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

from benchmarks.learning.penalty import fit_best
from benchmarks.learning.task import Task, main, tell, timed

PENALTIES = {"tfidf": (1.0, 10.0, 100.0), "nb_lr": (1.0, 4.0, 16.0), "svm": (0.1, 1.0, 10.0)}
PENALTIES["svm_characters"] = PENALTIES["svm"]


class NaiveBayesRatios:
    """Logistic regression of a class against the others, each n-gram scaled by its log ratio (Wang & Manning 2012)."""

    def __init__(self, penalty: float) -> None:
        self.penalty = penalty

    def fit(self, inputs: csr_matrix, labels: NDArray[np.str_]) -> NaiveBayesRatios:
        """Fit on binary counts (N, D)."""
        self.classes = np.unique(labels)
        self.ratios, self.models = [], []
        for name in self.classes[:1] if len(self.classes) == 2 else self.classes:
            own = labels == name
            inside, outside = (1 + np.asarray(inputs[rows].sum(axis=0)).ravel() for rows in (own, ~own))
            ratio = np.log(inside / inside.sum()) - np.log(outside / outside.sum())
            model = LogisticRegression(C=self.penalty, solver="liblinear", max_iter=200)
            self.models.append(model.fit(inputs.multiply(ratio).tocsr(), own))
            self.ratios.append(ratio)
        return self

    def predict(self, inputs: csr_matrix) -> NDArray[np.str_]:
        """The class (N,) of binary counts (N, D)."""
        scores = [
            model.decision_function(inputs.multiply(ratio).tocsr())
            for model, ratio in zip(self.models, self.ratios, strict=True)
        ]
        if len(scores) == 1:
            scores = [scores[0], -scores[0]]
        found: NDArray[np.str_] = self.classes[np.argmax(scores, axis=0)]
        return found


def _make(kind: str, penalty: float, classes: int) -> Any:
    if kind.startswith("svm"):
        return LinearSVC(C=penalty)
    if kind == "nb_lr":
        return NaiveBayesRatios(penalty)
    if classes == 2:
        return LogisticRegression(C=penalty, solver="liblinear", max_iter=200)
    return OneVsRestClassifier(LogisticRegression(C=penalty, solver="liblinear", max_iter=200))


def run(task: Task, way: str, settings: Mapping[str, Any]) -> None:
    """Fit `settings["kind"]` on n-grams of words, of characters where no spaces stand between words."""
    kind, (texts, labels) = settings["kind"], zip(*task.labelled, strict=True)
    grams: dict[str, Any] = {"ngram_range": (1, 3 if kind == "nb_lr" else 2)} if task.spaces else CHARACTERS
    vectors = CountVectorizer(binary=True, **grams) if kind == "nb_lr" else TfidfVectorizer(sublinear_tf=True, **grams)
    if kind == "svm_characters" and task.spaces:
        vectors = FeatureUnion([("words", vectors), ("characters", TfidfVectorizer(sublinear_tf=True, **IN_WORDS))])

    def fit() -> Any:
        inputs = vectors.fit_transform(texts)
        return fit_best(lambda c: _make(kind, c, len(set(labels))), inputs, labels, PENALTIES[kind])

    def predict() -> Sequence[str]:
        found: Sequence[str] = model.predict(vectors.transform([text for text, _ in task.held])).tolist()
        return found

    model, fitting = timed(fit)
    predicted, predicting = timed(predict)
    tell(task, way, predicted, fit=fitting, predict=predicting, size=len(pickle.dumps((vectors, model))))


CHARACTERS: dict[str, Any] = {"analyzer": "char", "ngram_range": (1, 3)}
IN_WORDS: dict[str, Any] = {"analyzer": "char_wb", "ngram_range": (3, 5)}

if __name__ == "__main__":
    main(run)
