"""Predictors that decide anew; a decision of other weights, or of other classes, is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile_models import made_model
from made import make_rows

import textrnn
from textrnn import TextClassifier, TextPredictor
from textrnn.errors import ConfigError, DataError, DataTypeError, ModelError, NoGuaranteeError
from textrnn.model.files import CARD, FORMAT
from textrnn.model.folder import load_predictor
from textrnn.storage.files import write_manifest

TEXTS, LABELS = map(list, zip(*make_rows(240, seed=5), strict=True))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> TextPredictor:
    folder = tmp_path_factory.mktemp("models") / "m"
    made_model().save(folder)
    return textrnn.load(folder)


def manifest(folder: Path) -> None:
    write_manifest(folder, {"format": FORMAT, "kind": "textrnn model"}, leave_out=frozenset({CARD}))


def test_a_predictor_that_decides_is_another_one_which_accepts_what_was_asked(loaded: TextPredictor) -> None:
    decided = loaded.decide(TEXTS, LABELS, abstain_below=0.5001)
    probabilities = decided.predict_proba(TEXTS)
    np.testing.assert_array_equal(probabilities, loaded.predict_proba(TEXTS))
    np.testing.assert_array_equal(decided.accepts(TEXTS), probabilities.max(axis=1) >= 0.5001)
    assert loaded.accepts(TEXTS).all()
    assert loaded.decision_lines == ["every prediction is accepted; nothing is guaranteed"]
    assert decided.decision_lines[0] == "predictions with a probability below 0.5001 are rejected"


def test_a_classifier_decides_as_a_predictor_does_and_keeps_it(loaded: TextPredictor, tmp_path: Path) -> None:
    made_model().save(tmp_path / "m")
    classifier = TextClassifier.load(tmp_path / "m")
    decided = classifier.decide(TEXTS, LABELS, recall=0.8, for_class="bad")
    assert decided.decision_lines == loaded.decide(TEXTS, LABELS, recall=0.8, for_class="bad").decision_lines
    assert classifier.decision_lines != decided.decision_lines
    assert TextClassifier.decide is TextPredictor.decide  # one list of parameters
    again = textrnn.load(decided.save(tmp_path / "later"))
    assert again.predictor.decision == decided._fitted().decision
    assert again.decision_lines == decided.decision_lines
    card = (tmp_path / "later" / CARD).read_text(encoding="utf-8")
    assert card.count("## What it decides") == 1
    assert decided.decision_lines[0] in card
    np.testing.assert_array_equal(again.predict(TEXTS), decided.predict(TEXTS))
    assert (again.predict(TEXTS) != loaded.predict(TEXTS)).any()


def test_what_cannot_be_decided_is_refused(loaded: TextPredictor) -> None:
    with pytest.raises(NoGuaranteeError, match=r"^no threshold guarantees a precision of 0\.99 on 3 labelled rows"):
        loaded.decide(TEXTS[:3], LABELS[:3], precision=0.99)
    with pytest.raises(ConfigError, match="expected one of precision"):
        loaded.decide(TEXTS, LABELS)
    with pytest.raises(DataError, match=r"labels, row 2 .*: expected a label that the model knows"):
        loaded.decide(TEXTS[:2], ["bad", "ugly"], precision=0.5)
    with pytest.raises(DataError):
        loaded.decide(TEXTS, LABELS[1:], precision=0.5)
    with pytest.raises(DataTypeError, match=r"labels: expected the labels themselves, .* write texts\['reason'\]"):
        loaded.decide({"text": TEXTS, "reason": LABELS}, "reason", precision=0.5)


def test_a_decision_of_other_weights_is_refused(tmp_path: Path) -> None:
    made_model().save(tmp_path / "one")
    made_model("characters").save(tmp_path / "other")
    load_predictor(tmp_path / "one")
    shutil.copy(tmp_path / "other" / "decision.json", tmp_path / "one" / "decision.json")
    manifest(tmp_path / "one")
    with pytest.raises(
        ModelError, match=r"expected a decision fitted for these weights, found one for others"
    ) as found:
        load_predictor(tmp_path / "one")
    assert found.value.exit_code == 3


@pytest.mark.parametrize(
    "more",
    [
        {"accept": [0.5, 0.5, 0.5]}, {"lowered": [0.5]}, {"costs": [[0.0]]}, {"thresholds": [0.5, 0.5]},
        {"calibration": {"method": "vector", "scales": [1.0], "offsets": [0.0]}},
        {"promises": [{"measure": "precision", "label": 2}]},
        {"rule": "value"}, {"weights": None},
    ],
)  # fmt: skip
def test_a_decision_of_other_classes_is_refused(more: dict[str, Any], tmp_path: Path) -> None:
    made_model().save(tmp_path / "m")
    file = tmp_path / "m" / "decision.json"
    file.write_text(json.dumps(json.loads(file.read_bytes()) | more))
    manifest(tmp_path / "m")
    with pytest.raises(ModelError, match=r"decision\.json"):
        load_predictor(tmp_path / "m")


@pytest.mark.parametrize("number", range(2, FORMAT))
def test_a_model_of_a_former_format_is_saved_in_the_present_one(number: int, tmp_path: Path) -> None:
    kept = Path(__file__).resolve().parents[2] / "formats" / f"model-{number}"
    classifier = TextClassifier.load(kept)
    again = TextClassifier.load(classifier.save(tmp_path / "now"))
    np.testing.assert_array_equal(again.predict_proba(TEXTS[:9]), classifier.predict_proba(TEXTS[:9]))
