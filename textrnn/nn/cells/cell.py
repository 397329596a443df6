"""What a recurrent cell is: the shapes of its weights, how they begin, one step.

Shape letters: T steps, B texts, E inputs, H hidden units, G gates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from textrnn.config.model import Recurrence

Weights = Sequence[Tensor]  # those of one direction of one layer, in the order of `Cell.shapes`
CellState = tuple[Tensor, ...]  # what goes from one step to the next; the first, (B, H), is the output


def reset_weight(name: str, weight: Tensor, hidden_size: int) -> None:
    """Fills `weight` in place: input weights uniform, recurrent ones (G * H, H) orthogonal a gate, biases 0.

    Orthogonal: Saxe et al. 2014, "Exact solutions to the nonlinear dynamics of learning".
    """
    if name.startswith("bias"):
        nn.init.zeros_(weight)
    elif name == "weight_hh":
        for gate in torch.split(weight.data, hidden_size):
            nn.init.orthogonal_(gate)
    else:
        bound = 1 / math.sqrt(hidden_size)
        nn.init.uniform_(weight, -bound, bound)


@dataclass(frozen=True)
class Cell:
    """A recurrence as its equations: what it computes, not how fast (that is a `Kernel`'s).

    `shapes(input_size, hidden_size)` gives the weights of one direction of one layer, by name, in order; names are
    those of `torch.nn`, where it has such a cell. `step(weights, x, state)` reads one token of each text, `x` (B, E),
    and returns the next state; `state` is None before the first token. `reset(name, weight, hidden_size)` fills a
    weight with its first values, drawn from torch's generator.
    """

    name: Recurrence
    shapes: Callable[[int, int], dict[str, tuple[int, ...]]]
    step: Callable[[Weights, Tensor, CellState | None], CellState]
    reset: Callable[[str, Tensor, int], None] = reset_weight
