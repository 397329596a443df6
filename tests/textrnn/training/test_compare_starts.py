"""A warm start beside a cold one: both are trained, validation keeps one, and a run says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import made_ids, model_config, train_config

from textrnn.bundling.card import plain_card
from textrnn.config.arguments.self_training import self_training_arguments
from textrnn.config.arguments.train import train_arguments
from textrnn.config.model import ModelConfig
from textrnn.config.self_training import SelfTrainingConfig
from textrnn.config.train import TrainConfig
from textrnn.inference.classifier import Classifier
from textrnn.inference.starts import describe_starts
from textrnn.linear.ngram_branch import empty_branch
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.training.compare_starts import train_from_better_start
from textrnn.training.resume import TrainingStopped
from textrnn.training.train import train

VOCABULARY, IDS = made_ids()
CONFIG = train_config(epochs=2, patience=0)


@pytest.fixture(scope="module")
def cold() -> Classifier:
    return train(IDS, model_config(), CONFIG)


@pytest.fixture(scope="module")
def helpful() -> PretrainedWeights:
    """What a longer training on the same texts knows."""
    taught = train(IDS, model_config(), train_config(epochs=12, patience=0, learning_rate=0.02))
    return PretrainedWeights({name: torch.from_numpy(each) for name, each in taught.weights.items()}, origin="a" * 64)


@pytest.fixture(scope="module")
def harmful(helpful: PretrainedWeights) -> PretrainedWeights:
    """Weights that say the opposite, with conviction."""
    turned = {name: -30 * each if name.startswith("head") else each for name, each in helpful.weights.items()}
    return replace(helpful, weights=turned)


def compared(start: PretrainedWeights, **options: Any) -> Classifier:
    return train_from_better_start(IDS, model_config(), CONFIG, pretrained=start, **options)


def test_the_warm_start_is_kept_where_it_helps(cold: Classifier, helpful: PretrainedWeights) -> None:
    lines: list[str] = []
    found = compared(helpful, on_line=lines.append)
    alone = train(IDS, model_config(), CONFIG, pretrained=helpful)
    assert found.starts is not None
    assert found.starts["warm"] < found.starts["cold"] == cold.history[cold.best_epoch - 1]["validation_loss"]
    assert replace(found, starts=None).weights.keys() == alone.weights.keys()
    assert all(np.array_equal(found.weights[name], alone.weights[name]) for name in alone.weights)
    assert found.origin == "a" * 64
    assert lines[-1] == describe_starts(found)
    assert "kept the warm start" in lines[-1]
    card = plain_card(found, empty_branch(IDS.vocabulary_size), VOCABULARY)
    assert f"tried beside one from nothing: {lines[-1]}." in card


def test_the_cold_start_is_kept_where_the_other_model_harms(cold: Classifier, harmful: PretrainedWeights) -> None:
    found = compared(harmful)
    assert found.starts is not None
    assert found.starts["cold"] < found.starts["warm"]
    assert all(np.array_equal(found.weights[name], cold.weights[name]) for name in cold.weights)
    assert found.origin is None, "no weight of it is left"
    assert found.history == cold.history
    assert "kept the cold start" in describe_starts(found)


def test_accuracy_chooses_where_the_epoch_is_chosen_by_it(harmful: PretrainedWeights) -> None:
    config = replace(CONFIG, best_by="accuracy")
    found = train_from_better_start(IDS, model_config(), config, pretrained=harmful)
    assert found.starts is not None
    best = found.history[found.best_epoch - 1]["validation_accuracy"]
    assert found.starts["cold" if found.origin is None else "warm"] == best == max(found.starts.values())
    assert "validation accuracy" in describe_starts(found)


@pytest.mark.parametrize(
    ("origin", "setting", "few", "tried"),
    [("a", "auto", 10**6, True), ("a", "auto", 0, False), ("a", False, 10**6, False), ("a", True, 0, True),
     (None, True, 10**6, False)],
)  # fmt: skip
def test_both_are_trained_with_few_labels_or_where_it_is_set(
    origin: str | None, setting: Any, few: int, tried: bool, helpful: PretrainedWeights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textrnn.data.few_texts.FEW_TEXTS", few)
    config = replace(CONFIG, epochs=1, compare_cold_start=setting)
    start = replace(helpful, origin=origin)
    found = train_from_better_start(IDS, model_config(), config, pretrained=start)
    assert (found.starts is not None) == tried


def test_a_run_that_was_stopped_in_the_second_training_goes_on_to_the_same_bytes(
    helpful: PretrainedWeights, tmp_path: Path
) -> None:
    def stop() -> bool:
        return (tmp_path / "work" / "cold").exists()

    with pytest.raises(TrainingStopped):
        compared(helpful, checkpoints=tmp_path / "work", stop_requested=stop)
    assert {path.name for path in (tmp_path / "work").iterdir()} == {"warm", "cold"}
    resumed, whole = compared(helpful, checkpoints=tmp_path / "work"), compared(helpful)
    for name, each in (("resumed", resumed), ("whole", whole)):
        each.save(tmp_path / name)
    for file in (tmp_path / "whole").iterdir():
        assert (tmp_path / "resumed" / file.name).read_bytes() == file.read_bytes()
    assert Classifier.load(tmp_path / "whole").starts == whole.starts


def test_the_choice_is_no_argument_where_no_model_is_started_from() -> None:
    def arguments(**settings: Any) -> TrainConfig:
        return train_arguments(ModelConfig(), TrainConfig(**settings)).train_config

    assert arguments(compare_cold_start=False) == arguments()
    assert arguments(compare_cold_start=False, init_from="a/model").compare_cold_start is False
    teachers = SelfTrainingConfig(teachers=1)
    never, auto = (
        self_training_arguments(ModelConfig(), TrainConfig(init_from="a", compare_cold_start=each), teachers)
        for each in (False, TrainConfig.compare_cold_start)
    )
    assert never == auto
