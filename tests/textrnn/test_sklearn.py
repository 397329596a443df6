"""scikit-learn's contract for every kind of target: tags, folds, scorers, indicators of several labels."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from classifiers import text_classifier
from made_kinds import make_feelings, make_stars
from scipy import sparse
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.metrics import f1_score, r2_score
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, check_cv, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks, get_tags

from textrnn import SequenceRegressor, TextClassifier
from textrnn.errors import DataError, DataWarning

TINY: dict[str, Any] = {
    "embedding_size": 8, "hidden_size": 6, "epochs": 1, "batch_size": 16, "device": "cpu", "train.precision": "float32",
    "vectors": "none", "validation_fraction": 0.2, "train.adversarial": 0.0,
}  # fmt: skip
FEELINGS = make_feelings(90)
TEXTS = [row["text"] for row in FEELINGS]
SETS = [row["labels"] for row in FEELINGS]
NAMES = ["surprise", "anger", "joy", "fear"]  # in no order
MATRIX = np.array([[int(name in labels) for name in NAMES] for labels in SETS])
STARS = make_stars(90)
STAR_TEXTS, NUMBERS = [row["text"] for row in STARS], [float(row["stars"]) for row in STARS]


def tiny(**changed: Any) -> TextClassifier:
    return text_classifier({**TINY, **changed})


# --- tags -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("single", "classifier"),
        ("ordinal", "classifier"),
        ("path", "classifier"),
        ("number", "regressor"),
        ("multi", None),
    ],
)
def test_the_tags_are_those_of_the_target(target: Any, kind: str | None) -> None:
    model = tiny(target=target)
    tags = get_tags(model)
    assert tags.estimator_type == kind
    assert (is_classifier(model), is_regressor(model)) == (kind == "classifier", kind == "regressor")
    assert get_tags(make_pipeline(model)).estimator_type == kind
    assert get_tags(clone(tiny()).set_params(target=target)).estimator_type == kind
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert tags.target_tags.multi_output == (target == "multi")
    assert bool(tags.classifier_tags and tags.classifier_tags.multi_label) == (target == "multi")
    assert (tags.regressor_tags is not None) == (target == "number")
    folds = check_cv(2, ["a", "b"] * 10, classifier=is_classifier(model))
    assert isinstance(folds, StratifiedKFold if kind == "classifier" else KFold)


def test_a_regressor_of_sequences_is_one() -> None:
    tags = get_tags(SequenceRegressor())
    assert is_regressor(SequenceRegressor())
    assert tags.input_tags.three_d_array
    assert tags.target_tags.multi_output


def test_numbers_go_through_scikit_learn() -> None:
    model = tiny(target="number")
    scores = cross_val_score(model, STAR_TEXTS, NUMBERS, cv=2, scoring="r2")
    said = cross_val_predict(model, STAR_TEXTS, NUMBERS, cv=KFold(2))
    assert said.shape == (90,)
    assert said.dtype == np.float64
    halves = [r2_score(NUMBERS[part], said[part]) for part in (slice(0, 45), slice(45, 90))]
    np.testing.assert_allclose(scores, halves)
    search = GridSearchCV(model, {"hidden_size": [4, 6]}, cv=2, scoring="neg_mean_absolute_error")
    search.fit(STAR_TEXTS, NUMBERS)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.score(STAR_TEXTS, NUMBERS) < 0


CHECKS = (
    "check_estimator_cloneable", "check_estimator_tags_renamed", "check_valid_tag_types", "check_estimator_repr",
    "check_no_attributes_set_in_init", "check_get_params_invariance", "check_set_params", "check_mixin_order",
    "check_parameters_default_constructible",
)  # fmt: skip


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("target", ["single", "number", "multi", None])
def test_scikit_learns_own_checks_of_parameters_and_tags_pass(check: str, target: Any) -> None:
    model = SequenceRegressor() if target is None else tiny(target=target)
    getattr(estimator_checks, check)(type(model).__name__, model)


# --- several labels ---------------------------------------------------------------------------

INDICATORS: dict[str, Any] = {
    "int": MATRIX,
    "bool": MATRIX.astype(bool),
    "float": MATRIX.astype(float),
    "object": MATRIX.astype(object),
    "int8": MATRIX.astype(np.int8),
    "lists": MATRIX.tolist(),
    "csr": sparse.csr_matrix(MATRIX),
    "csc array": sparse.csc_array(MATRIX),
    "csr by keys": sparse.dok_matrix(MATRIX),
    "frame": pd.DataFrame(MATRIX, columns=NAMES, index=range(7, 97)),
    "frame of flags": pd.DataFrame(MATRIX.astype(bool), columns=NAMES),
}


@pytest.fixture(scope="module")
def by_sets() -> TextClassifier:
    return tiny(target="multi").fit(TEXTS, SETS)


@pytest.mark.parametrize("form", INDICATORS)
def test_an_indicator_goes_in_and_comes_out(form: str, by_sets: TextClassifier, tmp_path: Path) -> None:
    given = INDICATORS[form]
    model = tiny(target="multi").fit(TEXTS, given)
    assert model.classes_.tolist() == (NAMES if "frame" in form else [0, 1, 2, 3])
    said = model.predict(TEXTS)
    assert sparse.issparse(said) == form.startswith("cs")
    dense = said.toarray() if sparse.issparse(said) else said
    assert dense.shape == (90, 4)
    assert dense.dtype == np.int64
    # the same columns as sets of names have, in another order
    order = [by_sets.classes_.tolist().index(name) for name in NAMES]
    np.testing.assert_allclose(model.predict_proba(TEXTS), by_sets.predict_proba(TEXTS)[:, order], atol=0.2)
    np.testing.assert_array_equal(dense, model.predict_proba(TEXTS) >= model._fitted().decision.thresholds)
    assert model.score(TEXTS, given) == np.mean((dense == MATRIX).all(axis=1))
    again = TextClassifier.load(model.save(tmp_path / "model"))
    found = again.predict(TEXTS)
    assert type(found) is type(said)
    np.testing.assert_array_equal(found.toarray() if sparse.issparse(found) else found, dense)
    assert again.classes_.tolist() == model.classes_.tolist()
    assert 0 <= f1_score(MATRIX, said, average="macro", zero_division=0) <= 1


def test_more_classes_than_ten_stay_in_their_order() -> None:
    matrix = np.zeros((90, 12), int)
    matrix[np.arange(90), np.arange(90) % 11] = 1  # and one that no text has
    model = tiny(target="multi").fit([f"{text} word{i % 11}" for i, text in enumerate(TEXTS)], matrix)
    assert model.classes_.tolist() == list(range(12))
    assert model.predict_proba(TEXTS)[:, 11].max() < 1e-3
    assert model.predict(TEXTS).shape == (90, 12)
    wide = model.predict_proba([f"word{i}" for i in range(11)])[:, :11]
    assert (wide.argmax(axis=1) == np.arange(11)).mean() > 0.7


@pytest.mark.parametrize("kind", [list, tuple, set, np.array])
def test_lists_of_labels_go_through_cross_validation(kind: Any) -> None:
    labels = [kind(labels) for labels in SETS]
    scores = cross_val_score(tiny(target="multi"), TEXTS, labels, cv=2)
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()


def test_indicators_go_through_scikit_learn() -> None:
    model = tiny(target="multi")
    for scoring in ("f1_macro", "roc_auc", "average_precision", None):
        assert np.isfinite(cross_val_score(model, TEXTS, MATRIX, cv=2, scoring=scoring)).all()
    assert np.isfinite(
        cross_val_score(model, TEXTS, MATRIX[:, :2], cv=2, scoring="roc_auc")
    ).all()  # a pair is no binary
    assert cross_val_predict(model, TEXTS, MATRIX, cv=2).shape == (90, 4)
    assert cross_val_predict(model, TEXTS, sparse.csr_matrix(MATRIX), cv=2).shape == (90, 4)
    assert cross_val_predict(model, TEXTS, MATRIX, cv=2, method="predict_proba").shape == (90, 4)
    search = GridSearchCV(model, {"hidden_size": [4]}, cv=2, scoring="f1_micro").fit(
        TEXTS, pd.DataFrame(MATRIX, columns=NAMES)
    )
    assert search.predict(TEXTS).shape == (90, 4)


def test_labels_to_score_are_told_by_their_names(by_sets: TextClassifier) -> None:
    frame = pd.DataFrame(MATRIX, columns=NAMES)
    assert by_sets.score(TEXTS, frame) == by_sets.score(TEXTS, frame[sorted(NAMES)]) == by_sets.score(TEXTS, SETS)
    assert by_sets.score(TEXTS, frame[sorted(NAMES)].to_numpy()) == by_sets.score(TEXTS, SETS)
    with pytest.raises(DataError, match=r"a column for each of the 4 classes, 'anger', .* found 'joy', 'fear'"):
        by_sets.score(TEXTS, frame[["joy", "fear"]])
    with pytest.raises(DataError, match="found 3 columns"):
        by_sets.score(TEXTS, MATRIX[:, :3])


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (MATRIX * 2, "labels, row 1 .*, column .*: expected 0 or 1, found 2"),
        (np.where(MATRIX, np.nan, 0.0), "expected 0 or 1, found"),
        (np.zeros((90, 4), int), "expected a label on some of the rows"),
        (np.zeros((90, 0), int), r"found the shape \(90, 0\)"),
        (np.zeros((90, 4, 2), int), r"found the shape \(90, 4, 2\)"),
        ([[0, 1]] * 89 + [[1]], "expected rows of one length, .* found the lengths 1, 2"),
        (pd.DataFrame(MATRIX, columns=["a", "b", "a", "c"]), "expected columns with different names"),
        (MATRIX[:80], "labels: expected as many as texts, found 80 labels and 90 texts"),
        ([[1, "a"]] * 90, "expected strings, found a number 1 among them"),
    ],
)
def test_what_is_no_indicator_is_reported_in_one_line(labels: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        tiny(target="multi").fit(TEXTS, labels)
    assert "\n" not in str(caught.value)


# --- warnings ---------------------------------------------------------------------------------


def test_what_the_data_check_finds_is_warned_of_once() -> None:
    texts = [*STAR_TEXTS[:60], *["the same"] * 20, "", " ", "x" * 1_000_001]
    labels = [*["yes", "no", "Yes "][:2] * 40, "Yes ", "Yes ", "Yes "]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tiny().fit(texts, labels)
    said = [str(warning.message) for warning in caught if issubclass(warning.category, DataWarning)]
    assert len(said) == len(set(said))
    assert {warning.filename for warning in caught if issubclass(warning.category, DataWarning)} == {__file__}
    for words in ("look alike", "repeat an earlier text", "two different labels", "without a visible character"):
        assert sum(words in line for line in said) == 1, words
    assert '1 text cut to the maximum length (settings["data.max_characters"])' in said
    assert not any("data." in line.replace('settings["data.', "") for line in said)
