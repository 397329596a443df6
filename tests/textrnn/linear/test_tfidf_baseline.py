"""TF-IDF equals scikit-learn's own pipeline."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from made_words import make_words
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from textrnn.config.baseline import BaselineConfig
from textrnn.linear.fit_baseline import fit_baseline

CONFIG = BaselineConfig(candidates=("tfidf",))


@pytest.mark.parametrize("classes", [2, 3])
def test_equal_to_scikit_learns_own_pipeline(classes):
    words = make_words(classes)
    texts = {name: [[words.table[i] for i in row] for row in rows] for name, rows in words.splits.items()}
    vectorizer = TfidfVectorizer(
        analyzer=lambda row: [*row, *map(" ".join, itertools.pairwise(row))], min_df=2, sublinear_tf=True
    )
    train = vectorizer.fit_transform(texts["train"])
    model = LogisticRegression(C=10.0, tol=1e-8, max_iter=5000).fit(train, words.labels["train"])
    found = fit_baseline(words, replace(CONFIG, inverse_penalties=(10.0,)))
    assert found.features == train.shape[1]
    expected = model.predict_proba(vectorizer.transform(texts["test"]))
    np.testing.assert_allclose(found.scores["test"], expected, atol=0.01)


def test_without_a_frequent_ngram_the_shares_of_the_classes_are_predicted():
    words = make_words()
    found = fit_baseline(words, replace(CONFIG, min_documents=1000))
    shares = np.bincount(words.labels["train"]) / len(words.labels["train"])
    assert found.features == 0
    np.testing.assert_allclose(found.scores["test"][0], shares, atol=0.02)
    assert found.top_features == ((), (), ())


def test_a_class_without_training_rows_has_probability_zero():
    words = make_words()
    labels = {**words.labels, "train": np.where(words.labels["train"] == 1, 2, words.labels["train"])}
    found = fit_baseline(replace(words, labels=labels), CONFIG)
    assert not found.scores["test"][:, 1].any()
    np.testing.assert_allclose(found.scores["test"].sum(axis=1), 1)
    assert found.top_features[1] == ()
    assert found.top_features[2][0][0][:2] in ("c1", "c2")
