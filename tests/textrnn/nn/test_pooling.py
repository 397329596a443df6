from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from textrnn.config.model import Pooling
from textrnn.nn import max_mean as maxmean
from textrnn.nn import pooling
from textrnn.nn.batch import mask_of
from textrnn.nn.encoded import Encoded
from textrnn.nn.max_mean import max_mean
from textrnn.nn.pooling import Pool
from textrnn.nn.reversal import reversal_of

POOLINGS = get_args(Pooling)
HIDDEN = 4


def make_encoded(lengths: list[int], *, bidirectional: bool = True, shift: float = 0.0, more: int = 0) -> Encoded:
    steps = max(max(lengths), 1) + more
    shape = (steps, len(lengths), HIDDEN)
    backward = torch.randn(shape) + shift if bidirectional else None
    reversal = reversal_of(torch.tensor(lengths), steps) if bidirectional else None
    return Encoded(torch.randn(shape) + shift, backward, reversal)


def fill_padding(encoded: Encoded, lengths: list[int], value: float) -> Encoded:
    padding = ~mask_of(torch.tensor(lengths), len(encoded.forward)).unsqueeze(-1)
    backward = None if encoded.backward is None else encoded.backward.masked_fill(padding, value)
    return Encoded(encoded.forward.masked_fill(padding, value), backward, encoded.reversal)


def pool_one(pool: Pool, encoded: Encoded, i: int, length: int) -> Tensor:
    """What the docstring says, for text `i` alone."""
    own = [direction[:length, i] for direction in encoded.directions()]
    if length == 0:
        return torch.zeros(pool.output_size)
    match pool.kind:
        case "last":
            return torch.cat([x[-1] for x in own])
        case "mean":
            return torch.cat([x.mean(dim=0) for x in own])
        case "max":
            return torch.cat([x.max(dim=0).values for x in own])
        case "max_mean":
            return torch.cat([x.max(dim=0).values for x in own] + [x.mean(dim=0) for x in own])
        case "attention":
            text = torch.cat([own[0], *(x.flip(0) for x in own[1:])], dim=-1)
            weights = torch.softmax(pool.score(text)[:, 0], dim=0)
            return (weights.unsqueeze(-1) * text).sum(dim=0)


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("kind", POOLINGS)
@given(lengths=st.lists(st.integers(0, 7), min_size=1, max_size=5), shift=st.sampled_from([-5.0, 0.0, 5.0]))
@settings(max_examples=15, deadline=None)
def test_equals_a_plain_loop(kind: Pooling, bidirectional: bool, lengths: list[int], shift: float) -> None:
    pool = Pool(kind, HIDDEN * (2 if bidirectional else 1))
    encoded = make_encoded(lengths, bidirectional=bidirectional, shift=shift)
    found = pool(encoded, torch.tensor(lengths))
    expected = torch.stack([pool_one(pool, encoded, i, length) for i, length in enumerate(lengths)])
    assert found.shape == (len(lengths), pool.output_size)
    assert torch.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("kind", POOLINGS)
@pytest.mark.parametrize("value", [1e30, -1e30, 3e38, -3e38])
def test_what_stands_in_padding_never_matters(kind: Pooling, value: float) -> None:
    lengths = [5, 0, 1, 3]
    pool = Pool(kind, 2 * HIDDEN)
    plain = fill_padding(make_encoded(lengths, shift=-5, more=2), lengths, 0.0)
    filled = fill_padding(plain, lengths, value)
    assert plain.backward is not None
    assert filled.backward is not None
    for tensor in (filled.forward, filled.backward):
        tensor.requires_grad_()
    found = pool(filled, torch.tensor(lengths))
    assert torch.equal(found, pool(plain, torch.tensor(lengths)))
    if abs(value) > 1e30:  # the gradient sums features before it masks: that overflows
        return
    found.sum().backward()
    padding = ~mask_of(torch.tensor(lengths), len(filled.forward))
    for tensor in (filled.forward, filled.backward):
        assert tensor.grad is not None
        assert not tensor.grad[padding].any()
        assert tensor.grad.isfinite().all()


@pytest.mark.parametrize("kind", POOLINGS)
def test_a_text_without_tokens_gives_zeros(kind: Pooling) -> None:
    found = Pool(kind, 2 * HIDDEN)(make_encoded([0, 3], shift=5), torch.tensor([0, 3]))
    assert not found[0].any()
    assert found[1].all()


@pytest.mark.parametrize("kind", ["mean", "max", "max_mean", "attention"])
def test_pooling_over_padding_is_seen(kind: Pooling, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = [5, 1, 3]
    pool = Pool(kind, 2 * HIDDEN)
    encoded = fill_padding(make_encoded(lengths, shift=-5), lengths, 1.0)
    if kind == "attention":
        torch.nn.init.zeros_(pool.score.weight)  # every step weighs the same
    right = pool(encoded, torch.tensor(lengths))
    for module in (pooling, maxmean):
        monkeypatch.setattr(module, "mask_of", lambda lengths, steps: mask_of(torch.full_like(lengths, steps), steps))
    assert (pool(encoded, torch.tensor(lengths)) - right).abs()[1:].max() > 0.1


def test_last_of_the_padded_whole_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = torch.tensor([5, 1, 3])
    encoded = make_encoded(lengths.tolist())
    right = Pool("last", 2 * HIDDEN)(encoded, lengths)
    monkeypatch.setattr(pooling, "_last", lambda x, lengths: x[-1])
    assert not torch.allclose(Pool("last", 2 * HIDDEN)(encoded, lengths), right)


def test_last_of_the_backward_direction_is_the_first_token() -> None:
    lengths = torch.tensor([3, 2])
    encoded = make_encoded([3, 2])
    found = Pool("last", 2 * HIDDEN)(encoded, lengths)
    assert torch.equal(found[:, HIDDEN:], encoded.aligned()[0, :, HIDDEN:])


def test_attention_needs_all_steps() -> None:
    assert not Pool("attention", HIDDEN).joins


def test_padding_that_equals_the_maximum_has_no_share_in_its_gradient() -> None:
    x = torch.tensor([[1.0], [2.0], [2.0], [2.0]]).unsqueeze(2).requires_grad_()
    highest, mean = max_mean(x, torch.tensor([3]))
    highest.sum().backward(retain_graph=True)
    assert x.grad is not None
    assert x.grad.flatten().tolist() == [0, 0.5, 0.5, 0]
    x.grad = None
    mean.sum().backward()
    torch.testing.assert_close(x.grad.flatten(), torch.tensor([1 / 3, 1 / 3, 1 / 3, 0]))
