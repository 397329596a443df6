"""The kernels for GPUs equal torch's packed LSTM: on a GPU where there is one, else as Triton interprets them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from textrnn.inference.shapes import layer_suffixes
from textrnn.nn.kernels.triton_lstm import TEXTS_PER_PROGRAM, read_fused
from textrnn.nn.recurrent import RecurrentEncoder

pytest.importorskip("triton", reason="needs Triton, which comes with torch's CUDA builds: pip install triton")

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")  # there Triton interprets: see conftest.py

Found = tuple[Tensor, list[Tensor]]


def both(lengths: list[int], *, size: int, width: int, directions: int, seed: int = 0) -> tuple[Found, Found]:
    """The states (T, B, D * H) by the kernels and by `nn.LSTM`, packed, each with its gradients."""
    torch.manual_seed(seed)
    reference = nn.LSTM(width, size, bidirectional=directions == 2).to(DEVICE)
    told = torch.tensor(lengths)
    steps = max(lengths)
    x = torch.randn(steps, len(lengths), width, device=DEVICE)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    weights = [
        [reference.get_parameter(name + suffix) for name in names]
        for suffix in layer_suffixes(0, bidirectional=directions == 2)
    ]
    ours, theirs = (x.clone().requires_grad_() for _ in range(2))
    states = torch.cat(read_fused(ours, told.to(DEVICE), weights), dim=-1)
    packed = pack_padded_sequence(theirs, told, enforce_sorted=False)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        wanted, _ = pad_packed_sequence(reference(packed)[0], total_length=steps)
        factors = torch.randn_like(wanted)
        found = [
            list(torch.autograd.grad((out * factors).sum(), [given, *reference.parameters()]))
            for out, given in ((states, ours), (wanted, theirs))
        ]
    return (states.detach(), found[0]), (wanted.detach(), found[1])


def is_close(ours: Found, theirs: Found) -> None:
    torch.testing.assert_close(ours[0], theirs[0], atol=1e-5, rtol=1e-4)
    for mine, other in zip(ours[1], theirs[1], strict=True):
        torch.testing.assert_close(mine, other, atol=1e-4, rtol=1e-3)


@settings(max_examples=8)
@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=2 * TEXTS_PER_PROGRAM + 1),
    width=st.integers(1, 9),
    directions=st.sampled_from((1, 2)),
    seed=st.integers(0, 99),
)
def test_states_and_gradients_are_those_of_a_packed_lstm(
    lengths: list[int], width: int, directions: int, seed: int
) -> None:
    is_close(*both(lengths, size=16, width=width, directions=directions, seed=seed))


@pytest.mark.parametrize("size", [32, 64, 128])
def test_of_more_units_too(size: int) -> None:
    is_close(*both([5, 2, 7, 1], size=size, width=3, directions=2))


def test_padding_is_zero_and_what_stands_there_changes_nothing() -> None:
    encoder = RecurrentEncoder("lstm", 4, 16).to(DEVICE)
    weights = encoder._weights(0)
    lengths = torch.tensor([6, 2, 0], device=DEVICE)
    x = torch.randn(6, 3, 4, device=DEVICE)
    noisy = x.clone()
    noisy[2:, 1], noisy[:, 2] = 1e4, -1e4
    for mine, other in zip(read_fused(x, lengths, weights), read_fused(noisy, lengths, weights), strict=True):
        assert torch.equal(mine, other)
        assert not mine[2:, 1].any()
        assert not mine[:, 2].any()
        assert mine[:2, 1].any()


def test_a_gradient_at_padding_reaches_nothing() -> None:
    encoder = RecurrentEncoder("lstm", 4, 16).to(DEVICE)
    weights = encoder._weights(0)
    x = torch.randn(5, 2, 4, device=DEVICE, requires_grad=True)
    forward, backward = read_fused(x, torch.tensor([5, 3], device=DEVICE), weights)
    (forward[3:, 1].sum() + backward[3:, 1].sum()).backward()
    assert x.grad is not None
    assert not x.grad.any()
    assert not any(weight.grad.any() for weight in encoder.parameters() if weight.grad is not None)
