"""The convolution is Kim's, text by text; what a batch pads a text with changes nothing."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from textrnn.nn.bag import Bag
from textrnn.nn.convolution import FILTER_WIDTHS, ConvolutionEncoder


def by_hand(encoder: ConvolutionEncoder, text: Tensor) -> Tensor:
    """(T, 3 * H) of one text (T, E): each window's dot products, written out."""
    rows = []
    for start in range(len(text)):
        found = []
        for maps, width in zip(encoder.maps, FILTER_WIDTHS, strict=True):
            window = torch.zeros(width, text.shape[1], dtype=text.dtype)
            there = text[start : start + width]
            window[: len(there)] = there
            weight, bias = maps.weight, maps.bias  # type: ignore[union-attr]
            found.append(torch.relu((weight * window.T).sum(dim=(1, 2)) + bias))  # type: ignore[operator]
        rows.append(torch.cat(found))
    return torch.stack(rows)


@pytest.mark.parametrize("lengths", [[7, 1, 4], [2, 2], [6, 3, 5, 1]])
def test_equal_to_windows_by_hand_whatever_pads_the_batch(lengths: list[int]) -> None:
    torch.manual_seed(0)
    encoder = ConvolutionEncoder(5, 4).double()
    x = torch.randn(max(lengths) + 3, len(lengths), 5, dtype=torch.float64)  # what stands past the ends is noise
    encoded = encoder(x, torch.tensor(lengths)).forward
    for text, length in enumerate(lengths):
        expected = by_hand(encoder, x[:length, text])
        torch.testing.assert_close(encoded[:length, text], expected, rtol=1e-12, atol=1e-12)


def test_a_gradient_reaches_no_padding() -> None:
    encoder = ConvolutionEncoder(5, 4)
    x = torch.randn(6, 2, 5, requires_grad=True)
    encoded = encoder(x, torch.tensor([6, 2])).forward
    (encoded[:, 0].sum() + encoded[:2, 1].sum()).backward()
    assert x.grad is not None
    assert not x.grad[2:, 1].any()
    assert x.grad[:2, 1].any()


def test_a_bag_is_its_tokens() -> None:
    x = torch.randn(3, 2, 5)
    assert Bag(5)(x, torch.tensor([3, 1])).forward is x


def test_windows_are_of_three_four_and_five_tokens() -> None:
    """Models that are kept have these shapes."""
    maps = ConvolutionEncoder(6, 7).maps
    assert [tuple(each.weight.shape) for each in maps] == [(7, 6, 3), (7, 6, 4), (7, 6, 5)]  # type: ignore[arg-type]
