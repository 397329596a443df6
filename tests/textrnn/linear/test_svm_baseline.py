"""Linear SVMs: the optimum of scikit-learn's objective, probabilities by one scale, every kind of target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_words import make_words, without
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from textrnn.config.baseline import BaselineConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.tabular import TabularFeatures
from textrnn.data.target import Target
from textrnn.linear.fit_baseline import fit_baseline
from textrnn.linear.svm_baseline import CalibrationSet, fit_linear_svm, fit_svm
from textrnn.metrics.losses import sigmoid
from textrnn.metrics.metrics import log_loss
from textrnn.metrics.softmax import softmax
from textrnn.text.words import Words

SVM = BaselineConfig(candidates=("svm",), svm_inverse_penalties=(1.0,))
BOTH = replace(SVM, candidates=("svm_characters",))


def texts_of(words: Words, split: str) -> list[str]:
    return [" ".join(words.table[i] for i in row) for row in words.splits[split]]


def made_counts(classes: int, seed: int = 0, rows: int = 200) -> tuple[sparse.csr_array, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = np.arange(rows) % classes
    found = random.random((rows, 30)) < np.where(np.arange(30) % classes == labels[:, None], 0.3, 0.12)
    return sparse.csr_array(found.astype(np.float64)), labels


@pytest.mark.parametrize("classes", [2, 4])
def test_the_gradient_of_the_objective_is_zero(classes):
    features, labels = made_counts(classes)
    weights, bias = fit_linear_svm(features, labels, Target("single", tuple("abcd"[:classes])), 0.7)
    for c in range(classes):
        w, b = weights[:, c], bias[c]
        if classes == 2:
            w, b = 2 * w, 2 * b  # half of the one margin each
        y = np.where(labels == c, 1.0, -1.0)
        slack = np.maximum(0, 1 - y * (features @ w + b))
        gradient = np.r_[w - 2 * 0.7 * (features.T @ (y * slack)), b - 2 * 0.7 * (y * slack).sum()]
        assert np.abs(gradient).max() < 0.02 * np.abs(2 * 0.7 * (features.T @ y)).max()


@pytest.mark.parametrize("classes", [2, 3])
def test_predictions_are_those_of_scikit_learns_own_pipeline(classes):
    words = make_words(classes)
    vectorizer = TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = LinearSVC(C=1.0, random_state=0).fit(
        vectorizer.fit_transform(texts_of(words, "train")), words.labels["train"]
    )
    expected = model.decision_function(vectorizer.transform(texts_of(words, "test")))
    found = fit_baseline(words, SVM).scores["test"]
    if classes == 2:
        expected = np.stack([-expected / 2, expected / 2], axis=1)
    logits = np.log(found)
    centred, wanted = (a - a.mean(axis=1, keepdims=True) for a in (logits, expected))
    scale = (centred * wanted).sum() / (wanted * wanted).sum()  # the one number of the calibration
    np.testing.assert_allclose(centred, scale * wanted, atol=0.02 * scale)


def test_words_and_characters_are_each_half_of_a_row():
    words = make_words()
    union = FeatureUnion(
        [
            ("words", TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), min_df=2, sublinear_tf=True)),
            ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True)),
        ]
    )
    train = union.fit_transform(texts_of(words, "train")) * 0.5**0.5
    model = LinearSVC(C=1.0, random_state=0).fit(train, words.labels["train"])
    expected = model.decision_function(union.transform(texts_of(words, "test")) * 0.5**0.5)
    found = fit_baseline(words, BOTH)
    assert (found.features, found.characters) == (train.shape[1], (3, 5))
    centred, wanted = (a - a.mean(axis=1, keepdims=True) for a in (np.log(found.scores["test"]), expected))
    scale = (centred * wanted).sum() / (wanted * wanted).sum()
    np.testing.assert_allclose(centred, scale * wanted, atol=0.02 * scale)


def test_a_segmenters_words_are_read_across_and_characters_as_they_are():
    words = make_words()
    chinese = replace(words, tokenizer=TokenizeConfig(unit="rjieba"))
    assert fit_baseline(chinese, BOTH).characters == (1, 3)
    single = fit_baseline(make_words(unit="characters"), BOTH)
    assert (single.characters, single.ngrams) == ((), 3)


@pytest.mark.parametrize("held", [True, False])
def test_one_scale_lowers_the_log_loss_and_keeps_the_prediction(held):
    counts, labels = made_counts(3, rows=300)
    more, truth = made_counts(3, seed=1, rows=400)
    target = Target("single", ("a", "b", "c"))
    (fitted,) = fit_svm(
        counts, labels, target, [1.0], held_out=CalibrationSet(more[:200], truth[:200], None) if held else None
    )
    weights, bias = fit_linear_svm(fitted.weigh(counts), labels, target, 1.0)
    margins, logits = fitted.weigh(more[200:]) @ weights + bias, fitted.logits(more[200:])
    np.testing.assert_array_equal(margins.argmax(axis=1), logits.argmax(axis=1))
    ratio = logits / margins
    np.testing.assert_allclose(ratio, ratio.flat[0])
    losses = [log_loss(truth[200:], softmax(s * margins)) for s in (1.0, 4 * ratio.flat[0], ratio.flat[0])]
    assert losses[2] < min(losses[:2])
    best = min(log_loss(truth, softmax(s * fitted.logits(more))) for s in np.geomspace(0.2, 5, 40))
    assert log_loss(truth, softmax(fitted.logits(more))) < 1.05 * best  # not that of texts that the model knows
    own = log_loss(truth[:200], softmax(fitted.logits(more[:200])))
    if held:  # the best on the rows that it is fitted on
        for s in (0.95, 1.05):
            assert own <= log_loss(truth[:200], softmax(s * fitted.logits(more[:200])))


def test_without_validation_the_scale_is_that_of_texts_that_the_model_does_not_know():
    counts, labels = made_counts(3, rows=60)  # few are known too well: at their scale the loss is 1.2 times the best
    more, truth = made_counts(3, seed=1, rows=400)
    (fitted,) = fit_svm(counts, labels, Target("single", ("a", "b", "c")), [1.0])
    losses = [log_loss(truth, softmax(s * fitted.logits(more))) for s in np.geomspace(0.2, 5, 40)]
    assert log_loss(truth, softmax(fitted.logits(more))) < 1.05 * min(losses)


def test_several_labels_have_a_margin_each_one_scale_and_one_offset():
    counts, labels = made_counts(3, rows=300)
    members = (labels[:, None] == np.arange(5)).astype(np.float32)
    members[:, 3] = 1  # every text; and no text has the last
    target = Target("multi", tuple("abcde"))
    (fitted,) = fit_svm(counts, members, target, [1.0], held_out=CalibrationSet(counts[:150], members[:150], None))
    logits = fitted.logits(counts)
    for c in range(3):
        margin = LinearSVC(C=1.0, random_state=0).fit(fitted.weigh(counts), labels == c)
        weights = margin.coef_[0]
        scale = (fitted.weights[:, c] @ weights) / (weights @ weights)
        np.testing.assert_allclose(fitted.weights[:, c], scale * weights, atol=0.02 * scale)
    assert sigmoid(logits[:, 3]).min() > 0.99
    assert not sigmoid(logits[:, 4]).any()
    shares = sigmoid(logits[:150, :3]).mean(axis=0)
    np.testing.assert_allclose(shares.mean(), members[:150, :3].mean(), atol=0.03)


@pytest.mark.parametrize("model", ["svm", "svm_characters"])
def test_every_kind_of_target(model):
    words, config = make_words(), replace(SVM, candidates=(model,))
    for kind in ("ordinal", "path"):
        found = fit_baseline(replace(words, target=Target(kind, words.target.classes)), config)
        np.testing.assert_array_equal(found.scores["test"], fit_baseline(words, config).scores["test"])
    values = {name: labels + 0.5 for name, labels in words.labels.items()}
    number = fit_baseline(replace(words, labels=values, target=Target("number", (), 1.5, 0.8)), config)
    assert number.model == "tfidf"  # a ridge regression
    many = Target("single", tuple(f"class {i}" for i in range(500)))
    assert fit_baseline(replace(words, target=many), config).model == "centroid"


def test_tabular_columns_are_read():
    counts, labels = made_counts(2)
    told = TabularFeatures(labels[:, None].astype(np.float32), np.zeros((len(labels), 0), np.int32), ())
    target = Target("single", ("a", "b"))
    (fitted,) = fit_svm(counts, labels, target, [10.0], told, held_out=CalibrationSet(counts, labels, told))
    assert (fitted.logits(counts, told).argmax(axis=1) == labels).all()


@pytest.mark.parametrize("model", ["svm", "svm_characters"])
def test_nothing_to_read_gives_even_probabilities(model):
    found = fit_baseline(make_words(), replace(SVM, candidates=(model,), min_documents=1000))
    assert found.features == 0
    np.testing.assert_allclose(found.scores["test"], 1 / 3)


def test_a_class_without_training_rows_has_probability_zero():
    words = make_words()
    labels = {**words.labels, "train": np.where(words.labels["train"] == 1, 2, words.labels["train"])}
    for rows in (words, without(words, "validation")):
        found = fit_baseline(replace(rows, labels=labels), SVM)
        assert not found.scores["test"][:, 1].any()
        assert (found.scores["test"][:, 0] > 0.6).any()


@pytest.mark.parametrize("model", ["svm", "svm_characters"])
def test_held_out_words_give_the_scale_alone(model):
    words, config = make_words(), replace(SVM, candidates=(model,))
    before = fit_baseline(words, config)
    other = {**words.labels, "validation": words.labels["validation"][::-1].copy()}
    after = fit_baseline(replace(words, labels=other), config)
    ratio = [
        after_weight / weight
        for features, others in zip(before.top_features, after.top_features, strict=True)
        for (_, weight), (_, after_weight) in zip(features, others, strict=True)
    ]
    np.testing.assert_allclose(ratio, ratio[0])
    assert ratio[0] < 0.5  # at labels that are wrong it trusts less
    alone = fit_baseline(without(words, "test"), config)
    np.testing.assert_array_equal(before.scores["validation"], alone.scores["validation"])
    assert before.top_features == alone.top_features


def test_the_same_bits_with_one_thread_and_with_two():
    found = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            found.append(fit_baseline(make_words(), replace(SVM, candidates=("svm", "svm_characters"))))
    np.testing.assert_array_equal(found[0].scores["test"], found[1].scores["test"])
    assert found[0].top_features == found[1].top_features
