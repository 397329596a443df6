"""The steps in C: what the equations give, whatever the lengths, the repeats and the processor's instructions."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from guarded import Guarded
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import model_config, random_rows
from torch import Tensor

from textrnn.kernels import library as kernels
from textrnn.nn.batch import Batch, assemble, mask_of
from textrnn.nn.cells.gates import GateWeights
from textrnn.nn.cells.gru import gru_backward, gru_forward
from textrnn.nn.cells.lstm import lstm_backward, lstm_forward
from textrnn.nn.classifier import build_model
from textrnn.nn.embedding import embed
from textrnn.nn.kernel_choice import KERNELS, choose_kernel
from textrnn.nn.kernels import c_gates
from textrnn.nn.kernels import library as torch_library
from textrnn.nn.kernels.c_gates import GatedCell, pool_gated, read_gated
from textrnn.nn.kernels.c_steps import differentiate_steps, read_steps, sum_rows
from textrnn.nn.kernels.kernel import layer_spec
from textrnn.nn.kernels.library import NativeLibrary, find_library, libraries
from textrnn.nn.kernels.unique import find_unique_tokens, number_tokens
from textrnn.nn.max_mean import max_mean
from textrnn.nn.noise import step_noise
from textrnn.nn.predict import compute_logits
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.nn.reversal import reversal_of, reverse
from textrnn.nn.workers import start_workers
from textrnn.training.fused_adamw import gather_gradients

if not libraries():
    pytest.skip("no steps in C here: `textrnn doctor` says why", allow_module_level=True)

WIDTH = 5
GATES: dict[GatedCell, int] = {"lstm": 4, "gru": 3}
every_native = pytest.mark.parametrize("library", libraries(), ids=lambda library: library.name)
every_cell = pytest.mark.parametrize("cell", ["lstm", "gru"])
LENGTHS = st.lists(st.integers(0, 9), min_size=1, max_size=15)


def tolerance_of(library: NativeLibrary) -> float:
    """How far a state may be off: a rounding of its numbers or two."""
    return 1e-6 if library.numbers == torch.float32 else 0.03


def make_weights(size: int, width: int = WIDTH, scale: float = 1.0, cell: GatedCell = "lstm") -> list[Tensor]:
    rows = GATES[cell] * size
    shapes = ((rows, width), (rows, size), (rows,), (rows,))
    return [(torch.rand(shape) * 2 - 1) * scale / size**0.5 for shape in shapes]


def layer_of(cell: GatedCell, x: Tensor, weights: list[Tensor]) -> Any:
    """torch's own."""
    return (torch.nn.LSTM if cell == "lstm" else torch.nn.GRU)(x.shape[2], weights[1].shape[1])


def as_torch_has_it(
    x: Tensor, lengths: Tensor, weights: list[Tensor], gradient: Tensor, *, backwards: bool, cell: GatedCell = "lstm"
) -> list[Tensor]:
    """The states, in the order of the texts and 0 at padding, and the gradients of `x` and the weights: in float64."""
    layer = layer_of(cell, x, weights).double()
    for parameter, weight in zip(layer._flat_weights, weights, strict=True):
        parameter.data.copy_(weight)
    turn = reversal_of(lengths, len(x)) if backwards else torch.arange(len(x) * len(lengths))
    leaf = x.detach().double().requires_grad_()
    states = reverse(layer(reverse(leaf, turn))[0], turn) * mask_of(lengths, len(x)).unsqueeze(2)
    return [states.detach(), *torch.autograd.grad((states * gradient).sum(), [leaf, *layer._flat_weights])]


def by_torch(x: Tensor, weights: list[Tensor], numbers: torch.dtype, cell: GatedCell = "lstm") -> Tensor:
    """The states of torch's layer in these numbers."""
    layer = layer_of(cell, x, weights).to(numbers)
    for parameter, weight in zip(layer._flat_weights, weights, strict=True):
        parameter.data.copy_(weight)
    with torch.no_grad():
        states: Tensor = layer(x.to(numbers))[0]
    return states


def close(found: Tensor, expected: Tensor, tolerance: float) -> bool:
    return float((found.double() - expected).detach().abs().max()) <= tolerance * max(
        float(expected.detach().abs().max()), 1e-3
    )


@every_native
@every_cell
@pytest.mark.parametrize("backwards", [False, True])
@given(lengths=LENGTHS, more=st.integers(0, 2), units=st.integers(1, 5), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_states_and_gradients_are_those_of_torch(
    library: NativeLibrary, cell: GatedCell, backwards: bool, lengths: list[int], more: int, units: int, seed: int
) -> None:
    torch.manual_seed(seed)
    steps, size = max(max(lengths), 1) + more, units * library.lanes
    x, weights = torch.randn(steps, len(lengths), WIDTH), make_weights(size, cell=cell)
    given_lengths = torch.tensor(lengths)
    gradient = torch.randn(steps, len(lengths), size)
    # what the numbers of the library can say of what comes in is what both read
    x, gradient, *weights = (t.to(library.numbers).float() for t in (x, gradient, *weights))
    leaves = [t.clone().requires_grad_() for t in (x, *weights)]
    states = read_gated(library, cell, leaves[0], None, given_lengths, *leaves[1:], backwards=backwards)
    found = [states.detach(), *torch.autograd.grad((states.float() * gradient).sum(), leaves)]
    expected = as_torch_has_it(x, given_lengths, weights, gradient, backwards=backwards, cell=cell)
    for mine, theirs in zip(found, expected, strict=True):
        assert close(mine, theirs, 10 * tolerance_of(library))
    padding = ~mask_of(given_lengths, steps)
    assert not states[padding].any()
    assert not found[1][padding].any()


@pytest.mark.skipif(find_library(torch.float32) is None, reason="needs steps in float32")
@every_cell
def test_they_are_the_equations(cell: GatedCell) -> None:
    library = find_library(torch.float32)
    assert library is not None
    size = library.lanes
    x, weights = torch.randn(7, 3, WIDTH), make_weights(size, cell=cell)
    leaves = [t.clone().requires_grad_() for t in (x, *weights)]
    states = read_gated(library, cell, leaves[0], None, torch.tensor([7, 7, 7]), *leaves[1:], backwards=False)
    gradient = torch.randn_like(states)
    found = torch.autograd.grad((states * gradient).sum(), leaves)
    by_hand, wide = GateWeights(*(w.double() for w in weights)), x.double()
    forward: Callable[..., Any] = lstm_forward if cell == "lstm" else gru_forward
    backward: Callable[..., Any] = lstm_backward if cell == "lstm" else gru_backward
    happened = forward(by_hand, wide)
    torch.testing.assert_close(states.double(), torch.stack([step.h for step in happened]), rtol=0, atol=1e-6)
    d_weights, d_x = backward(by_hand, wide, happened, gradient.double())
    for mine, theirs in zip(found, (d_x, *d_weights), strict=True):
        torch.testing.assert_close(mine.double(), theirs, rtol=0, atol=1e-5)


@every_native
@every_cell
@pytest.mark.parametrize("apart", [False, True])
@given(lengths=LENGTHS, seed=st.integers(0, 99), backwards=st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_token_that_repeats_is_as_if_each_stood_alone(
    library: NativeLibrary, cell: GatedCell, apart: bool, lengths: list[int], seed: int, backwards: bool
) -> None:
    torch.manual_seed(seed)
    steps, size, words = max(max(lengths), 1), library.lanes, 4
    ids, given_lengths = torch.randint(0, words, (steps, len(lengths))), torch.tensor(lengths)
    rows, tokens, texts = number_tokens(library, ids, given_lengths, words, per_text=apart)
    real = mask_of(given_lengths, steps)
    assert torch.equal(tokens[rows[real]], ids[real])
    pairs = [(int(i), int(b) if apart else 0) for b, i in zip(real.nonzero()[:, 1], ids[real], strict=True)]
    assert len(tokens) == len(set(pairs))
    if apart:
        assert torch.equal(texts[rows[real]], real.nonzero()[:, 1])
        assert texts.tolist() == sorted(texts.tolist())
    embedding, weights = torch.randn(words, WIDTH).to(library.numbers).float(), make_weights(size, cell=cell)
    gradient = torch.randn(steps, len(lengths), size)
    found = []
    for unique in (True, False):
        leaves = [t.clone().requires_grad_() for t in (embedding, *weights)]
        x = leaves[0][tokens] if unique else leaves[0][ids]
        states = read_gated(library, cell, x, rows if unique else None, given_lengths, *leaves[1:], backwards=backwards)
        found.append([states, *torch.autograd.grad((states.float() * gradient).sum(), leaves)])
    for mine, theirs in zip(*found, strict=True):
        assert close(mine, theirs.double(), 10 * tolerance_of(library))


@every_native
@every_cell
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_the_encoder_gives_the_same_whatever_computes(
    library: NativeLibrary, cell: GatedCell, threads: int, dropout: float
) -> None:
    """Two layers, with every way to share the work, against what reads without C on the same noise."""
    lengths = torch.tensor([9, 0, 3, 9, 1, 7] * 6)
    ids = torch.randint(0, 4, (9, len(lengths))) * mask_of(lengths, 9)  # few kinds: they are gathered
    size = 2 * library.lanes
    encoder, embedding = RecurrentEncoder(cell, WIDTH, size, num_layers=2), torch.nn.Embedding(4, WIDTH)
    leaves, found = [*encoder.parameters(), embedding.weight], []
    gradient = torch.randn(9, len(lengths), 2 * size) * mask_of(lengths, 9).unsqueeze(2)
    used: list[bool] = []

    def read() -> list[Tensor]:
        with (
            start_workers(threads) as workers,
            torch.autocast("cpu", torch.bfloat16, enabled=library.numbers == torch.bfloat16),
        ):
            x, unique = embed(embedding, encoder, ids, lengths, dropout, step_noise(0, 0, 0), workers)
            used.append(unique is not None)
            if unique is not None:  # texts in parts: no part makes the products of another's tokens
                assert (unique.starts is not None) == (dropout > 0 or threads > 3)
            encoded = encoder(x, lengths, step_noise(0, 0, 1), workers, unique).aligned()
            encoded = encoded * mask_of(lengths, 9).unsqueeze(2)
            return [encoded.detach(), *torch.autograd.grad((encoded.float() * gradient).sum(), leaves)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch_library, "libraries", lambda: (library,))
        found.append(read())
        patch.setenv(torch_library.SWITCH_VARIABLE, "0")
        found.append(read())
    assert used == [True, False]
    for mine, theirs in zip(*found, strict=True):
        assert close(mine, theirs.double(), 5 * tolerance_of(library))


@every_native
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_without_gradients_nothing_is_kept_for_them(
    library: NativeLibrary, mode: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[object] = []
    read = c_gates.read_steps
    monkeypatch.setattr(c_gates, "read_steps", lambda *g, **n: kept.append(n["gates"]) or read(*g, **n))
    weights = [weight.requires_grad_() for weight in make_weights(library.lanes)]
    with mode():
        read_gated(library, "lstm", torch.randn(3, 2, WIDTH), None, torch.tensor([3, 1]), *weights, backwards=False)
    read_gated(library, "lstm", torch.randn(3, 2, WIDTH), None, torch.tensor([3, 1]), *weights, backwards=False)
    assert kept[0] is None
    assert kept[1] is not None


@every_native
def test_twice_the_same_bytes(library: NativeLibrary) -> None:
    x, weights, lengths = torch.randn(30, 13, WIDTH), make_weights(2 * library.lanes), torch.randint(0, 31, (13,))
    found = []
    for _ in range(2):
        leaves = [t.clone().requires_grad_() for t in (x, *weights)]
        states = read_gated(library, "lstm", leaves[0], None, lengths, *leaves[1:], backwards=True)
        found.append([states, *torch.autograd.grad(states.float().square().sum(), leaves)])
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


@every_native
def test_a_text_is_read_the_same_in_any_company(library: NativeLibrary) -> None:
    """To the bit: no sum depends on which texts stand beside."""
    x, weights = torch.randn(8, 11, WIDTH), make_weights(library.lanes)
    lengths = torch.tensor([8, 3, 5, 0, 8, 1, 2, 8, 6, 4, 7])
    together = read_gated(library, "lstm", x, None, lengths, *weights, backwards=True)
    for text in range(11):
        alone = read_gated(
            library, "lstm", x[:, text : text + 1], None, lengths[text : text + 1], *weights, backwards=True
        )
        assert torch.equal(together[:, text], alone[:, 0])


@every_native
def test_large_and_odd_numbers(library: NativeLibrary) -> None:
    """Gates shut and open to the last bit; infinity is a gate that is open; a NaN stays one, in its text alone."""
    weights = make_weights(library.lanes)
    x = torch.randn(4, 7, WIDTH) * 1e4
    lengths = torch.full((7,), 4)
    expected = as_torch_has_it(x, lengths, weights, torch.zeros(4, 7, library.lanes), backwards=False)[0]
    states = read_gated(library, "lstm", x, None, lengths, *weights, backwards=False)
    error, usual = ((found - expected).abs().max() for found in (states, by_torch(x, weights, library.numbers)))
    assert error <= 4 * usual + tolerance_of(library)
    inputs = torch.zeros(7, 4 * library.lanes)
    inputs[0], inputs[1], inputs[2] = torch.inf, -torch.inf, torch.nan
    states = torch.empty(1, 7, library.lanes, dtype=library.numbers)
    read_steps(
        library, "lstm", inputs.to(library.numbers), None, torch.ones(7, dtype=torch.int64),
        torch.zeros(4 * library.lanes), torch.zeros(4 * library.lanes, library.lanes, dtype=library.numbers),
        steps=1, backwards=False, states=states,
    )  # fmt: skip
    assert torch.allclose(states[0, 0].float(), torch.tanh(torch.tensor(1.0)), atol=5e-3)
    assert not states[0, 1].any()
    assert states[0, 2].isnan().all()
    assert not states[0, 3:].isnan().any()


@every_native
@every_cell
def test_long_texts_do_not_drift(library: NativeLibrary, cell: GatedCell) -> None:
    size = library.lanes
    weights = make_weights(size, cell=cell)
    weights[2][size : 2 * size] = 6.0  # a gate that forgets next to nothing: errors would add up
    x = torch.randn(2000, 3, WIDTH).to(library.numbers).float()
    weights = [w.to(library.numbers).float() for w in weights]
    lengths = torch.full((3,), 2000)
    exact = as_torch_has_it(x, lengths, weights, torch.zeros(2000, 3, size), backwards=False, cell=cell)[0]
    states = read_gated(library, cell, x, None, lengths, *weights, backwards=False)
    theirs = by_torch(x, weights, library.numbers, cell)
    error, usual = ((found - exact).abs().max() for found in (states, theirs))
    assert error <= max(4 * usual, 1e-6)


@every_native
def test_nothing_is_written_outside(library: NativeLibrary) -> None:
    """Every output lies between guards that must stay; steps, texts and units that fill no tile."""
    steps, texts, size, kind, wide = 5, 7, 3 * library.lanes, library.numbers, torch.float32
    lengths, guarded = torch.tensor([5, 2, 0, 5, 1, 4, 3]), Guarded()
    states, gates = guarded.room(steps, texts, size, of=kind), guarded.room(steps, texts, 4 * size, of=kind)
    pooled = guarded.room(4, texts, size, of=wide)
    cells, weight = guarded.room(steps, texts, size, of=wide), torch.randn(4 * size, size).to(kind)
    inputs = torch.randn(steps * texts, 4 * size).to(kind)
    read_steps(
        library, "lstm", inputs, None, lengths, torch.randn(4 * size), weight, steps=steps, backwards=True,
        states=states, gates=gates, cells=cells, pooled=pooled,
    )  # fmt: skip
    kept = {"states": states, "gates": gates, "cells": cells, "backwards": True}
    gradient = torch.randn(steps, texts, size).to(kind)
    changes, _ = differentiate_steps(library, "lstm", gradient, lengths, weight, **kept)
    differentiate_steps(library, "lstm", torch.randn(3, texts, size), lengths, weight, pooled=pooled, **kept)
    rows, _, _ = number_tokens(library, torch.randint(0, 9, (steps, texts)), lengths, 9, per_text=False)
    sums = sum_rows(library, changes, rows, lengths, int(rows.max()) + 1)
    torch.testing.assert_close(sums.float().sum(0), changes.float().sum((0, 1)), rtol=0.05, atol=0.05)
    assert guarded.untouched()


@every_native
def test_what_cannot_be_is_refused(library: NativeLibrary) -> None:
    size, kind = library.lanes, library.numbers
    given: dict[str, Any] = {"steps": 2, "backwards": False, "states": torch.empty(2, 1, size, dtype=kind)}
    inputs, bias = torch.zeros(2, 4 * size, dtype=kind), torch.zeros(4 * size)
    weight, one = torch.zeros(4 * size, size, dtype=kind), torch.tensor([2])
    read_steps(library, "lstm", inputs, None, one, bias, weight, **given)
    for length in (3, -1):
        with pytest.raises(ValueError, match="length"):
            read_steps(library, "lstm", inputs, None, torch.tensor([length]), bias, weight, **given)
    with pytest.raises(ValueError, match="expected the shape"):
        read_steps(library, "lstm", inputs[:1], None, one, bias, weight, **given)
    with pytest.raises(ValueError, match="shape"):
        read_steps(library, "lstm", inputs, None, one, bias, weight, **given, pooled=torch.empty(3, 1, size))
    with pytest.raises(ValueError, match="expected torch"):
        read_steps(library, "lstm", inputs, None, one, bias.double(), weight, **given)
    with pytest.raises(ValueError, match="contiguous"):
        read_steps(library, "lstm", inputs, None, one, bias, weight.t().contiguous().t(), **given)
    with pytest.raises(IndexError, match="vocabulary"):
        number_tokens(library, torch.tensor([[1], [9]]), one, 9, per_text=False)
    with pytest.raises(ValueError, match="length"):
        number_tokens(library, torch.tensor([[1], [2]]), torch.tensor([3]), 9, per_text=False)
    number_tokens(library, torch.tensor([[1], [99]]), torch.tensor([1]), 9, per_text=False)  # padding is not looked at


@every_native
@every_cell
@pytest.mark.parametrize("backwards", [False, True])
@given(lengths=LENGTHS, seed=st.integers(0, 99), ties=st.booleans())
@settings(max_examples=25, deadline=None)
def test_pooling_while_training_is_pooling_of_the_states(
    library: NativeLibrary, cell: GatedCell, backwards: bool, lengths: list[int], seed: int, ties: bool
) -> None:
    """What is pooled to the bit, but for the mean's sum; and every gradient: those of equal maxima too."""
    torch.manual_seed(seed)
    steps, size, given_lengths = max(max(lengths), 1), 2 * library.lanes, torch.tensor(lengths)
    x, weights = torch.randn(steps, len(lengths), WIDTH), make_weights(size, cell=cell)
    if ties:  # open to the input alone, and that is the same for long: states are equal
        x, weights[1] = torch.zeros_like(x), torch.zeros_like(weights[1])
        weights[2][size : 2 * size] = -100.0
    gradient = torch.randn(3, len(lengths), size)
    leaves = [t.clone().requires_grad_() for t in (x, *weights)]
    found = pool_gated(library, cell, leaves[0], None, given_lengths, *leaves[1:], backwards=backwards)
    mine = torch.autograd.grad((found * gradient).sum(), leaves)
    states = read_gated(library, cell, leaves[0], None, given_lengths, *leaves[1:], backwards=backwards).float()
    highest, mean = max_mean(states, given_lengths)
    at = torch.zeros_like(given_lengths) if backwards else (given_lengths - 1).clamp(min=0)
    last = states[at, torch.arange(len(lengths))] * (given_lengths > 0).unsqueeze(1)
    theirs = torch.autograd.grad((torch.stack([highest, mean, last]) * gradient).sum(), leaves)
    assert torch.equal(found[0], highest)
    assert torch.equal(found[2], last)
    torch.testing.assert_close(found[1], mean, rtol=0, atol=1e-6)
    for one, other in zip(mine, theirs, strict=True):
        assert close(one, other.double(), 5 * tolerance_of(library))
    if ties and max(lengths) > 1 and cell == "lstm":  # it did come to that: all steps are alike
        longest = lengths.index(max(lengths))
        assert torch.equal(states[0, longest], states[1, longest])


@every_native
def test_a_state_that_is_no_number_is_seen_in_every_pooling(library: NativeLibrary) -> None:
    x, weights = torch.randn(5, 3, WIDTH), make_weights(library.lanes)
    x[2, 1, 0] = torch.nan
    pooled = pool_gated(library, "lstm", x, None, torch.tensor([5, 5, 5]), *weights, backwards=False)
    assert pooled[:, 1].isnan().all()
    assert not pooled[:, [0, 2]].isnan().any()


@every_native
@every_cell
@pytest.mark.parametrize(("num_layers", "pooling"), [(1, "max_mean"), (1, "last"), (2, "max"), (1, "attention")])
def test_a_training_step_is_that_without_c(
    library: NativeLibrary, cell: GatedCell, num_layers: int, pooling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logits and the gradient of every weight, with all kinds of dropout, of the whole network."""
    config = model_config(encoder=cell, num_layers=num_layers, pooling=pooling, hidden_size=2 * library.lanes)
    network, found = build_model(config, 30, 3, seed=0), []
    batch = assemble(random_rows(20), np.arange(20), max_tokens=30)
    monkeypatch.setattr(torch_library, "libraries", lambda: (library,))
    for switch in ("1", "0"):
        monkeypatch.setenv(torch_library.SWITCH_VARIABLE, switch)
        with start_workers(2) as workers, torch.autocast("cpu", enabled=library.numbers == torch.bfloat16):
            logits = network(batch, step_noise(0, 0, 0), workers)
            found.append([logits.detach(), *torch.autograd.grad(logits.square().sum(), list(network.parameters()))])
    for mine, theirs in zip(*found, strict=True):
        assert close(mine, theirs.double(), 10 * tolerance_of(library))


@pytest.mark.skipif(find_library(torch.float32) is None, reason="needs steps in float32")
@every_cell
@pytest.mark.parametrize(("num_layers", "pooling"), [(1, "max_mean"), (1, "last"), (2, "max"), (1, "attention")])
def test_predictions_are_those_without_c(
    monkeypatch: pytest.MonkeyPatch, cell: GatedCell, num_layers: int, pooling: str
) -> None:
    config = model_config(encoder=cell, num_layers=num_layers, pooling=pooling, hidden_size=16)
    network, rows = build_model(config, 30, 3, seed=0), random_rows(60)
    mine = compute_logits(network, rows, max_tokens=30)
    monkeypatch.setenv(torch_library.SWITCH_VARIABLE, "0")
    assert abs(mine - compute_logits(network, rows, max_tokens=30)).max() < 1e-6


def takes_c(encoder: RecurrentEncoder, x: Tensor) -> bool:
    """Whether the different tokens of a batch are read in C."""
    spec = layer_spec(encoder.cell, encoder.hidden_size, x, is_unique=True)
    return choose_kernel(KERNELS, spec).name.endswith("in C")


@pytest.mark.skipif(find_library(torch.float32) is None, reason="needs steps in float32")
def test_they_are_taken_where_they_fit_and_only_there(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.zeros(1, 1, WIDTH)
    assert takes_c(RecurrentEncoder("lstm", WIDTH, 32), x)
    assert not takes_c(RecurrentEncoder("lstm", WIDTH, 33), x)
    assert takes_c(RecurrentEncoder("gru", WIDTH, 32), x)
    assert not takes_c(RecurrentEncoder("rnn", WIDTH, 32), x)
    assert not takes_c(RecurrentEncoder("lstm", WIDTH, 32), x.double())
    monkeypatch.setenv(torch_library.SWITCH_VARIABLE, "0")
    assert not takes_c(RecurrentEncoder("lstm", WIDTH, 32), x)


@every_native
@pytest.mark.parametrize("sparse", [False, True])
def test_padding_within_a_text_has_no_gradient(
    library: NativeLibrary, sparse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_library, "libraries", lambda: (library,))
    network = build_model(model_config(hidden_size=library.lanes), 30, 3, seed=0)
    network.sparse = sparse
    ids = torch.tensor([[0, 4], [4, 4], [0, 5], [4, 4], [5, 5]])
    with torch.autocast("cpu", enabled=library.numbers == torch.bfloat16):
        network(Batch(ids, torch.tensor([5, 5]), None), None).sum().backward()
    gradient = gather_gradients(library, network).of[network.embedding.weight]
    assert (gradient.places is not None) == sparse
    dense = gradient.numbers if gradient.places is None else gradient.numbers[gradient.places.long()]
    assert not dense[0].any()
    assert dense[4].any()


@every_native
def test_numbers_by_default_do_not_matter(library: NativeLibrary) -> None:
    x, weights = torch.randn(3, 2, WIDTH), make_weights(library.lanes)
    leaves = [t.clone().requires_grad_() for t in (x, *weights)]
    torch.set_default_dtype(torch.float64)
    try:
        states = read_gated(library, "lstm", leaves[0], None, torch.tensor([3, 1]), *leaves[1:], backwards=False)
        assert torch.autograd.grad(states.float().sum(), leaves)[0].dtype == torch.float32
    finally:
        torch.set_default_dtype(torch.float32)


@every_native
def test_few_repeats_are_not_gathered(library: NativeLibrary) -> None:
    lengths, many = torch.full((4,), 10), torch.arange(40).view(10, 4)
    assert find_unique_tokens(library, many, lengths, 40, per_text=False) is None
    assert find_unique_tokens(library, many % 20, lengths, 40, per_text=False) is not None
    assert (
        find_unique_tokens(library, torch.zeros_like(many), torch.zeros_like(lengths), 40, per_text=False) is not None
    )


@every_native
def test_others_compute_meanwhile(library: NativeLibrary) -> None:
    """The interpreter is free while C computes, two directions at once being the point of it: PyDLL would hold it."""
    assert type(library.library) is ctypes.CDLL


@pytest.fixture
def fresh() -> Iterator[Callable[[], tuple[NativeLibrary, ...]]]:
    """Looks for libraries anew, and forgets what it found."""
    kernels.libraries.cache_clear()
    yield libraries
    kernels.libraries.cache_clear()


def test_a_library_of_another_source_is_refused(
    monkeypatch: pytest.MonkeyPatch, fresh: Callable[[], tuple[NativeLibrary, ...]]
) -> None:
    monkeypatch.setattr(kernels, "digest_of_sources", lambda: "another")
    with pytest.warns(UserWarning, match=r"another version of its source.*python -m textrnn.kernels.build"):
        assert fresh() == ()
    assert not takes_c(RecurrentEncoder("lstm", WIDTH, 64), torch.zeros(1))  # and torch's LSTM goes on


def test_a_library_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, fresh: Callable[[], tuple[NativeLibrary, ...]]
) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF, or not")
    monkeypatch.setattr(kernels.Variant, "path", property(lambda variant: broken))
    with pytest.warns(UserWarning, match="cannot be used"):
        assert fresh() == ()


def test_a_processor_without_its_instructions_never_opens_it(
    monkeypatch: pytest.MonkeyPatch, fresh: Callable[[], tuple[NativeLibrary, ...]]
) -> None:
    monkeypatch.setattr(kernels, "processor_flags", lambda: frozenset({"avx2", "fma"}))
    assert {library.name for library in fresh()} <= {"avx2", "neon", "plain"}
