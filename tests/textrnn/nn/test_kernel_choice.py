"""Every kernel computes what the steps of its cell say: one test for all rows, so that a new one is held to it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from textrnn.config.model import Recurrence
from textrnn.nn.batch import mask_of
from textrnn.nn.kernel_choice import CELLS, KERNELS, choose_kernel
from textrnn.nn.kernels.kernel import Kernel, Layer, LayerSpec
from textrnn.nn.kernels.library import SWITCH_VARIABLE, find_library
from textrnn.nn.kernels.step_by_step import STEP_BY_STEP
from textrnn.nn.kernels.unique import find_unique_tokens
from textrnn.nn.max_mean import max_mean
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.nn.workers import start_workers

WIDTH, HIDDEN, STEPS = 6, 32, 9
LENGTHS = torch.tensor([9, 0, 4, 1, 7])
IDS = torch.tensor([[1, 5, 2, 3, 4, 1, 2, 2, 5]]).t().expand(STEPS, 5) * mask_of(LENGTHS, STEPS)
PROCESSOR = torch.device("cpu")
PAIRS = [
    pytest.param(name, kernel, dtype, id=f"{kernel.name} {dtype}".replace("torch.", ""))
    for name, cell in CELLS.items()
    for dtype in (torch.float32, torch.float64)
    for kernel in KERNELS
    if kernel is not STEP_BY_STEP and kernel.fits(LayerSpec(cell, HIDDEN, PROCESSOR, dtype, is_unique=True))
]


def random_embedding(dtype: torch.dtype) -> Tensor:
    return torch.randn(6, WIDTH, dtype=dtype, generator=torch.Generator().manual_seed(1))


def random_layer(name: Recurrence, dtype: torch.dtype, ways: int = 2) -> Layer:
    torch.manual_seed(0)
    shapes = CELLS[name].shapes(WIDTH, HIDDEN).values()
    weights = [tuple(torch.randn(shape, dtype=dtype) / 4 for shape in shapes) for _ in range(ways)]
    return Layer(CELLS[name], HIDDEN, weights, random_embedding(dtype)[IDS], LENGTHS)


def outcome(kernel: Kernel, layer: Layer) -> list[Tensor]:
    """The states at real steps, and the gradients of what is read and of every weight."""
    leaves = [layer.x, *(weight for way in layer.weights for weight in way)]
    leaves = [leaf.clone().requires_grad_() for leaf in leaves]
    each = iter(leaves[1:])
    weights = [tuple(next(each) for _ in way) for way in layer.weights]
    encoded = kernel.read(replace(layer, x=leaves[0], weights=weights))
    states = encoded.aligned() * mask_of(LENGTHS, STEPS).unsqueeze(-1)
    slopes = torch.linspace(-1, 1, states.numel(), dtype=states.dtype).view_as(states)
    return [states, *torch.autograd.grad((states * slopes).sum(), leaves)]


def assert_alike(found: Sequence[Tensor], expected: Sequence[Tensor], dtype: torch.dtype) -> None:
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine.to(dtype), theirs.to(dtype), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize(("name", "kernel", "dtype"), PAIRS)
def test_a_kernel_computes_the_steps_of_its_cell(
    name: Recurrence, kernel: Kernel, dtype: torch.dtype, ways: int
) -> None:
    layer = random_layer(name, dtype, ways)
    assert_alike(outcome(kernel, layer), outcome(STEP_BY_STEP, layer), dtype)
    with start_workers(4) as workers:
        assert_alike(outcome(kernel, replace(layer, workers=workers)), outcome(kernel, layer), dtype)


@pytest.mark.parametrize(("name", "kernel", "dtype"), [pair for pair in PAIRS if pair.values[1].takes_unique])
def test_unique_tokens_are_read_as_all_are(name: Recurrence, kernel: Kernel, dtype: torch.dtype) -> None:
    layer, native = random_layer(name, dtype), find_library()
    assert native is not None
    unique = find_unique_tokens(native, IDS, LENGTHS, 6, per_text=False)
    assert unique is not None
    by_row = replace(layer, x=random_embedding(dtype)[unique.tokens], unique=unique)
    mask = mask_of(LENGTHS, STEPS).unsqueeze(-1)
    for reader in (kernel, STEP_BY_STEP):  # one that gains nothing by them gathers
        assert_alike([reader.read(by_row).aligned() * mask], [STEP_BY_STEP.read(layer).aligned() * mask], dtype)


@pytest.mark.parametrize(("name", "kernel", "dtype"), [pair for pair in PAIRS if pair.values[1].pool])
def test_pooling_as_it_reads_is_pooling_of_the_states(name: Recurrence, kernel: Kernel, dtype: torch.dtype) -> None:
    layer = random_layer(name, dtype)
    assert kernel.pool is not None
    assert_alike(kernel.pool(layer), pooled(STEP_BY_STEP, layer), dtype)


def pooled(kernel: Kernel, layer: Layer) -> list[Tensor]:
    """The maximum, the mean and the last state (D, B, H), by the states."""
    parts = []
    for states in kernel.read(layer).directions():  # each in its own reading order
        last = states[(LENGTHS - 1).clamp(min=0), torch.arange(5)] * (LENGTHS > 0).unsqueeze(-1)
        parts.append(torch.stack([*max_mean(states, LENGTHS), last]))
    return list(torch.stack(parts, dim=1))


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn"])
def test_the_steps_are_those_of_torch(name: Recurrence) -> None:
    theirs = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[name](WIDTH, HIDDEN).double()
    layer = replace(random_layer(name, torch.float64, ways=1), weights=[tuple(theirs.parameters())])
    torch.testing.assert_close(STEP_BY_STEP.read(layer).forward, theirs(layer.x)[0], rtol=0, atol=1e-12)


def test_every_name_is_a_cell_and_every_case_has_a_kernel() -> None:
    assert tuple(CELLS) == get_args(Recurrence)
    assert KERNELS[-1] is STEP_BY_STEP
    for name, cell in CELLS.items():
        spec = LayerSpec(cell, HIDDEN, PROCESSOR, torch.float32, is_unique=True)
        assert choose_kernel(KERNELS, spec).name.split()[0] in (name, "step")


def test_a_cell_without_a_kernel_of_its_own_is_read_step_by_step() -> None:
    class Slow(RecurrentEncoder):
        kernels = (STEP_BY_STEP,)

    torch.manual_seed(0)
    x, lengths = torch.randn(STEPS, 5, WIDTH), LENGTHS
    slow = Slow("gru", WIDTH, HIDDEN, num_layers=2)
    fast = RecurrentEncoder("gru", WIDTH, HIDDEN, num_layers=2)
    fast.load_state_dict(slow.state_dict())
    mask = mask_of(lengths, STEPS).unsqueeze(-1)
    torch.testing.assert_close(slow(x, lengths).aligned() * mask, fast(x, lengths).aligned() * mask)


@pytest.mark.skipif(find_library(torch.float32) is None, reason="needs native kernels")
def test_the_first_that_fits_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(name: Recurrence, size: int = HIDDEN, *, is_unique: bool = True) -> str:
        return choose_kernel(KERNELS, LayerSpec(CELLS[name], size, PROCESSOR, torch.float32, is_unique)).name

    assert [chosen(name) for name in ("lstm", "gru", "mingru")] == ["lstm in C", "gru in C", "mingru in C"]
    assert chosen("lstm", is_unique=False) == "lstm by oneDNN"  # where no token repeats that is the faster one
    assert chosen("gru", is_unique=False) == "gru in C"
    assert chosen("gru", 33) == "gru over a dense batch"  # no multiple of the lanes
    monkeypatch.setenv(SWITCH_VARIABLE, "0")
    assert chosen("lstm") == "lstm by oneDNN"
    assert chosen("mingru") == "mingru over a dense batch"
