"""Several processes train what one does: the same losses and weights to float error, dropout on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.data.tabular import CategoricalColumn, NumericColumn, TabularColumns, TabularFeatures
from textrnn.data.target import Target
from textrnn.errors import ConfigError, TrainingError
from textrnn.inference.classifier import Classifier
from textrnn.machine.hardware import detect_torchrun, resolve_processes
from textrnn.nn.noise import BatchPart, step_noise
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged, offsets_of
from textrnn.training.train import train
from textrnn.training.training_rows import TrainingRows
from textrnn.training.world import World

MODEL = ModelConfig(embedding_size=12, hidden_size=12, num_layers=2, word_dropout=0.2)
# 161 texts in batches of 20: the last batch has one text, and so a process without any
# float32: bfloat16, which `auto` takes where the processor has it, rounds by what a batch stands beside
SETTINGS: dict[str, Any] = {
    "epochs": 2,
    "batch_size": 20,
    "learning_rate": 0.01,
    "precision": "float32",
    "device": "cpu",
}


def some_rows(count: int, seed: int) -> tuple[Ragged, NDArray[np.int64]]:
    chance = np.random.default_rng(seed)
    offsets = offsets_of(chance.integers(0, 25, count))
    return Ragged(chance.integers(2, 60, offsets[-1]).astype(np.int32), offsets), chance.integers(0, 2, count)


SIDE = TabularColumns((NumericColumn("n", 0.0, 1.0, False),), (CategoricalColumn("k", ("x", "y")),))


def some_side(count: int, seed: int) -> TabularFeatures:
    chance = np.random.default_rng(seed)
    codes = chance.integers(0, 3, (count, 1)).astype(np.int32)
    return TabularFeatures(chance.normal(size=(count, 1)).astype(np.float32), codes, SIDE.sizes)


def some_ids() -> Ids:
    (rows, labels), (more, their) = some_rows(161, 0), some_rows(31, 1)
    return Ids(
        {"train": rows, "validation": more},
        {"train": labels, "validation": their},
        Target("single", ("a", "b")),
        60,
        SIDE,
        {"train": some_side(161, 2), "validation": some_side(31, 3)},
    )


def trained(processes: int, **settings: Any) -> tuple[list[float], Classifier]:
    losses: list[float] = []

    def listen(progress: Any) -> None:
        if hasattr(progress, "loss"):
            losses.append(progress.loss)

    config = TrainConfig(**SETTINGS | settings, processes=processes)
    return losses, train(some_ids(), MODEL, config, on_progress=listen)


@pytest.mark.parametrize("adversarial", [0.0, 0.3])
def test_two_processes_give_the_losses_and_weights_of_one(adversarial: float) -> None:
    (alone, one), (shared, two) = trained(1, adversarial=adversarial), trained(2, adversarial=adversarial)
    assert len(alone) == len(shared) == 18
    np.testing.assert_allclose(shared, alone, rtol=1e-5)
    for name, weight in one.weights.items():
        torch.testing.assert_close(two.weights[name], weight, rtol=1e-3, atol=1e-5)
    for mine, theirs in zip(two.history, one.history, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-5)


def test_a_loss_that_is_not_finite_is_told_by_every_process_and_ends_the_run() -> None:
    with pytest.raises(TrainingError, match="expected a finite number"):
        trained(2, learning_rate=1e6, clip_norm=1e6, epochs=6)


@given(texts=st.integers(1, 40), size=st.integers(1, 6), steps=st.integers(1, 9), seed=st.integers(0, 99))
def test_parts_read_every_text_once_and_their_masks_are_those_of_the_whole(
    texts: int, size: int, steps: int, seed: int
) -> None:
    parts = [BatchPart(rank, size, steps, texts) for rank in range(size)]
    numbers = np.arange(texts)
    read = np.concatenate([numbers[part.columns] for part in parts if part.counts])
    assert sorted(read) == list(range(texts))
    assert all(len(numbers[part.columns]) > 0 for part in parts)  # every process takes every step
    cells, rows = (
        step_noise(seed, 0, 0).uniform_per_token(steps, texts),
        step_noise(seed, 0, 0).uniform_per_text(texts, 3),
    )
    for part in parts:
        mine = len(numbers[part.columns])
        assert torch.equal(step_noise(seed, 0, 0, part).uniform_per_token(steps, mine), cells[:, part.columns])
        assert torch.equal(step_noise(seed, 0, 0, part).uniform_per_text(mine, 3), rows[part.columns])


def test_processes_share_batches_of_like_lengths_in_equal_steps() -> None:
    rows, labels = some_rows(400, 3)
    feeds = [TrainingRows(rows, labels, TrainConfig(batch_size=32), World(rank, 2)) for rank in range(2)]
    for indices in feeds[0].plan(0):
        tokens = [int(feed.batch(indices).lengths.sum()) for feed in feeds]
        assert sum(tokens) == feeds[0].tokens(indices)
        assert abs(tokens[0] - tokens[1]) <= max(int(feeds[0].batch(indices).lengths.max()), 1) + len(indices)


def test_the_number_of_processes_is_resolved_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    assert detect_torchrun() is None
    assert resolve_processes("auto", "cpu") == 1
    assert resolve_processes(3, "cpu") == 3
    with pytest.raises(ConfigError, match=r"expected 1 on the device mps, found 2; set train\.device = 'cpu'"):
        resolve_processes(2, "mps")
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "4"), ("MASTER_ADDR", "h"), ("MASTER_PORT", "1")):
        monkeypatch.setenv(name, value)
    assert resolve_processes("auto", "cpu") == 4
    with pytest.raises(ConfigError, match="expected auto or 4, the processes that torchrun started, found 2"):
        resolve_processes(2, "cpu")
    monkeypatch.setenv("RANK", "first")
    with pytest.raises(ConfigError, match="expected whole numbers as torchrun sets them, found first"):
        detect_torchrun()
