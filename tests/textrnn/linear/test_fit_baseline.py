"""The better model on validation is the baseline; it learns from the training split alone, the same every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_words import make_words, without

from textrnn.config.baseline import BaselineConfig
from textrnn.errors import DataError
from textrnn.linear.baseline import MODELS, Baseline, Trial
from textrnn.linear.fit_baseline import fit_baseline, is_better
from textrnn.text.ragged import ragged

CONFIG = BaselineConfig(candidates=("tfidf", "nb"))  # of the SVMs: test_svm_baseline.py


def test_learns_and_says_what_from():
    scores: list[str] = []
    words = make_words()
    found = fit_baseline(words, CONFIG, on_progress=scores.append)
    assert (found.scores["test"].argmax(axis=1) == words.labels["test"]).mean() > 0.8
    np.testing.assert_allclose(found.scores["validation"].sum(axis=1), 1)
    for number, features in enumerate(found.top_features):
        assert features[0][0].startswith(f"c{number}")
        weights = [weight for _, weight in features]
        assert weights == sorted(weights, reverse=True)
        assert min(weights) > 0
    assert len(scores) == 3 + len(found.trials)
    assert scores[-1] == f"kept {MODELS[found.model]}, C = {found.inverse_penalty:g}"
    assert any(" " in text for features in found.top_features for text, _ in features) or found.features


def test_two_classes_have_each_their_own_features():
    found = fit_baseline(make_words(2), CONFIG)
    assert [features[0][0][:2] for features in found.top_features] == ["c0", "c1"]


def test_characters_are_joined_without_spaces():
    found = fit_baseline(make_words(unit="characters"), replace(CONFIG, ngrams=3, min_documents=1))
    assert not any(" " in text for features in found.top_features for text, _ in features)


@pytest.mark.parametrize(
    ("penalties", "nb_penalties", "kept"), [((1e-6,), (1e-4, 4.0), "nb"), ((1.0, 10.0), (1e-6,), "tfidf")]
)
def test_the_best_on_validation_is_chosen(penalties, nb_penalties, kept):
    """At a hopeless penalty a model does worse than the other."""
    found = fit_baseline(make_words(), replace(CONFIG, inverse_penalties=penalties, nb_inverse_penalties=nb_penalties))
    listed = [*(("tfidf", penalty) for penalty in penalties), *(("nb", penalty) for penalty in nb_penalties)]
    assert [(trial.model, trial.inverse_penalty) for trial in found.trials] == listed
    best = min(found.trials, key=lambda trial: (-trial.score, trial.loss))
    assert (found.model, found.inverse_penalty) == (best.model, best.inverse_penalty)
    assert found.model == kept
    field = "inverse_penalties" if kept == "tfidf" else "nb_inverse_penalties"
    again = fit_baseline(make_words(), replace(CONFIG, candidates=(kept,), **{field: (best.inverse_penalty,)}))
    np.testing.assert_array_equal(found.scores["test"], again.scores["test"])
    assert (found.top_features, found.features) == (again.top_features, again.features)


def test_accuracy_first_then_log_loss_then_the_first():
    one = Trial("tfidf", 1.0, 0.9, 0.3)
    assert is_better(Trial("nb", 4.0, 0.91, 0.9), one)
    assert is_better(Trial("nb", 4.0, 0.9, 0.2), one)
    assert not is_better(Trial("nb", 4.0, 0.9, 0.3), one)
    assert not is_better(Trial("nb", 4.0, 0.89, 0.1), one)


def test_of_equals_the_first_listed_is_kept():
    """Without any n-gram all penalties are equal, but for float error."""
    found = fit_baseline(
        make_words(), replace(CONFIG, candidates=("nb",), nb_inverse_penalties=(4.0, 16.0), min_documents=1000)
    )
    assert len({(trial.score, trial.loss) for trial in found.trials}) == 1
    assert found.inverse_penalty == 4.0


@pytest.mark.parametrize("model", ["tfidf", "nb"])
def test_held_out_words_teach_nothing(model):
    words = make_words()
    one = replace(CONFIG, candidates=(model,), inverse_penalties=(1.0,), nb_inverse_penalties=(4.0,))
    before = fit_baseline(words, one)
    flipped = ragged([row[::-1] % 7 for row in words.splits["test"]])
    after = fit_baseline(replace(words, splits={**words.splits, "test": flipped}), one)
    np.testing.assert_array_equal(before.scores["validation"], after.scores["validation"])
    other = fit_baseline(replace(words, splits={**words.splits, "validation": flipped}), one)
    np.testing.assert_array_equal(before.scores["test"], other.scores["test"])
    assert before.top_features == other.top_features


def test_splits_may_be_absent():
    found = fit_baseline(without(make_words(), "test"), CONFIG)
    assert list(found.scores) == ["validation"]
    alone = fit_baseline(without(make_words(), "test", "validation"), CONFIG)
    assert (dict(alone.scores), alone.trials) == ({}, ())
    assert (alone.model, alone.inverse_penalty) == ("tfidf", CONFIG.inverse_penalties[0])


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
    assert replace(loaded, scores={}) == replace(made, scores={})
    np.testing.assert_array_equal(loaded.scores["test"], made.scores["test"])
    loaded.save(tmp_path / "three")
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "three" / f).read_bytes() for f in files)
