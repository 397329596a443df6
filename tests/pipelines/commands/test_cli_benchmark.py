"""`benchmark`: every line of the table is what the model's own report says; nothing is trained twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from running import Call

from pipelines.config import RunConfig
from pipelines.running.encoder_benchmark import MODELS as MODELS_KNOWN
from pipelines.running.encoder_benchmark import config_of
from textrnn.config.model import Encoder, Recurrence
from textrnn.config.train import TrainConfig
from textrnn.inference.classifier import Classifier

MODELS = "tfidf,bag,convolution,gru,birnn,default"


def test_the_table_is_of_the_models_reports(place: Path, textrnn: Call) -> None:
    ended = textrnn("benchmark", "--models", MODELS, "--json", "-s", "evaluate.bootstrap=50")
    assert ended.code == 0, ended.err
    found = {row["name"]: row for row in ended.json}
    assert list(found) == MODELS.split(",")
    for name in MODELS.split(",")[1:]:
        run = json.loads((place / "runs" / f"textrnn.{name}" / "run.json").read_text("utf-8"))
        entries = place / ".textrnn" / "entries"
        folders = {stage["stage"]: entries / stage["stage"] / stage["key"][:32] for stage in run["stages"]}
        report = json.loads((folders["evaluate"] / "data" / "report.json").read_text("utf-8"))
        assert found[name]["score"] == report["metrics"]["accuracy"]["value"]
        assert found[name]["p_value"] == report["comparison"]["p_value"]
        assert report["baseline"]["model"] == "tfidf"
        assert found["tfidf"]["score"] == report["baseline"]["metrics"]["accuracy"]["value"]
        original = Classifier.load(folders["train"] / "data")
        own = sum(int(np.prod(weight.shape)) for weight in original.weights.values())
        assert found[name]["weights"] > own if name == "default" else found[name]["weights"] == own
        assert original.model_config.pooling == ("max" if name == "convolution" else "max_mean")
        assert original.model_config.bidirectional == (name in ("birnn", "default"))
        assert found[name]["minutes"] > 0
        assert found[name]["texts_a_second"] > 0
    page = (place / "runs" / "textrnn" / "models.md").read_text("utf-8")
    assert f"{found['gru']['score']:.4f}" in page

    again = textrnn("benchmark", "--models", MODELS, "-s", "evaluate.bootstrap=50")
    assert again.code == 0
    assert "never run" not in again.err
    assert "settings changed" not in again.err
    rows = [line.split("|")[2].strip() for line in again.out.splitlines()[2:]]
    assert rows == [f"{row['score']:.4f}" for row in ended.json]


def test_a_damaged_result_is_not_shown_but_made_again(place: Path, textrnn: Call) -> None:
    first = textrnn("benchmark", "--models", "bag", "--json").json
    for path in (place / ".textrnn" / "entries").glob("*/*/data/*"):
        if path.name == "model.safetensors" and path.parts[-4] == "train":
            data = bytearray(path.read_bytes())
            data[-1] ^= 1
            path.write_bytes(bytes(data))
    ended = textrnn("benchmark", "--models", "bag", "--json")
    assert ended.code == 0, ended.err
    assert ended.err.count("damaged in the cache") == 1
    costs = ("minutes", "texts_a_second")
    assert [{**row, **dict.fromkeys(costs)} for row in ended.json] == [{**row, **dict.fromkeys(costs)} for row in first]


def test_every_recurrence_has_its_names() -> None:
    assert {*get_args(Encoder)} <= {*MODELS_KNOWN}
    assert {f"bi{name}" for name in get_args(Recurrence)} <= {*MODELS_KNOWN}


def test_the_default_alone_starts_from_another_model() -> None:
    """That model has one shape, and the others have others."""
    config = RunConfig(name="mine", root=Path(), train=TrainConfig(init_from="models/a"))
    models = ("tfidf", "bag", "bilstm", "default")
    assert [name for name in models if config_of(config, name).train.init_from != "none"] == ["tfidf", "default"]


@pytest.mark.parametrize("named", ["lstmm", "tfidf,bibag", ","])
def test_an_unknown_model_is_exit_2_before_any_work(named: str, fresh: Path, textrnn: Call) -> None:
    ended = textrnn("benchmark", "--models", named)
    assert ended.code == 2
    assert "expected some of tfidf, bag" in ended.error
    assert not (fresh / ".textrnn").exists()
