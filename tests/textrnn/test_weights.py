"""What a text counts: `sample_weight` and `class_weight`, in every part that learns from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from classifiers import text_classifier
from made import make_rows
from made_kinds import make_feelings, make_stars
from scipy import sparse
from sklearn import set_config
from sklearn.model_selection import cross_val_score
from tiny import random_rows

from pipelines.caching.keys import cache_key_params
from pipelines.config import build_config
from textrnn import TextClassifier
from textrnn.config.train import TrainConfig
from textrnn.data.load import corpus_of
from textrnn.data.row_weights import RowWeights, balanced_weights, row_weights
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.fit_decision import fit_decision
from textrnn.errors import ConfigError, DataError
from textrnn.linear.centroids import fit_centroids
from textrnn.linear.naive_bayes import fit_one_vs_rest, naive_bayes_ratios, normalize_binary_rows
from textrnn.linear.ridge import fit_ridge
from textrnn.metrics.predictions import fit_thresholds
from textrnn.metrics.validation_score import validation_score
from textrnn.model.files import DECISION, WEIGHTS
from textrnn.training.training_rows import TrainingRows
from textrnn.training.validation_scores import validation_scores

ROWS = make_rows(160)
TEXTS, LABELS = [text for text, _ in ROWS], [label for _, label in ROWS]
TINY: dict[str, Any] = {
    "embedding_size": 8, "hidden_size": 6, "epochs": 3, "batch_size": 16, "device": "cpu", "train.precision": "float32",
    "vectors": "none", "validation_fraction": 0.2, "train.adversarial": 0.0, "learning_rate": 0.02, "dropout": 0.1,
    "train.ema_decay": 0.9,
}  # fmt: skip
KINDS: dict[str, tuple[list[str], list[Any]]] = {
    "single": (TEXTS, LABELS),
    "number": ([row["text"] for row in make_stars(160)], [float(row["stars"]) for row in make_stars(160)]),
    "multi": ([row["text"] for row in make_feelings(160)], [row["labels"] for row in make_feelings(160)]),
}
TWICE = np.random.default_rng(0).integers(1, 4, 40)  # how often each of 40 rows comes
AGAIN = np.repeat(np.arange(40), TWICE)


def tiny(**changed: Any) -> TextClassifier:
    return text_classifier({**TINY, **changed})


# --- sample_weight ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_counts_nothing_is_not_there(kind: Any, tmp_path: Path) -> None:
    texts, labels = KINDS[kind]
    weights = np.arange(160) % 4 > 0
    kept = np.flatnonzero(weights)
    short = tiny(target=kind, epochs=1).fit([texts[i] for i in kept], [labels[i] for i in kept])
    whole = tiny(target=kind, epochs=1).fit(texts, labels, sample_weight=weights.astype(float) * 3)
    np.testing.assert_array_equal(whole.predict_proba(texts), short.predict_proba(texts))
    for path in sorted(short.save(tmp_path / "short").iterdir()):
        assert path.read_bytes() == (whole.save(tmp_path / "whole") / path.name).read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_texts_count_against_one_another_matters(kind: Any) -> None:
    texts, labels = KINDS[kind]
    plain = tiny(target=kind, epochs=1).fit(texts, labels).predict_proba(texts)
    for weights in (pd.Series(np.full(160, 7)), 2.0):
        found = tiny(target=kind, epochs=1).fit(texts, labels, weights).predict_proba(texts)
        np.testing.assert_array_equal(found, plain)
    some = np.linspace(1, 3, 160)
    weighed = tiny(target=kind, epochs=1).fit(texts, labels, some).predict_proba(texts)
    assert np.abs(weighed - plain).max() > 1e-4
    larger = tiny(target=kind, epochs=1).fit(texts, labels, some * 1024).predict_proba(texts)
    np.testing.assert_array_equal(larger, weighed)


@pytest.mark.parametrize("ngram_branch", [True, False])
def test_of_two_opinions_the_heavier_one_is_learned(ngram_branch: bool) -> None:
    texts, labels = TEXTS * 2, LABELS + ["good" if label == "bad" else "bad" for label in LABELS]
    heavy = np.repeat([9.0, 1.0], 160)
    alone = (
        {} if ngram_branch else {"learning_rate": 0.03, "batch_size": 8, "model.word_dropout": 0.0, "train.patience": 0}
    )
    for weights, sign in ((heavy, 1), (heavy[::-1], -1))[: 1 + ngram_branch]:
        model = tiny(epochs=2 if ngram_branch else 12, **alone, **{"ngram_branch.enabled": ngram_branch}).fit(
            texts, labels, sample_weight=weights
        )
        assert sign * (model.score(TEXTS, LABELS) - 0.5) > 0.2
        assert model.score(texts, labels, sample_weight=weights) > model.score(texts, labels) + 0.1


def test_how_sure_a_model_is_hangs_on_what_the_texts_held_out_count(tmp_path: Path) -> None:
    """Two fits of one network, whose weights differ in the texts of validation alone."""
    held_out = corpus_of(TEXTS, LABELS, validation_fraction=0.25, seed=0).splits["validation"].rows - 1
    weights = np.linspace(1, 2, 160), np.linspace(1, 2, 160)
    weights[1][held_out[::2]] *= 20
    settings = {"epochs": 1, "ngram_branch.enabled": False, "validation_fraction": 0.25}
    folders = [
        tiny(**settings).fit(TEXTS, LABELS, sample_weight=each).save(tmp_path / str(number))
        for number, each in enumerate(weights)
    ]
    network, decision = ([(folder / name).read_bytes() for folder in folders] for name in (WEIGHTS, DECISION))
    assert network[0] == network[1]
    assert decision[0] != decision[1]


def test_what_is_left_without_texts_of_weight_0_is_reported() -> None:
    weights = [float(label == "good") for label in LABELS]
    with pytest.raises(DataError, match=r"found only 'good' .* \(of the 80 texts whose sample_weight is above 0\)"):
        tiny().fit(TEXTS, LABELS, sample_weight=weights)


def test_scikit_learn_passes_them_on() -> None:
    set_config(enable_metadata_routing=True)
    try:
        model = tiny(epochs=1).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        scores = cross_val_score(model, TEXTS, LABELS, cv=2, params={"sample_weight": np.linspace(1, 2, 160)})
    finally:
        set_config(enable_metadata_routing=False)
    assert np.isfinite(scores).all()


def made_table() -> tuple[sparse.csr_array, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    chance = np.random.default_rng(1)
    counts = sparse.csr_array((chance.random((40, 9)) < 0.4).astype(np.float64))
    return counts, chance.integers(0, 3, 40), (chance.random((40, 3)) < 0.4).astype(np.float32)


@pytest.mark.parametrize("several", [False, True])
def test_a_weight_of_two_is_the_row_twice_for_n_grams(several: bool) -> None:
    counts, codes, members = made_table()
    labels = members if several else codes
    ratios = naive_bayes_ratios(counts, labels, 3, TWICE.astype(float))
    np.testing.assert_allclose(ratios, naive_bayes_ratios(counts[AGAIN], labels[AGAIN], 3), atol=1e-12)
    found = fit_one_vs_rest(normalize_binary_rows(counts), ratios, labels, 1.0, TWICE.astype(float))
    wanted = fit_one_vs_rest(normalize_binary_rows(counts[AGAIN]), ratios, labels[AGAIN], 1.0)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-2)
    each = np.where(members > 0, 2.0, 1.0)
    apart = fit_one_vs_rest(normalize_binary_rows(counts), ratios, members, 1.0, each)
    for c in range(3):
        alone = fit_one_vs_rest(normalize_binary_rows(counts), ratios, members, 1.0, each[:, c])
        np.testing.assert_allclose(apart[0][:, c], alone[0][:, c], atol=1e-9)


@pytest.mark.parametrize("several", [False, True])
def test_a_weight_of_two_is_the_row_twice_for_centroids(several: bool) -> None:
    counts, codes, members = made_table()
    labels = members if several else codes
    weights, bias = fit_centroids(counts, labels, 3, TWICE.astype(float))
    again, wanted = fit_centroids(sparse.csr_array(counts[AGAIN]), labels[AGAIN], 3)
    lengths = [np.linalg.norm(found, axis=0) for found in (weights, again)]  # one factor, and one offset, are fitted
    np.testing.assert_allclose(weights / lengths[0], again / lengths[1], atol=1e-9)
    np.testing.assert_allclose(bias - bias[0], wanted - wanted[0], atol=1e-9)


def test_a_weight_of_two_is_the_row_twice_for_numbers() -> None:
    counts, _, _ = made_table()
    values = np.random.default_rng(2).normal(size=40)
    found = fit_ridge(counts, values, 2.0, TWICE.astype(float))
    wanted = fit_ridge(sparse.csr_array(counts[AGAIN]), values[AGAIN], 2.0)
    np.testing.assert_allclose(found[0], wanted[0], atol=1e-4)
    assert found[1] == pytest.approx(wanted[1], abs=1e-4)


@pytest.mark.parametrize(
    "target", [Target("single", ("a", "b", "c")), Target("multi", ("a", "b", "c")), Target("number", ())]
)
def test_a_weight_of_two_is_the_row_twice_on_validation(target: Target) -> None:
    chance = np.random.default_rng(3)
    truth = chance.normal(size=(400, target.outputs))  # many: the pull towards equal factors is a constant
    logits = BranchLogits(truth + chance.normal(size=truth.shape), truth + 2 * chance.normal(size=truth.shape))
    labels: Any = {"single": truth.argmax(axis=1), "multi": (truth > 0).astype(int), "number": truth[:, 0]}[target.kind]
    twice_over = np.random.default_rng(0).integers(1, 4, 400)
    weights, again = twice_over.astype(float), np.repeat(np.arange(400), twice_over)
    found = validation_scores(target, logits.recurrent, labels, weights)
    assert found == pytest.approx(validation_scores(target, logits.recurrent[again], labels[again]))
    said = logits.recurrent if target.kind == "number" else 1 / (1 + np.exp(-logits.recurrent))
    assert validation_score(target, labels, said, weights)[1] == pytest.approx(
        validation_score(target, labels[again], said[again])[1]
    )
    decision = fit_decision(logits, labels, has_ngrams=True, target=target, weights=weights)
    twice = BranchLogits(logits.recurrent[again], logits.ngram_branch[again])
    wanted = fit_decision(twice, labels[again], has_ngrams=True, target=target)
    assert (decision.recurrent, decision.ngram_branch) == pytest.approx(
        (wanted.recurrent, wanted.ngram_branch), abs=0.02
    )
    plain = fit_decision(logits, labels, has_ngrams=True, target=target)
    assert (decision.recurrent, decision.ngram_branch) != (plain.recurrent, plain.ngram_branch)
    if target.kind == "multi":
        np.testing.assert_allclose(fit_thresholds(labels, said, weights), fit_thresholds(labels[again], said[again]))


def test_what_a_text_counts_reaches_its_batch() -> None:
    weights = np.linspace(0.5, 1.5, 40)
    _, codes, members = made_table()
    some = np.array([3, 1, 30])
    for target, labels in (
        (Target("single", ("a", "b", "c")), codes),
        (Target("multi", ("a", "b", "c")), members),
        (Target("number", ()), np.arange(40.0)),
    ):
        balanced = "none" if target.kind == "number" else "balanced"
        rows = TrainingRows(random_rows(40), labels, TrainConfig(class_weight=balanced), target=target, weights=weights)
        found = rows.batch(some).weights
        assert found is not None
        alone = 1.0 if target.kind == "number" else balanced_weights(labels, exclusive=target.exclusive).take(some)
        own = weights[some] if target.exclusive else weights[some, None]
        np.testing.assert_allclose(found.numpy(), alone * own, rtol=1e-5)


# --- class_weight -----------------------------------------------------------------------------


def test_balanced_is_a_mapping_that_says_so() -> None:
    target, codes = Target("single", ("a", "b")), np.array([0] * 30 + [1] * 10)
    wanted = balanced_weights(codes).take()
    for scale in (1, 5):
        found = row_weights(target, codes, {"a": scale * 1.0, "b": scale * 3.0})
        assert found is not None
        np.testing.assert_allclose(found.take(), wanted, rtol=1e-6)
    members = np.eye(2, dtype=np.float32)[codes]
    several = row_weights(Target("multi", ("a", "b")), members, {"b": 3.0})
    assert isinstance(several, RowWeights)
    assert several.take()[[0, -1]].tolist() == [[1.0, 1.0], [1.0, 3.0]]


def rare() -> tuple[list[str], list[str]]:
    kept = [i for i, label in enumerate(LABELS) if label == "bad" or i % 5 == 0]
    return [TEXTS[i] for i in kept], [LABELS[i] for i in kept]


@pytest.mark.parametrize("branch", ["recurrent", "ngram_branch"])
@pytest.mark.parametrize("class_weight", ["balanced", {"good": 5.0}, {"bad": 0.2}])
def test_a_rare_class_counts_in_both_branches(branch: str, class_weight: Any) -> None:
    texts, labels = rare()
    said = {}
    for name, weight in {"plain": None, "weighed": class_weight}.items():
        predictor = tiny(class_weight=weight).fit(texts, labels)._fitted()
        logits = getattr(predictor.encoded_logits(predictor.encode(TEXTS)), branch)
        said[name] = float((logits[:, 1] - logits[:, 0]).mean())
    assert said["weighed"] > said["plain"] + 0.05


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        (LABELS, {"good": 5.0}),
        ([label == "good" for label in LABELS], {True: 5.0}),
        ([int(label == "good") for label in LABELS], {1: 5.0}),
        ([int(label == "good") for label in LABELS], {np.int64(1): 5}),
        ([float(label == "good") for label in LABELS], {1.0: 5.0}),
        (pd.Series(LABELS, dtype="category"), pd.Series({"good": 5.0}).to_dict()),
    ],
)
def test_classes_are_named_as_labels_are(labels: Any, named: Any, tmp_path: Path) -> None:
    plain, weighed = (tiny(epochs=1, class_weight=weight).fit(TEXTS, labels) for weight in (None, named))
    assert np.abs(weighed.predict_proba(TEXTS) - plain.predict_proba(TEXTS)).max() > 1e-4
    again = TextClassifier.load(weighed.save(tmp_path / "model"))
    np.testing.assert_array_equal(again.predict(TEXTS), weighed.predict(TEXTS))


@pytest.mark.parametrize(
    ("class_weight", "words"),
    [
        ("heavy", "^class_weight: expected .*'balanced'.* found 'heavy'"),
        ({"god": 2.0}, r"^class_weight: expected classes .*'bad', 'good'\), found 'god'; did you mean 'good'"),
        ({"good": 0}, "^class_weight: expected "),
        ({"good": -1.0}, "^class_weight: expected "),
        ({"good": "2"}, "^class_weight: expected "),
        ({"good": True}, "^class_weight: expected "),
        (3, "^class_weight: expected "),
        (True, "^class_weight: expected "),
    ],
)
def test_a_wrong_class_weight_is_told(class_weight: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        tiny(class_weight=class_weight).fit(TEXTS, LABELS)
    assert "\n" not in str(caught.value)


def test_the_config_takes_a_table_and_its_key_holds_it() -> None:
    def train(tree: dict[str, Any], *changes: str) -> TrainConfig:
        return build_config(tree, changes, name="x", root=Path(), base=Path()).train

    table = {"spam": 5.0, "ham": 1.0}
    assert train({"train": {"class_weight": table}}).class_weight == table
    found = train({}, "train.class_weight={spam = 5, ham = 1.0}")
    assert found.class_weight == table
    assert cache_key_params(found)["class_weight"] == table
    assert train({}, "train.class_weight=balanced").class_weight == "balanced"
    assert train({}).class_weight == "none"
    with pytest.raises(ConfigError, match=r"train\.class_weights: no such key; did you mean train\.class_weight\?"):
        train({"train": {"class_weights": "balanced"}})
    with pytest.raises(ConfigError, match=r"^train\.class_weight: expected "):
        train({"train": {"class_weight": {"spam": "5"}}})
