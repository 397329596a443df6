from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import model_config, random_ids, train_config
from torch import nn

from textrnn.config.train import TrainConfig
from textrnn.nn.classifier import build_model
from textrnn.training.learning_rate import learning_rate_at, set_rates
from textrnn.training.optimizer import build_optimizer
from textrnn.training.train import train
from textrnn.training.weight_averaging import update_average


@settings(deadline=None)
@given(total=st.integers(1, 500), warmup=st.floats(0, 0.99), highest=st.floats(1e-6, 10))
def test_the_rate_rises_then_falls_and_is_never_zero(total: int, warmup: float, highest: float) -> None:
    rates = [learning_rate_at(step, total, highest=highest, warmup=warmup) for step in range(total)]
    top = max(round(total * warmup) - 1, 0)
    assert rates[top] == pytest.approx(max(rates)) == pytest.approx(highest)
    assert all(rate > 0 for rate in rates)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top + 1 :] == sorted(rates[top + 1 :], reverse=True)


def test_biases_do_not_decay() -> None:
    layer = nn.Linear(3, 2)
    optimizer = build_optimizer(layer, learning_rate=0.1, weight_decay=0.5)
    before = {name: value.detach().clone() for name, value in layer.named_parameters()}
    for parameter in layer.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    assert torch.equal(layer.bias, before["bias"])
    assert torch.allclose(layer.weight, before["weight"] * (1 - 0.1 * 0.5))


def test_a_rate_is_set_for_every_group() -> None:
    optimizer = build_optimizer(nn.Linear(3, 2), learning_rate=0.1, weight_decay=0.0)
    set_rates(optimizer, 0.25, 0.0, TrainConfig())
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.25]


def test_the_average_moves_by_one_minus_decay_and_faster_at_first() -> None:
    network, average = nn.Linear(2, 2), nn.Linear(2, 2)
    for step, used in ((0, 1 / 10), (90, 0.9), (10_000, 0.9)):
        expected = average.weight.detach() * used + network.weight.detach() * (1 - used)
        update_average(average, network, decay=0.9, step=step)
        assert torch.allclose(average.weight, expected)
    assert average.weight.requires_grad
    update_average(average, network, decay=0.0, step=7)
    assert torch.equal(average.weight, network.weight)


@pytest.mark.parametrize("total", [20, 100])
def test_one_cycle_is_that_of_torch(total: int) -> None:
    config = TrainConfig(learning_rate=0.3, warmup=0.3, schedule="one_cycle")
    network = build_model(model_config(num_layers=2), 10, 2, seed=0)
    ours = build_optimizer(network, learning_rate=0.3, weight_decay=0.0)
    theirs = torch.optim.AdamW(network.parameters(), lr=0.3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(theirs, max_lr=0.3, total_steps=total, pct_start=0.3)
    rates, expected = [], []
    for step in range(total):
        rate = learning_rate_at(step, total, highest=0.3, warmup=0.3, schedule="one_cycle")
        set_rates(ours, rate, step / total, config)
        rates.append((ours.param_groups[0]["lr"], ours.param_groups[0]["betas"][0]))
        expected.append((theirs.param_groups[0]["lr"], theirs.param_groups[0]["betas"][0]))
        theirs.step()
        schedule.step()
    assert np.abs(np.array(rates)[:, 0] - np.array(expected)[:, 0]).max() < 0.3 * 3 / (0.3 * total)  # a step apart
    assert max(rates)[0] == pytest.approx(0.3)
    assert min(rates, key=lambda pair: pair[1])[1] == pytest.approx(0.85, abs=1e-3)
    assert rates[-1][1] == pytest.approx(0.95, abs=2e-3)


def test_deeper_layers_learn_slower_and_later() -> None:
    network = build_model(model_config(num_layers=2), 10, 2, seed=0)
    optimizer = build_optimizer(network, learning_rate=0.1, weight_decay=0.0)
    config = TrainConfig(layer_decay=0.5, unfreeze=0.2)
    of = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    rates: dict[str, list[float]] = {}
    for done in (0.0, 0.2, 0.4, 0.6):
        set_rates(optimizer, 0.1, done, config)
        for name, parameter in network.named_parameters():
            rates.setdefault(name, []).append(of[id(parameter)]["lr"])
    assert rates["head.weight"] == rates["head.bias"] == pytest.approx([0.1, 0.1, 0.1, 0.1])
    for name in network.state_dict():
        if "_l1" in name:
            assert rates[name] == pytest.approx([0.0, 0.05, 0.05, 0.05]), name
        if "_l0" in name:
            assert rates[name] == pytest.approx([0.0, 0.0, 0.025, 0.025]), name
    assert rates["embedding.weight"] == pytest.approx([0.0, 0.0, 0.0, 0.0125])
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(rates)


def test_what_is_frozen_stays_as_it_is() -> None:
    ids, model = random_ids(40, 10), model_config()
    network = build_model(model, ids.vocabulary_size, 2, seed=0)
    start = {name: weight.numpy() for name, weight in network.state_dict().items()}
    thawed = train(ids, model, train_config(epochs=1, unfreeze=0.3, ema_decay=0.0)).weights
    assert not np.array_equal(thawed["embedding.weight"], start["embedding.weight"]), "the last of the three steps"
    frozen = train(ids, model, train_config(epochs=1, unfreeze=0.6, ema_decay=0.0, weight_decay=1.0)).weights
    assert np.array_equal(frozen["embedding.weight"], start["embedding.weight"])
    assert not np.array_equal(frozen["head.weight"], start["head.weight"])


def test_the_groups_stand_as_in_every_checkpoint_that_is_kept() -> None:
    """The state of a weight is found again by the place of its group: matrices first, the head before what is below."""
    optimizer = build_optimizer(build_model(model_config(), 10, 2, seed=0), learning_rate=0.1, weight_decay=0.5)
    groups = [(group["depth"], group["weight_decay"]) for group in optimizer.param_groups]
    assert groups == [(0, 0.5), (1, 0.5), (2, 0.5), (0, 0.0), (1, 0.0)]
