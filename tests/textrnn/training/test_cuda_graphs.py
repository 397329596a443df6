"""What a CUDA graph reads in place of a batch and its masks; and, where there is a GPU, that training by graphs is
training."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from tiny import made_ids, model_config, random_rows, train_config
from torch import Tensor

from textrnn.config.train import TrainConfig
from textrnn.errors import ConfigError
from textrnn.inference.classifier import Classifier
from textrnn.nn.batch import Batch, assemble
from textrnn.nn.noise import Noise, step_noise
from textrnn.training import train_rank
from textrnn.training.cuda_graphs import CapturedStep, Graphs, RecordedNoise
from textrnn.training.events import Progress, StepDone
from textrnn.training.resume import TrainingStopped
from textrnn.training.train import train
from textrnn.training.training_rows import LENGTH_MULTIPLE, TrainingRows

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def some_batch(seed: int = 0) -> Batch:
    return assemble(random_rows(6, seed=seed), np.arange(6), max_tokens=9, labels=np.arange(6) % 2, stride=9)


def ask(noise: Noise) -> list[Tensor]:
    return [
        noise.uniform_per_token(3, 4),
        noise.uniform_per_text(4, 5),
        noise.uniform_per_text(4, 2),
    ]


def test_numbers_kept_are_those_of_the_noise_and_the_same_for_every_reading() -> None:
    step = CapturedStep(some_batch())
    first = ask(RecordedNoise(step, step_noise(0, 0, 1)))
    for mine, wanted in zip(first, ask(step_noise(0, 0, 1)), strict=True):
        assert torch.equal(mine, wanted)
    again = ask(RecordedNoise(step, step_noise(0, 9, 9)))  # a second reading of the same step draws nothing new
    assert all(mine is other for mine, other in zip(again, first, strict=True))


def test_another_step_is_put_in_the_place_of_the_one_before() -> None:
    step = CapturedStep(some_batch())
    places = ask(RecordedNoise(step, step_noise(0, 0, 1)))
    tensors = step.batch.tensors()
    assert [len(tensors), tensors[0].shape] == [3, (9, 6)]
    step.refill(some_batch(seed=1), step_noise(0, 0, 2))
    for place, now, wanted in zip(places, ask(RecordedNoise(step)), ask(step_noise(0, 0, 2)), strict=True):
        assert now is place
        assert torch.equal(now, wanted)
    for place, now, wanted in zip(tensors, step.batch.tensors(), some_batch(seed=1).tensors(), strict=True):
        assert now is place
        assert torch.equal(now, wanted)


def test_batches_on_a_gpu_have_a_multiple_of_some_steps_and_read_the_same() -> None:
    rows, labels = random_rows(40, longest=30), np.arange(40) % 2
    here, there = (TrainingRows(rows, labels, train_config(device=device)) for device in ("cpu", "cuda"))
    for indices in here.plan(0):
        small, large = here.batch(indices), there.batch(indices)
        assert large.ids.shape[0] % LENGTH_MULTIPLE == 0
        assert 0 <= large.ids.shape[0] - small.ids.shape[0] < LENGTH_MULTIPLE
        assert torch.equal(large.ids[: len(small.ids)], small.ids)
        assert not large.ids[len(small.ids) :].any()
        assert torch.equal(large.lengths, small.lengths)
        assert there.part(indices).steps == len(large.ids)


# --- on a GPU ------------------------------------------------------------------------------------


def trained(config: TrainConfig, **model: Any) -> tuple[list[float], Classifier]:
    losses: list[float] = []

    def listen(progress: Progress) -> None:
        if isinstance(progress, StepDone):
            losses.append(progress.loss)

    shape = model_config(**{"hidden_size": 16, **model})
    return losses, train(made_ids(400)[1], shape, config, on_progress=listen)


@needs_gpu
@pytest.mark.parametrize("encoder", ["lstm", "gru", "rnn", "mingru", "elman", "convolution", "bag"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_training_by_graphs_is_training(encoder: str, precision: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = train_config(device="cuda", precision=precision, epochs=3)
    by_graphs, one = trained(config, encoder=encoder, word_dropout=0.2)
    again, same = trained(config, encoder=encoder, word_dropout=0.2)
    assert by_graphs == again
    assert all(torch.equal(weight, same.weights[name]) for name, weight in one.weights.items())
    monkeypatch.setattr(train_rank, "graphs_of", lambda *_: None)
    plain, two = trained(config, encoder=encoder, word_dropout=0.2)
    np.testing.assert_allclose(by_graphs, plain, rtol=1e-3)
    for name, weight in one.weights.items():
        torch.testing.assert_close(two.weights[name], weight, rtol=1e-2, atol=1e-2)


@needs_gpu
def test_a_gpu_learns_what_the_processor_learns() -> None:
    settings: dict[str, Any] = {"epochs": 20, "learning_rate": 0.02}
    (mine, one), (theirs, two) = (trained(train_config(device=device, **settings)) for device in ("cuda", "cpu"))
    assert mine[0] == pytest.approx(theirs[0], rel=1e-2)  # of the same texts; the masks are of more steps
    assert one.history[-1]["validation_accuracy"] >= two.history[-1]["validation_accuracy"] - 0.05 > 0.85


@needs_gpu
def test_adversarial_training_by_graphs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    config = train_config(device="cuda", adversarial=0.3, epochs=2)
    by_graphs, _ = trained(config)
    monkeypatch.setattr(train_rank, "graphs_of", lambda *_: None)
    np.testing.assert_allclose(by_graphs, trained(config)[0], rtol=1e-3)


@needs_gpu
def test_a_run_goes_on_to_the_same_bytes(tmp_path: Any) -> None:
    config = train_config(device="cuda", precision="bfloat16", epochs=3)
    ids, shape = made_ids(400)[1], model_config(hidden_size=16)
    whole = train(ids, shape, config)
    asked = iter(range(10_000))

    def from_call(number: int) -> Callable[[], bool]:
        return lambda: next(asked) >= number

    for stop in (7, 25):
        with pytest.raises(TrainingStopped):
            train(ids, shape, config, checkpoints=tmp_path, stop_requested=from_call(stop))
    found = train(ids, shape, config, checkpoints=tmp_path)
    assert found.history == whole.history
    assert all(torch.equal(weight, found.weights[name]) for name, weight in whole.weights.items())


@needs_gpu
def test_more_processes_than_cards_is_told() -> None:
    most = torch.cuda.device_count()
    with pytest.raises(ConfigError, match=f"train.processes: expected {most} on this machine at most"):
        train(made_ids()[1], model_config(), train_config(device="cuda", processes=most + 1))


@needs_gpu
def test_every_replay_reads_its_own_batch_and_numbers() -> None:
    graphs, weight = Graphs(), torch.ones(3, device="cuda")
    batches = [some_batch(seed) for seed in range(4)]

    def compute(batch: Batch, noise_of: Callable[[], Noise]) -> Tensor:
        return torch.stack([(batch.ids.sum() * weight.sum() * noise_of().uniform_per_text(6, 1).sum()), weight.sum()])

    for step, batch in enumerate(batches):
        found = graphs.run(compute, batch, lambda step=step: step_noise(0, 0, step))  # type: ignore[misc]
        wanted = batch.ids.sum() * 3 * step_noise(0, 0, step).uniform_per_text(6, 1).sum()
        assert math.isclose(float(found[0]), float(wanted), rel_tol=1e-5)
