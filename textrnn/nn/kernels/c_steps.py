"""The steps of an LSTM or GRU in C: every tensor is checked before C sees it."""

from __future__ import annotations

import torch
from torch import Tensor

from textrnn.kernels.calls import call, int64s
from textrnn.nn.kernels.library import NativeLibrary
from textrnn.nn.kernels.pointers import pointer_to

CELLS = {"lstm": 0, "gru": 1}  # as cells.h numbers them


def read_steps(
    native: NativeLibrary,
    cell: str,
    inputs: Tensor,
    rows: Tensor | None,
    lengths: Tensor,
    bias: Tensor,
    weight: Tensor,
    *,
    steps: int,
    backwards: bool,
    states: Tensor | None = None,
    gates: Tensor | None = None,
    cells: Tensor | None = None,
    pooled: Tensor | None = None,
) -> None:
    """The steps of one `cell` of H units over B texts of `lengths` (B,) int64, written where the last four say.

    `inputs` (N, 4H) are input products, `rows` (T, B) int64 which of them is a token's (None: N is T * B, and its own);
    `bias` (4H,) float32; `weight` (4H, H); `states` (T, B, H), `gates` (T, B, 4H), `cells` (T, B, H) float32, `pooled`
    (4, B, H) float32: the highest, the mean and the last of a text's states, and how many are the highest. T is
    `steps`; all else in `native.numbers`, and the 4H numbers in `native.order`, gates as `textrnn/kernels/cells.h` has
    them. Raises ValueError for lengths that cannot be, MemoryError.
    """
    texts, size = len(lengths), weight.shape[1]
    wide, shape, own = 4 * size, (steps, texts), native.numbers
    given = [
        pointer_to(inputs, own, len(inputs) if rows is not None else steps * texts, wide),
        pointer_to(rows, torch.int64, *shape),
        pointer_to(lengths, torch.int64, texts),
        pointer_to(bias, torch.float32, wide),
        pointer_to(weight, own, wide, size),
    ]
    written = [
        pointer_to(states, own, *shape, size),
        pointer_to(gates, own, *shape, wide),
        pointer_to(cells, torch.float32, *shape, size),
        pointer_to(pooled, torch.float32, 4, texts, size),
    ]
    call(native.library.forward, CELLS[cell], *given, *written, *int64s(steps, texts, size), int(backwards))


def differentiate_steps(
    native: NativeLibrary,
    cell: str,
    gradient: Tensor,
    lengths: Tensor,
    weight: Tensor,
    *,
    backwards: bool,
    states: Tensor,
    gates: Tensor,
    cells: Tensor,
    pooled: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The gradient (T, B, 4H) with regard to the input products, and its sum (4H,) float32 over all tokens.

    Of the `gradient` (T, B, H) of the states or, with what was `pooled`, of its first three (3, B, H) float32; the last
    four are what `read_steps` wrote. 0 at padding.
    """
    steps, texts, size = states.shape
    own, of_states, wide = native.numbers, (steps, texts, size), 4 * size
    changes, d_bias = torch.empty_like(gates), torch.empty(wide, dtype=torch.float32)
    if pooled is None:
        ways = [pointer_to(gradient, own, *of_states), pointer_to(None, own)]
    else:
        ways = [pointer_to(None, own), pointer_to(gradient, torch.float32, 3, texts, size)]
    given = [
        pointer_to(pooled, torch.float32, 4, texts, size),
        pointer_to(states, own),
        pointer_to(gates, own, steps, texts, wide),
        pointer_to(cells, torch.float32, *of_states),
        pointer_to(lengths, torch.int64, texts),
        pointer_to(weight, own, wide, size),
    ]
    written = [pointer_to(changes, own), pointer_to(d_bias, torch.float32)]
    sizes = int64s(steps, texts, size)
    call(native.library.backward, CELLS[cell], *ways, *given, *written, *sizes, int(backwards))
    return changes, d_bias


def sum_rows(native: NativeLibrary, changes: Tensor, rows: Tensor, lengths: Tensor, count: int) -> Tensor:
    """(`count`, 4H): the sums of the `changes` (T, B, 4H) of the tokens that `rows` (T, B) gives each row."""
    steps, texts, width = changes.shape
    sums = changes.new_empty(count, width)
    given = [
        pointer_to(changes, native.numbers),
        pointer_to(rows, torch.int64),
        pointer_to(lengths, torch.int64),
        pointer_to(sums, native.numbers),
    ]
    call(native.library.sum_rows, *given, *int64s(steps, texts, count, width))
    return sums
