"""The steps of a recurrence in C, over tensors: all are looked at before C sees them."""

from __future__ import annotations

import torch
from torch import Tensor

from textrnn.nn.native import Native, at, call, error_of, numbers_of

CELLS = {"lstm": 0, "gru": 1}  # as cells.h numbers them


def read_steps(
    native: Native,
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
    given = [at(inputs, own, len(inputs) if rows is not None else steps * texts, wide), at(rows, torch.int64, *shape)]
    given += [at(lengths, torch.int64, texts), at(bias, torch.float32, wide), at(weight, own, wide, size)]
    wanted = [at(states, own, *shape, size), at(gates, own, *shape, wide), at(cells, torch.float32, *shape, size)]
    wanted += [at(pooled, torch.float32, 4, texts, size)]
    call(native.library.forward, CELLS[cell], *given, *wanted, *numbers_of(steps, texts, size), int(backwards))


def differentiate_steps(
    native: Native,
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
        ways = [at(gradient, own, *of_states), at(None, own)]
    else:
        ways = [at(None, own), at(gradient, torch.float32, 3, texts, size)]
    given = [at(pooled, torch.float32, 4, texts, size), at(states, own), at(gates, own, steps, texts, wide)]
    given += [at(cells, torch.float32, *of_states), at(lengths, torch.int64, texts), at(weight, own, wide, size)]
    call(
        native.library.backward, CELLS[cell], *ways, *given, at(changes, own), at(d_bias, torch.float32),
        *numbers_of(steps, texts, size), int(backwards),
    )  # fmt: skip
    return changes, d_bias


def sum_rows(native: Native, changes: Tensor, rows: Tensor, lengths: Tensor, count: int) -> Tensor:
    """(`count`, 4H): the sums of the `changes` (T, B, 4H) of the tokens that `rows` (T, B) gives each row."""
    steps, texts, width = changes.shape
    sums = changes.new_empty(count, width)
    call(
        native.library.sum_rows, at(changes, native.numbers), at(rows, torch.int64), at(lengths, torch.int64),
        at(sums, native.numbers), *numbers_of(steps, texts, count, width),
    )  # fmt: skip
    return sums


def number_tokens(
    native: Native, ids: Tensor, lengths: Tensor, vocabulary_size: int, *, apart: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """`rows` (T, B), `tokens` (N,) and `texts` (N,), int64, of the N different tokens of `ids` (T, B): see `Distinct`.

    With `apart` those of one text are others than those of the next, and stand text by text. Raises IndexError for a
    token that is not below `vocabulary_size`.
    """
    rows, tokens, texts = torch.empty_like(ids), ids.new_empty(ids.numel()), ids.new_empty(ids.numel())
    places = [at(each, torch.int64) for each in (ids, lengths, rows, tokens, texts)]
    if len(lengths) and not 0 <= int(lengths.min()) <= int(lengths.max()) <= len(ids):
        raise error_of(2)
    count = native.library.number_tokens(*places, *numbers_of(*ids.shape, vocabulary_size), int(apart))
    if count < 0:
        raise error_of(-count)
    return rows, tokens[:count], texts[:count]
