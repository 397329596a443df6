"""The verb hands the right split of every noun on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from textrnn.config.evaluate import EvaluateConfig
from textrnn.config.model import ModelConfig
from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.config.train import TrainConfig
from textrnn.data.corpus import Corpus
from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import Decision
from textrnn.errors import DataError
from textrnn.evaluation.evaluate import evaluate, result_settings
from textrnn.evaluation.rejection import measure_rejection
from textrnn.inference.classifier import Classifier
from textrnn.linear.baseline import Baseline, Trial
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.linear.ngram_branch import empty_branch
from textrnn.nn.classifier import build_model
from textrnn.nn.from_network import to_arrays
from textrnn.text.ids import Ids
from textrnn.text.ragged import ragged

TARGET = Target("single", ("bad", "good"))
CONFIG = EvaluateConfig(bootstrap=20, errors=5)
TRIALS = (Trial("tfidf", 10.0, 0.5, 0.7), Trial("nb", 4.0, 0.6, 0.6))


def make_nouns():
    random = np.random.default_rng(0)
    splits, rows, labels = {}, {}, {}
    for name, size in (("train", 20), ("validation", 14), ("test", 30)):
        labels[name] = random.integers(0, 2, size)
        rows[name] = ragged([random.integers(2, 9, random.integers(1, 12)) for _ in range(size)])
        texts = [f"{name} {i}" for i in range(size)]
        splits[name] = Examples({"text": texts}, [TARGET.classes[i] for i in labels[name]], np.arange(1, size + 1))
    corpus = Corpus(splits, TARGET, {"warnings": ["look out"]})
    model = ModelConfig(embedding_size=4, hidden_size=4)
    weights = to_arrays(build_model(model, 9, 2, seed=0)).weights
    history = [
        {"epoch": 1, "train_loss": 0.7, "validation_loss": 0.6, "validation_accuracy": 0.5, "learning_rate": 0.1}
    ]
    classifier = Classifier(weights, model, TrainConfig(device="cpu"), TARGET, 9, history, 1)
    probabilities = {name: random.dirichlet(np.ones(2), len(labels[name])) for name in ("validation", "test")}
    baseline = Baseline(probabilities, "nb", 4.0, TRIALS, 3, 12, ((("dull", 1.0),), (("fun", 2.0),)))
    ids = Ids(rows, labels, TARGET, 9)
    return corpus, ids, classifier, fit_ngram_branch(ids, NgramBranchConfig()), Decision(0.5, 0.5), baseline


def test_the_test_split_is_scored_with_all_there_is_to_say():
    report = evaluate(*make_nouns(), CONFIG)
    assert (report.data["split"], report.data["examples"]) == ("test", 30)
    assert all(error["text"].startswith("test ") for error in report.data["errors"])
    assert report.data["baseline"]["trials"] == [
        {"model": "tfidf", "inverse_penalty": 10.0, "score": 0.5, "loss": 0.7},
        {"model": "nb", "inverse_penalty": 4.0, "score": 0.6, "loss": 0.6},
    ]
    assert report.data["baseline"]["name"] == "NB-LR: naive Bayes weights, 1-3-grams, logistic regression"
    assert report.data["best_epoch"] == 1
    assert report.html.count("<svg") == 5
    for said in (
        "look out",
        "dull",
        "hidden_size",
        "Learning curves",
        "The two branches",
        "0.500",
        "TF-IDF",
        "NB-LR: naive",
    ):
        assert said in report.html
    assert evaluate(*make_nouns(), CONFIG) == report


def test_the_settings_that_made_the_model_are_reported_by_section():
    nouns = make_nouns()
    found = evaluate(*nouns, CONFIG).data["settings"]
    assert set(found) == {"model", "train", "evaluate", "vocabulary", "ngram_branch"}
    assert found["model"]["hidden_size"] == 4
    assert found["train"]["learning_rate"] == TrainConfig().learning_rate
    assert found["evaluate"]["bootstrap"] == 20
    assert found["vocabulary"] == {"size": 9}
    assert found["ngram_branch"] == {"features": nouns[3].ngrams.features, "ngrams": 3}


def test_without_a_test_split_validation_is_scored_which_is_reported():
    corpus, ids, classifier, *others = make_nouns()
    splits = {name: corpus.splits[name] for name in ("train", "validation")}
    report = evaluate(replace(corpus, splits=splits), ids, classifier, *others, CONFIG)
    assert (report.data["split"], report.data["examples"]) == ("validation", 14)
    assert "There is no test split" in report.html
    with pytest.raises(DataError, match="expected a test or a validation split"):
        evaluate(replace(corpus, splits={"train": splits["train"]}), ids, classifier, *others, CONFIG)


def test_unkeyed_settings_change_no_report():
    assert "checkpoint_seconds" not in result_settings(TrainConfig())
    assert result_settings(TrainConfig())["batch_size"] == TrainConfig().batch_size
    corpus, ids, classifier, *others = make_nouns()
    hurried = replace(classifier, train_config=replace(classifier.train_config, checkpoint_seconds=1.0))
    assert evaluate(corpus, ids, hurried, *others, CONFIG) == evaluate(corpus, ids, classifier, *others, CONFIG)


def test_each_branch_is_scored_alone():
    *nouns, ngram_branch, decision, baseline = make_nouns()
    found = evaluate(*nouns, ngram_branch, decision, baseline, CONFIG).data["branches"]
    for part, alone in zip(found["parts"], (Decision(1.0, 0.0), Decision(0.0, 1.0)), strict=True):
        expected = evaluate(*nouns, ngram_branch, alone, baseline, CONFIG).data["metrics"]["accuracy"]
        assert part["accuracy"] == expected, part["name"]
        assert part["factor"] == 0.5
    assert found["parts"][0]["accuracy"] != found["parts"][1]["accuracy"]
    accuracy = evaluate(*nouns, ngram_branch, decision, baseline, CONFIG).data["metrics"]["accuracy"]["value"]
    assert found["gain"]["difference"] == pytest.approx(
        accuracy - max(part["accuracy"]["value"] for part in found["parts"]), abs=1e-5
    )
    assert evaluate(*nouns, empty_branch(2), Decision(), baseline, CONFIG).data["branches"] is None


TARGET = Target("single", ("a", "b"))


def test_what_is_rejected_is_counted_and_the_rest_scored() -> None:
    labels = np.array([0, 1, 1, 0])
    logits = BranchLogits(np.array([[3.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.5, 0.0]]), np.zeros((4, 2)))
    found = measure_rejection(labels, logits, Decision(1.0, 0.0, 1.0), TARGET)
    assert found is not None
    assert (found["rejected"], found["accuracy"]["value"]) == (1, 2 / 3)
    assert found["accuracy"]["low"] < 2 / 3 < found["accuracy"]["high"]
    none = measure_rejection(labels, logits, Decision(1.0, 0.0, 9.0), TARGET)
    no_accuracy = {"value": None, "low": None, "high": None}
    assert none == {"min_confidence": 9.0, "lines": [], "rejected": 4, "accuracy": no_accuracy}
    assert measure_rejection(labels, logits, Decision(), TARGET) is None
