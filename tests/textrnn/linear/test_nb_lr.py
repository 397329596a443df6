"""NB-LR equals the textbook's formula with scikit-learn's counts and regression."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_words import make_words
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from textrnn.config.baseline import BaselineConfig
from textrnn.linear.fit_baseline import fit_baseline
from textrnn.text.words import Words

CONFIG = BaselineConfig(candidates=("nb",))


def reference(words: Words, inverse_penalty: float, longest: int = 3) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Probabilities of the test split, names of the n-grams, and weights (C, F) by class."""
    texts = {name: [" ".join(words.table[i] for i in row) for row in rows] for name, rows in words.splits.items()}
    counts = CountVectorizer(ngram_range=(1, longest), binary=True, min_df=2, token_pattern=r"\S+")
    train, test = (
        x.toarray().astype(float) for x in (counts.fit_transform(texts["train"]), counts.transform(texts["test"]))
    )
    train_sets, test_sets = (x / np.sqrt(np.maximum(x.sum(axis=1, keepdims=True), 1)) for x in (train, test))
    classes, labels = words.target.outputs, words.labels["train"]
    logits, weights = np.zeros((len(test), classes)), np.zeros((classes, train.shape[1]))
    for c in range(classes) if classes > 2 else (1,):
        p, q = 1 + train[labels == c].sum(axis=0), 1 + train[labels != c].sum(axis=0)
        ratio = np.log((p / p.sum()) / (q / q.sum()))
        model = LogisticRegression(C=inverse_penalty, solver="liblinear", tol=1e-10, max_iter=2000)
        model.fit(train_sets * ratio, labels == c)
        logits[:, c], weights[c] = model.decision_function(test_sets * ratio), model.coef_[0] * ratio
    if classes == 2:
        weights[0] = -weights[1]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True), counts.get_feature_names_out().tolist(), weights


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("longest", [1, 3])
def test_equal_to_the_textbook(classes: int, longest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # to the regression's own tolerance; here that is not what is compared
    exact = lambda **known: LogisticRegression(**{**known, "tol": 1e-10, "max_iter": 2000})  # noqa: E731
    monkeypatch.setattr("textrnn.linear.naive_bayes.LogisticRegression", exact)
    words = make_words(classes)
    found = fit_baseline(words, replace(CONFIG, nb_ngrams=longest, nb_inverse_penalties=(4.0,)))
    expected, names, weights = reference(words, 4.0, longest)
    assert (found.model, found.inverse_penalty, found.ngrams) == ("nb", 4.0, longest)
    assert found.features == len(names)
    np.testing.assert_allclose(found.scores["test"], expected, atol=1e-6)
    for c, features in enumerate(found.top_features):
        strongest = names[weights[c].argmax()]
        assert features[0][0] == strongest
        # of two classes each has half of the one regression's logit
        assert features[0][1] == pytest.approx(weights[c].max() / (2 if classes == 2 else 1), rel=1e-5)


def test_a_class_without_training_rows_is_unlikely() -> None:
    words = make_words()
    labels = {**words.labels, "train": np.where(words.labels["train"] == 1, 2, words.labels["train"])}
    found = fit_baseline(replace(words, labels=labels), CONFIG)
    assert (found.scores["test"].argmax(axis=1) != 1).all()
    assert found.top_features[1] == ()


def test_without_a_frequent_ngram_the_commonest_class_is_predicted() -> None:
    words = make_words()
    found = fit_baseline(words, replace(CONFIG, min_documents=1000))
    commonest = np.bincount(words.labels["train"]).argmax()
    assert found.features == 0
    assert (found.scores["test"].argmax(axis=1) == commonest).all()
