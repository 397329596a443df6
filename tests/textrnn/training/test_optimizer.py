from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import model_config
from torch import nn

from textrnn.nn.classifier import build_model
from textrnn.training.learning_rate import learning_rate_at, set_rate
from textrnn.training.optimizer import build_optimizer
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
    set_rate(optimizer, 0.25)
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


def test_matrices_decay_and_vectors_do_not() -> None:
    network = build_model(model_config(num_layers=2), 10, 2, seed=0)
    optimizer = build_optimizer(network, learning_rate=0.1, weight_decay=0.5)
    of = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    assert {name: of[id(p)]["weight_decay"] for name, p in network.named_parameters()} == {
        name: 0.5 if p.dim() > 1 else 0.0 for name, p in network.named_parameters()
    }
    set_rate(optimizer, 0.03)
    assert {group["lr"] for group in optimizer.param_groups} == {0.03}
