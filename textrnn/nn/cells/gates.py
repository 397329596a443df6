"""Weights of G gates, one below the other, as `torch.nn` lays them out."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor

Activation = Literal["sigmoid", "tanh", "relu"]


class GateWeights(NamedTuple):
    """`w_ih` (G * H, E), `w_hh` (G * H, H), `b_ih` (G * H,) and `b_hh` (G * H,), in the order of `cell_shapes`."""

    w_ih: Tensor
    w_hh: Tensor
    b_ih: Tensor
    b_hh: Tensor


def activate(sigma: Activation, a: Tensor) -> Tensor:
    """Returns sigma(a), value by value."""
    match sigma:
        case "sigmoid":
            return torch.sigmoid(a)
        case "tanh":
            return torch.tanh(a)
        case "relu":
            return torch.relu(a)


def slope(sigma: Activation, y: Tensor) -> Tensor:
    """Returns the derivative of sigma where its value is `y`: all three can be told from their own value."""
    match sigma:
        case "sigmoid":
            return y * (1 - y)
        case "tanh":
            return 1 - y * y
        case "relu":
            return (y > 0).to(y.dtype)
