"""What a kernel is: one way to compute a layer of a cell.

Shape letters: T steps, B texts, E inputs, H hidden units, D directions, V vocabulary, N different tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from textrnn.machine.workers import Workers
from textrnn.nn.cells.cell import Cell, Weights
from textrnn.nn.encoded import Encoded
from textrnn.nn.kernels.unique import UniqueTokens

Pooled = tuple[Tensor, Tensor, Tensor]  # the maximum, the mean and the last state of each text: (D, B, H) each


@dataclass(frozen=True)
class Layer:
    """A layer of D directions, and what it reads.

    `x` (T, B, E) is read by `lengths` (B,); with `unique` tokens it is (N, E), a row for each of those. `weights` are
    those of each direction; `workers` compute parts of it at once.
    """

    cell: Cell
    hidden_size: int
    weights: Sequence[Weights]
    x: Tensor
    lengths: Tensor
    unique: UniqueTokens | None = None
    workers: Workers | None = None

    def every_token(self) -> Tensor:
        """Returns (T, B, E): what each token is read as, whether or not the different ones stand in `x` alone."""
        return self.x if self.unique is None else self.x[self.unique.rows]


@dataclass(frozen=True)
class LayerSpec:
    """What a kernel is chosen by: the cell, its H units, the device of its input, the dtype of its matrix products.

    `is_unique` says whether the input has each different token of a batch once.
    """

    cell: Cell
    hidden_size: int
    device: torch.device
    dtype: torch.dtype
    is_unique: bool


@dataclass(frozen=True)
class Kernel:
    """One way to compute a layer.

    `fits` says for which layers it can be used and is the fastest: the first kernel that fits is taken. `read` returns
    the states of a layer, `pool` the same pooled as they are read; None where a kernel has no such way. `takes_unique`
    says whether it gains by the different tokens of a batch alone. `version(dtype)` names what its bits depend on
    besides torch; "" for nothing.
    """

    name: str
    fits: Callable[[LayerSpec], bool]
    read: Callable[[Layer], Encoded]
    pool: Callable[[Layer], Pooled] | None = None
    takes_unique: bool = False
    version: Callable[[torch.dtype], str] = lambda dtype: ""


def layer_spec(cell: Cell, hidden_size: int, x: Tensor, *, is_unique: bool) -> LayerSpec:
    """Returns the spec of a layer that reads `x`, whose products autocast may compute in another dtype."""
    kind = x.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
    return LayerSpec(cell, hidden_size, x.device, dtype, is_unique)
