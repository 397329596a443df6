"""Labels in no string order, and thresholds far from a half: in Python, saved, loaded, on the command line, in reports.

With ("bad", "good") and 0.5 a mistake in either would not show.
"""

from __future__ import annotations

import csv
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classifiers import text_classifier
from made_kinds import write_jsonlines
from running import Call

from textrnn import TextClassifier
from textrnn.decision.decision import from_bytes, to_bytes
from textrnn.model.folder import ModelFolder

pytestmark = pytest.mark.usefixtures("without_plots")

WORDS = {0: ["dreadful", "useless", "broken"], 1: ["usual", "passable", "plain"], 2: ["superb", "lovely", "bright"]}
SMALL: dict[str, Any] = {
    "embedding_size": 12, "hidden_size": 8, "model.word_dropout": 0.0, "model.embedding_dropout": 0.0, "dropout": 0.1,
    "vectors": "none", "batch_size": 16, "epochs": 6, "learning_rate": 0.03, "train.ema_decay": 0.9, "max_tokens": 20,
    "vocabulary.min_count": 1, "train.precision": "float32", "device": "cpu", "train.adversarial": 0.0,
}  # fmt: skip
# the labels of dreadful, usual and superb; sorted as strings each would be another
ODD: dict[str, tuple[tuple[Any, ...], dict[str, Any], list[Any]]] = {
    "integers": ((2, 10, -1), {}, [-1, 2, 10]),
    "order of names": (
        ("low", "fair", "high"),
        {"target": "ordinal", "classes": ("low", "fair", "high")},
        ["low", "fair", "high"],
    ),
    "order of integers": ((2, 10, 100), {"target": "ordinal"}, [2, 10, 100]),
}


def made(rows: int, labels: tuple[Any, ...], seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    found = []
    for number in range(rows):
        kind = (0, 1, 1, 2, 2, 2)[number % 6]
        thing = chance.choice(["map", "cake", "song"])
        found.append({"text": f"the {thing} was {chance.choice(WORDS[kind])} ({number})", "label": labels[kind]})
    return found


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A model folder for each of `ODD`, and one with several labels a text."""
    folder, found = tmp_path_factory.mktemp("odd"), {}
    for number, (name, (labels, parameters, _)) in enumerate(ODD.items()):
        rows = made(150, labels, 0)
        model = text_classifier({**SMALL, **parameters}).fit([r["text"] for r in rows], [r["label"] for r in rows])
        found[name] = model.save(folder / f"m{number}")
    rows = made(150, (["b"], [], ["c", "a"]), 0)
    several = text_classifier(SMALL, target="multi", epochs=2)
    found["several"] = several.fit([r["text"] for r in rows], [r["label"] for r in rows]).save(folder / "several")
    return found


@pytest.mark.parametrize("name", ODD)
def test_each_text_gets_its_own_label_everywhere(
    name: str, saved: dict[str, Path], textrnn: Call, tmp_path: Path
) -> None:
    labels, _, classes = ODD[name]
    rows = made(60, labels, 5)
    texts, true = [row["text"] for row in rows], [row["label"] for row in rows]
    model = TextClassifier.load(saved[name])
    assert model.classes_.tolist() == classes
    said = model.predict(texts).tolist()
    assert np.mean([a == b for a, b in zip(said, true, strict=True)]) > 0.9
    assert model.score(texts, true) == np.mean([a == b for a, b in zip(said, true, strict=True)])
    likeliest = model.classes_[model.predict_proba(texts).argmax(axis=1)].tolist()
    assert np.mean([a == b for a, b in zip(likeliest, true, strict=True)]) > 0.9, "columns in the order of classes_"

    again = TextClassifier.load(model.save(tmp_path / "again"))
    assert (again.classes_.tolist(), again.predict(texts).tolist()) == (classes, said)
    lines = [
        json.loads(line)
        for line in textrnn("predict", "-m", str(tmp_path / "again"), *texts[:20], "--all").out.splitlines()
    ]
    assert [line["label"] for line in lines] == said[:20]
    for line, row in zip(lines, model.predict_proba(texts[:20]), strict=True):
        assert list(line["probabilities"]) == [str(label) for label in classes]
        np.testing.assert_allclose(list(line["probabilities"].values()), row, atol=1e-6)

    held = write_jsonlines(tmp_path / "held.jsonl", rows)
    report = textrnn("score", str(held), "-m", str(saved[name]), "--json").json
    assert report["metrics"]["accuracy"]["value"] == pytest.approx(model.score(texts, true))
    assert report["target"]["classes"] == classes


def with_thresholds(folder: Path, thresholds: tuple[float, ...], to: Path) -> Path:
    """The model in `folder` with other thresholds, and so unsure that they matter."""
    files = dict(ModelFolder.load(folder).files)
    made = from_bytes(files["decision.json"])
    unsure = replace(made, recurrent=made.recurrent / 5, ngram_branch=made.ngram_branch / 5, thresholds=thresholds)
    files["decision.json"] = to_bytes(unsure)
    ModelFolder(files).save(to)
    return to


@pytest.mark.parametrize("thresholds", [(0.05, 0.95, 0.5), (0.95, 0.05, 0.05)])
def test_thresholds_are_kept_to_everywhere(
    thresholds: tuple[float, ...], saved: dict[str, Path], textrnn: Call, tmp_path: Path
) -> None:
    rows = made(60, (["b"], [], ["c", "a"]), 5)
    texts, true = [row["text"] for row in rows], [tuple(sorted(row["label"])) for row in rows]
    folder = with_thresholds(saved["several"], thresholds, tmp_path / "model")
    model = TextClassifier.load(folder)
    said = model.predict_proba(texts)
    assert np.count_nonzero((said > 0.05) & (said < 0.95)) > 60, "else no threshold would matter"
    expected = [tuple(str(c) for c in model.classes_[row >= np.array(thresholds)]) for row in said]
    # were they ignored, or turned round among the classes, other labels would come
    for other in (np.full(3, 0.5), np.roll(thresholds, 1), np.roll(thresholds, -1)):
        assert expected != [tuple(str(c) for c in model.classes_[row >= other]) for row in said]
    assert model.predict(texts).tolist() == expected
    exact = np.mean([a == b for a, b in zip(expected, true, strict=True)])
    assert model.score(texts, true) == pytest.approx(exact)

    again = TextClassifier.load(model.save(tmp_path / "again"))
    assert again.predict(texts).tolist() == expected
    lines = [json.loads(line) for line in textrnn("predict", "-m", str(folder), *texts).out.splitlines()]
    assert [tuple(line["labels"]) for line in lines] == expected
    cells = list(csv.DictReader(textrnn("predict", "-m", str(folder), "--format", "csv", *texts).out.splitlines()))
    assert [len(list(filter(None, cell["labels"].strip("[]").split(",")))) for cell in cells] == list(
        map(len, expected)
    )

    held = write_jsonlines(tmp_path / "held.jsonl", rows)
    metrics = textrnn("score", str(held), "-m", str(folder), "--json").json["metrics"]
    chosen = said >= np.array(thresholds)
    members = np.array([[name in labels for name in model.classes_] for labels in true])
    hits = int((chosen & members).sum())
    assert metrics["exact_match"]["value"] == pytest.approx(exact)
    assert metrics["micro_f1"]["value"] == pytest.approx(2 * hits / (chosen.sum() + members.sum()))


def test_the_report_of_the_pipeline_keeps_to_the_thresholds_too(tmp_path: Path) -> None:
    from settings import tree_of, write_files
    from stages import config_of, run_stages

    from textrnn.decision.branch_logits import classifier_logits
    from textrnn.decision.decision import compute_scores
    from textrnn.evaluation.evaluate import evaluate

    write_files(tmp_path)
    several = {"data": {"source": "several.csv", "text_column": "text", "target": "multi", "label_separator": ";"}}
    config = config_of(tree_of(several), tmp_path)
    nouns = run_stages(config, tmp_path / "made", leave_out=("audit", "evaluate", "bundle"))
    ids, classifier, ngram_branch = nouns["ids"], nouns["classifier"], nouns["ngram_branch"]
    thresholds = (1e-4, *[0.9999] * (classifier.target.outputs - 1))
    decision = replace(nouns["decision"], thresholds=thresholds)
    report = evaluate(nouns["corpus"], ids, classifier, ngram_branch, decision, nouns["baseline"], config.evaluate)
    said = compute_scores(decision, classifier_logits(classifier, ngram_branch, ids.splits["test"]))
    members, f1 = ids.labels["test"] > 0, []
    for chosen in (said >= np.array(thresholds), said >= 0.5, said >= np.roll(thresholds, 1)):
        f1.append(2 * int((chosen & members).sum()) / int(chosen.sum() + members.sum()))
    assert report.data["metrics"]["micro_f1"]["value"] == pytest.approx(f1[0])
    assert f1[0] not in f1[1:]
