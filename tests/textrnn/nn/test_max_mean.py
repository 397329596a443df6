from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from textrnn.nn.max_mean import max_mean


def plain(x: Tensor, lengths: Tensor) -> Tensor:
    """The same, text by text, by torch's own amax and mean."""
    rows = []
    for i, length in enumerate(lengths.tolist()):
        real = x[:length, i]
        empty = torch.zeros(x.shape[2], dtype=x.dtype)
        rows.append(torch.cat([real.amax(dim=0), real.mean(dim=0)]) if length else torch.cat([empty, empty]))
    return torch.stack(rows)


@given(lengths=st.lists(st.integers(0, 40), min_size=1, max_size=5), ties=st.booleans(), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_equals_torch_text_by_text_gradients_and_ties_too(lengths: list[int], ties: bool, seed: int) -> None:
    torch.manual_seed(seed)
    x = torch.randn(max(max(lengths), 1), len(lengths), 3, dtype=torch.float64)
    x = x.round() if ties else x  # whole numbers: many steps hold the maximum
    weight = torch.randn(len(lengths), 6, dtype=torch.float64)
    size = torch.tensor(lengths)
    mine, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    found, expected = torch.cat(max_mean(mine, size), dim=1), plain(theirs, size)
    torch.testing.assert_close(found, expected)
    (found * weight).sum().backward()
    if max(lengths):
        (expected * weight).sum().backward()
        assert mine.grad is not None
        torch.testing.assert_close(mine.grad, theirs.grad)


def test_a_text_of_one_word_repeated_shares_the_gradient_of_its_maximum() -> None:
    x = torch.ones(50, 1, 1, requires_grad=True)
    max_mean(x, torch.tensor([50]))[0].sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad.flatten(), torch.full((50,), 1 / 50))
