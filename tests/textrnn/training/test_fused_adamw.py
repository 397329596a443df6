"""The step of AdamW in C: what torch's gives, shared by however many threads."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from textrnn.nn.kernels.library import SWITCH_VARIABLE, NativeLibrary, libraries
from textrnn.nn.workers import start_workers
from textrnn.training import fused_adamw
from textrnn.training.fused_adamw import fused_adamw_step, gather_gradients, gradient_length, library_for_adamw
from textrnn.training.optimizer import build_optimizer
from textrnn.training.weight_averaging import update_average

if not libraries():
    pytest.skip("no part in C here: `textrnn doctor` says why", allow_module_level=True)

every_native = pytest.mark.parametrize("library", libraries(), ids=lambda library: library.name)


def make_network() -> nn.Module:
    """Weights and biases, of numbers that no vector divides."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Embedding(53, 7), nn.Linear(7, 5), nn.Linear(5, 3))


def draw_gradients(network: nn.Module, step: int) -> None:
    torch.manual_seed(step)
    for weight in network.parameters():
        weight.grad = torch.randn_like(weight) * 10 ** (step % 3 - 1)


def by_torch(network: nn.Module, average: nn.Module, optimizer: torch.optim.AdamW, step: int) -> float:
    length = nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    update_average(average, network, decay=0.9, step=step)
    return float(length)


def averages_of(network: nn.Module, average: nn.Module) -> dict[Tensor, Tensor]:
    return dict(zip(network.parameters(), average.parameters(), strict=True))


def move(
    library: NativeLibrary, network: nn.Module, average: nn.Module, optimizer: torch.optim.AdamW, **how: Any
) -> bool:
    gradients = gather_gradients(library, network)
    return fused_adamw_step(gradients, optimizer, averages_of(network, average), workers=None, **how)


def by_us(
    library: NativeLibrary,
    network: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.AdamW,
    step: int,
    threads: int = 1,
) -> float:
    with start_workers(threads) as workers:
        gradients = gather_gradients(library, network)
        length = gradient_length(gradients, workers)
        scale, towards = min(1.0, 1.0 / (length + 1e-6)), 1 - min(0.9, (1 + step) / (10 + step))
        averages = averages_of(network, average)
        assert fused_adamw_step(gradients, optimizer, averages, scale=scale, towards=towards, workers=workers)
    return length


def numbers_in(network: nn.Module, average: nn.Module, optimizer: torch.optim.AdamW) -> list[Tensor]:
    moments = [t for state in optimizer.state.values() for t in state.values()]
    return [*network.parameters(), *average.parameters(), *moments]


@every_native
@pytest.mark.parametrize("changed", [{}, {"betas": (0.85, 0.99)}, {"lr": 0.0}])
def test_it_moves_as_torch_does(library: NativeLibrary, changed: dict[str, Any]) -> None:
    """From the first step on; then by turns with torch's, whose state it shares: a checkpoint fits both."""
    trained = []
    for ours in (False, True):
        network = make_network()
        average, optimizer = copy.deepcopy(network), build_optimizer(network, learning_rate=0.01, weight_decay=0.1)
        for group in optimizer.param_groups:
            group.update(changed)
        lengths = []
        for step in range(8):
            draw_gradients(network, step)
            if ours and step != 5:
                lengths.append(by_us(library, network, average, optimizer, step))
            else:
                lengths.append(by_torch(network, average, optimizer, step))
        assert all(int(state["step"]) == 8 for state in optimizer.state.values())
        trained.append([torch.tensor(lengths), *numbers_in(network, average, optimizer)])
    for mine, theirs in zip(*trained, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=2e-6, atol=1e-7)


@every_native
def test_the_same_bytes_however_many_threads(library: NativeLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused_adamw, "CHUNK_WEIGHTS", 48)
    trained = []
    for threads in (1, 2, 5):
        network = make_network()
        average, optimizer = copy.deepcopy(network), build_optimizer(network, learning_rate=0.01, weight_decay=0.1)
        for step in range(3):
            draw_gradients(network, step)
            by_us(library, network, average, optimizer, step, threads)
        trained.append(numbers_in(network, average, optimizer))
    for others in trained[1:]:
        assert all(torch.equal(a, b) for a, b in zip(trained[0], others, strict=True))


@every_native
def test_its_state_begins_as_torchs_whatever_the_caller_has_set(library: NativeLibrary) -> None:
    network = make_network()
    optimizer = build_optimizer(network, learning_rate=0.01, weight_decay=0.1)
    draw_gradients(network, 0)
    torch.set_default_dtype(torch.float64)
    try:
        move(library, network, copy.deepcopy(network), optimizer, scale=1.0, towards=1.0)
    finally:
        torch.set_default_dtype(torch.float32)
    theirs = torch.optim.AdamW(network.parameters(), fused=True)
    theirs.step()
    for weight in network.parameters():
        ours, torchs = optimizer.state[weight], theirs.state[weight]
        assert {name: (each.dtype, each.shape) for name, each in ours.items()} == {
            name: (each.dtype, each.shape) for name, each in torchs.items()
        }


@every_native
def test_where_weights_are_parted_changes_no_bit(library: NativeLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []
    for chunk in (7, 1 << 18):  # what fills no vector is moved by the same instructions
        monkeypatch.setattr(fused_adamw, "CHUNK_WEIGHTS", chunk)
        network = make_network()
        average, optimizer = copy.deepcopy(network), build_optimizer(network, learning_rate=0.01, weight_decay=0.1)
        for step in range(2):
            draw_gradients(network, step)
            assert move(library, network, average, optimizer, scale=0.7, towards=0.3)
        trained.append(numbers_in(network, average, optimizer))
    assert all(torch.equal(a, b) for a, b in zip(*trained, strict=True))


@every_native
@pytest.mark.parametrize("odd", [torch.nan, torch.inf])
@pytest.mark.parametrize("place", [0, 40, 370])
def test_a_weight_that_is_no_number_is_told(library: NativeLibrary, odd: float, place: int) -> None:
    network = make_network()
    optimizer = build_optimizer(network, learning_rate=0.01, weight_decay=0.1)
    draw_gradients(network, 0)
    next(network.parameters()).data.view(-1)[place] = odd
    assert not move(library, network, copy.deepcopy(network), optimizer, scale=1.0, towards=1.0)


@every_native
def test_a_weight_without_a_gradient_stays(library: NativeLibrary) -> None:
    network = make_network()
    average, optimizer = make_network(), build_optimizer(network, learning_rate=0.01, weight_decay=0.1)
    for weight in average.parameters():
        weight.data.zero_()
    draw_gradients(network, 0)
    first = next(network.parameters())
    first.grad, before = None, first.detach().clone()
    assert gradient_length(gather_gradients(library, network), None) > 0
    assert move(library, network, average, optimizer, scale=1.0, towards=0.5)
    assert torch.equal(first, before)
    torch.testing.assert_close(next(average.parameters()), before / 2)


@every_native
def test_an_average_that_moves_all_the_way_is_a_copy(library: NativeLibrary) -> None:
    network = make_network()
    average, optimizer = copy.deepcopy(network), build_optimizer(network, learning_rate=0.01, weight_decay=0.1)
    for step in range(3):
        draw_gradients(network, step)
        assert move(library, network, average, optimizer, scale=1.0, towards=1.0)
        assert all(torch.equal(a, w) for a, w in zip(average.parameters(), network.parameters(), strict=True))


@every_native
def test_a_weight_without_a_gradient_is_looked_at_too(library: NativeLibrary) -> None:
    network = make_network()
    optimizer = build_optimizer(network, learning_rate=0.01, weight_decay=0.1)
    draw_gradients(network, 0)
    first = next(network.parameters())
    first.grad, first.data.view(-1)[3] = None, torch.nan
    assert not move(library, network, copy.deepcopy(network), optimizer, scale=1.0, towards=1.0)


@every_native
def test_averages_of_another_shape_are_refused(library: NativeLibrary) -> None:
    network, other = make_network(), nn.Sequential(nn.Embedding(9, 7), nn.Linear(7, 5), nn.Linear(5, 3))
    optimizer = build_optimizer(network, learning_rate=0.01, weight_decay=0.1)
    draw_gradients(network, 0)
    with pytest.raises(ValueError, match="shape"):
        move(library, network, other, optimizer, scale=1.0, towards=1.0)


@every_native
def test_a_gradient_that_lies_otherwise_is_read_as_it_is_meant(library: NativeLibrary) -> None:
    moved = []
    for turned in (False, True):
        network = make_network()
        optimizer = build_optimizer(network, learning_rate=0.01, weight_decay=0.1)
        draw_gradients(network, 0)
        for weight in network.parameters():
            if turned and weight.dim() == 2:
                assert weight.grad is not None
                weight.grad = weight.grad.t().contiguous().t()
        move(library, network, copy.deepcopy(network), optimizer, scale=1.0, towards=0.5)
        moved.append(
            [gradient_length(gather_gradients(library, network), None), *(w.detach() for w in network.parameters())]
        )
    assert moved[0][0] == pytest.approx(moved[1][0], rel=1e-6)
    assert all(torch.equal(a, b) for a, b in zip(moved[0][1:], moved[1][1:], strict=True))


@every_native
@pytest.mark.parametrize("threads", [1, 2])
def test_a_sparse_gradient_is_as_a_dense_one(
    library: NativeLibrary, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that are there twice, once and never; whatever is parted where."""
    monkeypatch.setattr(fused_adamw, "CHUNK_WEIGHTS", 20)
    trained = []
    for sparse in (False, True):
        network = make_network()
        average, optimizer = copy.deepcopy(network), build_optimizer(network, learning_rate=0.01, weight_decay=0.1)
        first, lengths = next(network.parameters()), []
        for step in range(4):
            draw_gradients(network, step)
            torch.manual_seed(step)
            tokens, values = torch.randint(1, 53, (60,)), torch.randn(60, 7)  # PAD has none
            given = torch.sparse_coo_tensor(tokens.unsqueeze(0), values, first.shape, check_invariants=True)
            first.grad = given.clone() if sparse else given.to_dense()
            lengths.append(by_us(library, network, average, optimizer, step, threads))
        trained.append([torch.tensor(lengths), *numbers_in(network, average, optimizer)])
    for mine, theirs in zip(*trained, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=2e-6, atol=1e-7)


@every_native
def test_a_row_that_is_not_there_is_refused(library: NativeLibrary) -> None:
    network = make_network()
    first = next(network.parameters())
    odd = torch.sparse_coo_tensor(torch.tensor([[99]]), torch.ones(1, 7), (100, 7), check_invariants=True)
    first.grad = torch.sparse_coo_tensor(torch.tensor([[52]]), torch.ones(1, 7), first.shape, check_invariants=True)
    monkeyed = first.grad._indices()
    monkeyed.copy_(odd._indices())
    with pytest.raises(IndexError, match="vocabulary"):
        gather_gradients(library, network)


def test_it_is_for_plain_weights_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert library_for_adamw(make_network()) is not None
    assert library_for_adamw(make_network().double()) is None
    assert library_for_adamw(make_network().to("meta")) is None
    monkeypatch.setenv(SWITCH_VARIABLE, "0")
    assert library_for_adamw(make_network()) is None
