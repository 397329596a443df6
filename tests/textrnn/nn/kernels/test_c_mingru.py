"""minGRU in C: what `mingru.py` gives without, whatever the lengths, the repeats and the processor's instructions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from guarded import Guarded
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import model_config, random_rows
from torch import Tensor

from textrnn.nn.batch import assemble, mask_of
from textrnn.nn.classifier import build_model
from textrnn.nn.kernels import library as torch_library
from textrnn.nn.kernels.c_mingru import pool_scan, read_scan, scan_steps
from textrnn.nn.kernels.library import SWITCH_VARIABLE, NativeLibrary, find_library, libraries
from textrnn.nn.kernels.mingru import read_mingru
from textrnn.nn.kernels.unique import number_tokens
from textrnn.nn.max_mean import max_mean
from textrnn.nn.noise import step_noise
from textrnn.nn.predict import compute_logits
from textrnn.nn.reversal import reversal_of, reverse
from textrnn.nn.workers import start_workers

if not libraries():
    pytest.skip("no steps in C here: `textrnn doctor` says why", allow_module_level=True)

WIDTH = 5
every_native = pytest.mark.parametrize("library", libraries(), ids=lambda library: library.name)
LENGTHS = st.lists(st.integers(0, 9), min_size=1, max_size=9)


def tolerance_of(library: NativeLibrary) -> float:
    return 1e-5 if library.numbers == torch.float32 else 0.03


def make_weights(size: int) -> list[Tensor]:
    return [torch.randn(3 * size, WIDTH) / WIDTH**0.5, torch.randn(2 * size)]


def by_hand(x: Tensor, lengths: Tensor, weights: list[Tensor], *, backwards: bool) -> Tensor:
    """The states of `mingru.py`, in the order of the texts and 0 at padding."""
    turn = reversal_of(lengths, len(x)) if backwards else torch.arange(len(x) * len(lengths))
    return reverse(read_mingru(reverse(x, turn), *weights), turn) * mask_of(lengths, len(x)).unsqueeze(2)


def close(found: Tensor, expected: Tensor, tolerance: float) -> bool:
    largest = max(float(expected.detach().abs().max()), 1e-3)
    return float((found.double() - expected.double()).detach().abs().max()) <= tolerance * largest


@every_native
@pytest.mark.parametrize("backwards", [False, True])
@given(lengths=LENGTHS, more=st.integers(0, 2), units=st.integers(1, 3), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_states_and_gradients_are_those_of_the_equations(
    library: NativeLibrary, backwards: bool, lengths: list[int], more: int, units: int, seed: int
) -> None:
    torch.manual_seed(seed)
    steps, size, given_lengths = max(max(lengths), 1) + more, units * library.lanes, torch.tensor(lengths)
    x, gradient = torch.randn(steps, len(lengths), WIDTH), torch.randn(steps, len(lengths), size)
    x, gradient, *weights = (t.to(library.numbers).float() for t in (x, gradient, *make_weights(size)))
    leaves = [t.clone().requires_grad_() for t in (x, *weights)]
    states = read_scan(library, leaves[0], None, given_lengths, *leaves[1:], backwards=backwards)
    found = [states, *torch.autograd.grad((states.float() * gradient).sum(), leaves)]
    exact = [t.double().requires_grad_() for t in (x, *weights)]
    expected = by_hand(exact[0], given_lengths, exact[1:], backwards=backwards)
    theirs = [expected, *torch.autograd.grad((expected * gradient).sum(), exact)]
    for one, other in zip(found, theirs, strict=True):
        assert close(one, other, tolerance_of(library))
    padding = ~mask_of(given_lengths, steps)
    assert not states[padding].any()
    assert not found[1][padding].any()


@every_native
@pytest.mark.parametrize("backwards", [False, True])
@given(lengths=LENGTHS, seed=st.integers(0, 99), ties=st.booleans(), apart=st.booleans())
@settings(max_examples=25, deadline=None)
def test_what_is_pooled_of_tokens_that_repeat(
    library: NativeLibrary, backwards: bool, lengths: list[int], seed: int, ties: bool, apart: bool
) -> None:
    """Maximum, mean and last, and every gradient, as of the states of each token by itself."""
    torch.manual_seed(seed)
    steps, size, words, given_lengths = max(max(lengths), 1), library.lanes, 4, torch.tensor(lengths)
    ids, embedding = torch.randint(0, words, (steps, len(lengths))), torch.randn(words, WIDTH)
    weights = make_weights(size)
    if ties:  # gates that are open, and one token: all states are alike
        embedding, weights[1] = torch.zeros_like(embedding), torch.full_like(weights[1], 1e4)
    embedding, *weights = (t.to(library.numbers).float() for t in (embedding, *weights))
    gradient = torch.randn(3, len(lengths), size)
    rows, tokens, _ = number_tokens(library, ids, given_lengths, words, per_text=apart)
    leaves = [t.clone().requires_grad_() for t in (embedding, *weights)]
    found = pool_scan(library, leaves[0][tokens], rows, given_lengths, *leaves[1:], backwards=backwards)
    mine = [found, *torch.autograd.grad((found * gradient).sum(), leaves)]
    leaves = [t.clone().requires_grad_() for t in (embedding, *weights)]
    states = by_hand(leaves[0][ids], given_lengths, leaves[1:], backwards=backwards)
    highest, mean = max_mean(states, given_lengths)
    at = torch.zeros_like(given_lengths) if backwards else (given_lengths - 1).clamp(min=0)
    last = states[at, torch.arange(len(lengths))] * (given_lengths > 0).unsqueeze(1)
    expected = torch.stack([highest, mean, last])
    theirs = [expected, *torch.autograd.grad((expected * gradient).sum(), leaves)]
    # in bfloat16 two states can be equal there that are none in float32: what the highest gets is compared by its sum
    for one, other in zip(mine if ties else mine[:1], theirs if ties else theirs[:1], strict=True):
        assert close(one, other, tolerance_of(library))
    if library.numbers == torch.float32:
        for one, other in zip(mine, theirs, strict=True):
            assert close(one, other, 10 * tolerance_of(library))


@every_native
@pytest.mark.parametrize(("num_layers", "pooling"), [(1, "max_mean"), (1, "last"), (2, "max"), (1, "attention")])
def test_a_training_step_is_that_without_c(
    library: NativeLibrary, num_layers: int, pooling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logits and the gradient of every weight, with all kinds of dropout, of the whole network."""
    size = 2 * library.lanes
    config = model_config(encoder="mingru", num_layers=num_layers, pooling=pooling, hidden_size=size)
    network, found = build_model(config, 30, 3, seed=0), []
    batch = assemble(random_rows(20), np.arange(20), max_tokens=30)
    monkeypatch.setattr(torch_library, "libraries", lambda: (library,))
    for switch in ("1", "0"):
        monkeypatch.setenv(SWITCH_VARIABLE, switch)
        with start_workers(2) as workers, torch.autocast("cpu", enabled=library.numbers == torch.bfloat16):
            logits = network(batch, step_noise(0, 0, 0), workers)
            found.append([logits, *torch.autograd.grad(logits.square().sum(), list(network.parameters()))])
    assert close(found[0][0], found[1][0], 3 * tolerance_of(library))
    for mine, theirs in zip(*found, strict=True):  # in bfloat16 another step may hold a maximum
        assert (mine - theirs).norm() <= 5 * tolerance_of(library) * max(float(theirs.detach().norm()), 1e-4)


@every_native
def test_twice_the_same_bytes(library: NativeLibrary) -> None:
    x, weights, lengths = torch.randn(30, 13, WIDTH), make_weights(library.lanes), torch.randint(0, 31, (13,))
    found = []
    for _ in range(2):
        leaves = [t.clone().requires_grad_() for t in (x, *weights)]
        states = read_scan(library, leaves[0], None, lengths, *leaves[1:], backwards=True)
        found.append([states, *torch.autograd.grad(states.float().square().sum(), leaves)])
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


@every_native
def test_a_state_that_is_no_number_is_seen_in_every_pooling(library: NativeLibrary) -> None:
    x, weights = torch.randn(5, 3, WIDTH), make_weights(library.lanes)
    x[2, 1, 0] = torch.nan
    pooled = pool_scan(library, x, None, torch.tensor([5, 5, 5]), *weights, backwards=False)
    assert pooled[:, 1].isnan().all()
    assert not pooled[:, [0, 2]].isnan().any()


@every_native
def test_nothing_is_written_outside(library: NativeLibrary) -> None:
    """Every output lies between guards that must stay."""
    steps, texts, size, kind, wide = 5, 7, 3 * library.lanes, library.numbers, torch.float32
    lengths, guarded = torch.tensor([5, 2, 0, 5, 1, 4, 3]), Guarded()
    scan_steps(
        library, torch.randn(steps * texts, 3 * size).to(kind), None, lengths, torch.randn(2 * size), steps=steps,
        backwards=True, states=guarded.room(steps, texts, size, of=kind),
        kept=guarded.room(steps, texts, size, of=wide), pooled=guarded.room(4, texts, size, of=wide),
    )  # fmt: skip
    assert guarded.untouched()


@every_native
def test_what_cannot_be_is_refused(library: NativeLibrary) -> None:
    size, kind = library.lanes, library.numbers
    how: dict[str, Any] = {"steps": 2, "backwards": False, "states": torch.empty(2, 1, size, dtype=kind)}
    inputs, bias = torch.zeros(2, 3 * size, dtype=kind), torch.zeros(2 * size)
    scan_steps(library, inputs, None, torch.tensor([2]), bias, **how)
    for length in (3, -1):
        with pytest.raises(ValueError, match="length"):
            scan_steps(library, inputs, None, torch.tensor([length]), bias, **how)
    with pytest.raises(ValueError, match="shape"):
        scan_steps(library, inputs[:1], None, torch.tensor([2]), bias, **how)
    with pytest.raises(ValueError, match="shape"):
        scan_steps(library, inputs, None, torch.tensor([2]), bias, **how, pooled=torch.empty(3, 1, size))


@pytest.mark.skipif(find_library(torch.float32) is None, reason="needs steps in float32")
@pytest.mark.parametrize(("num_layers", "pooling"), [(1, "max_mean"), (1, "last"), (2, "max"), (1, "attention")])
def test_predictions_are_those_without_c(monkeypatch: pytest.MonkeyPatch, num_layers: int, pooling: str) -> None:
    config = model_config(encoder="mingru", num_layers=num_layers, pooling=pooling, hidden_size=16)
    network, rows = build_model(config, 30, 3, seed=0), random_rows(60)
    mine = compute_logits(network, rows, max_tokens=30)
    monkeypatch.setenv(SWITCH_VARIABLE, "0")
    assert abs(mine - compute_logits(network, rows, max_tokens=30)).max() < 1e-5
