"""The baseline equals scikit-learn's pipeline, learns from the training split alone, and is the same every time."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from textrnn.baseline.baseline import Baseline
from textrnn.baseline.linear import fit_baseline
from textrnn.config.baseline import BaselineConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.target import Target
from textrnn.errors import DataError
from textrnn.text.ragged import ragged
from textrnn.text.words import Words

CONFIG = BaselineConfig()


def make_words(classes: int = 3, seed: int = 0, unit: str = "words") -> Words:
    """Texts of 12 words; a third of the words come from the six words of the class."""
    random = np.random.default_rng(seed)
    splits, labels = {}, {}
    for name, size in (("train", 240), ("validation", 80), ("test", 80)):
        labels[name] = random.integers(0, classes, size)
        topic = labels[name][:, None] * 6 + random.integers(0, 6, (size, 12))
        noise = random.integers(6 * classes, 6 * classes + 60, (size, 12))
        splits[name] = ragged(np.where(random.random((size, 12)) < 0.3, topic, noise))
    table = [f"c{i // 6}w{i % 6}" if i < 6 * classes else f"n{i}" for i in range(6 * classes + 60)]
    target = Target("single", tuple(f"class {i}" for i in range(classes)))
    return Words(table, splits, labels, target, TokenizeConfig(unit=unit))


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
    np.testing.assert_allclose(found.probabilities["test"], expected, atol=0.01)


def test_learns_and_says_what_from():
    said: list[str] = []
    words = make_words()
    found = fit_baseline(words, CONFIG, on_progress=said.append)
    assert (found.probabilities["test"].argmax(axis=1) == words.labels["test"]).mean() > 0.8
    np.testing.assert_allclose(found.probabilities["validation"].sum(axis=1), 1)
    for number, features in enumerate(found.top_features):
        assert features[0][0].startswith(f"c{number}")
        weights = [weight for _, weight in features]
        assert weights == sorted(weights, reverse=True)
        assert min(weights) > 0
    assert len(said) == 2 + len(CONFIG.inverse_penalties)
    assert said[-1] == f"kept C = {found.inverse_penalty:g}"
    assert any(" " in text for features in found.top_features for text, _ in features) or found.features


def test_two_classes_have_each_their_own_features():
    found = fit_baseline(make_words(2), CONFIG)
    assert [features[0][0][:2] for features in found.top_features] == ["c0", "c1"]


def test_characters_are_joined_without_spaces():
    found = fit_baseline(make_words(unit="characters"), replace(CONFIG, ngrams=3, min_documents=1))
    assert not any(" " in text for features in found.top_features for text, _ in features)


def test_the_best_on_validation_is_chosen():
    found = fit_baseline(make_words(), replace(CONFIG, inverse_penalties=(1e-4, 0.5, 5.0)))
    best = min(found.trials, key=lambda trial: (-trial.accuracy, trial.log_loss))
    assert found.inverse_penalty == best.inverse_penalty
    assert [trial.inverse_penalty for trial in found.trials] == [1e-4, 0.5, 5.0]
    again = fit_baseline(make_words(), replace(CONFIG, inverse_penalties=(best.inverse_penalty,)))
    np.testing.assert_array_equal(found.probabilities["test"], again.probabilities["test"])


def test_held_out_words_teach_nothing():
    words = make_words()
    one = replace(CONFIG, inverse_penalties=(1.0,))
    before = fit_baseline(words, one)
    flipped = ragged([row[::-1] % 7 for row in words.splits["test"]])
    after = fit_baseline(replace(words, splits={**words.splits, "test": flipped}), one)
    np.testing.assert_array_equal(before.probabilities["validation"], after.probabilities["validation"])
    other = fit_baseline(replace(words, splits={**words.splits, "validation": flipped}), one)
    np.testing.assert_array_equal(before.probabilities["test"], other.probabilities["test"])
    assert before.top_features == other.top_features


def without(words: Words, *names: str) -> Words:
    keep = [name for name in words.splits if name not in names]
    return replace(words, splits={n: words.splits[n] for n in keep}, labels={n: words.labels[n] for n in keep})


def test_splits_may_be_absent():
    found = fit_baseline(without(make_words(), "test"), CONFIG)
    assert list(found.probabilities) == ["validation"]
    alone = fit_baseline(without(make_words(), "test", "validation"), CONFIG)
    assert (dict(alone.probabilities), alone.trials, alone.inverse_penalty) == ({}, (), CONFIG.inverse_penalties[0])


def test_without_a_frequent_ngram_the_shares_of_the_classes_are_predicted():
    words = make_words()
    found = fit_baseline(words, replace(CONFIG, min_documents=1000))
    shares = np.bincount(words.labels["train"]) / len(words.labels["train"])
    assert found.features == 0
    np.testing.assert_allclose(found.probabilities["test"][0], shares, atol=0.02)
    assert found.top_features == ((), (), ())


def test_a_class_without_training_rows_has_probability_zero():
    words = make_words()
    labels = {**words.labels, "train": np.where(words.labels["train"] == 1, 2, words.labels["train"])}
    found = fit_baseline(replace(words, labels=labels), CONFIG)
    assert not found.probabilities["test"][:, 1].any()
    np.testing.assert_allclose(found.probabilities["test"].sum(axis=1), 1)
    assert found.top_features[1] == ()
    assert found.top_features[2][0][0][:2] in ("c1", "c2")


def test_one_class_is_refused_in_one_line():
    words = make_words()
    labels = {**words.labels, "train": np.zeros_like(words.labels["train"])}
    with pytest.raises(DataError, match="at least two classes, found 1") as caught:
        fit_baseline(replace(words, labels=labels), CONFIG)
    assert "\n" not in str(caught.value)


def test_saved_and_loaded_and_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        fit_baseline(make_words(), CONFIG).save(tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["baseline.json", "test.npy", "validation.npy"]
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files)
    loaded, made = Baseline.load(tmp_path / "one"), fit_baseline(make_words(), CONFIG)
    assert replace(loaded, probabilities={}) == replace(made, probabilities={})
    np.testing.assert_array_equal(loaded.probabilities["test"], made.probabilities["test"])
    loaded.save(tmp_path / "three")
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "three" / f).read_bytes() for f in files)
