"""minGRU: a recurrence whose gate does not look at the state, so that all products are over the whole batch.

    z_t = sigmoid(W_z x_t + V_z x_{t-1} + b);  c_t = W_c x_t + b;  h_t = (1 - z_t) * h_{t-1} + z_t * c_t

Feng et al. 2024, "Were RNNs All We Needed?", section 3.1; but the gate reads the token before as well, as a convolution
of width 2 does (Bradbury et al. 2017, "Quasi-Recurrent Neural Networks", section 2). Without that, an LSTM's lead on
film reviews is twice as large.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from textrnn.inference.shapes import cell_shapes
from textrnn.nn.cells.cell import Cell, CellState, Weights


def _step(weights: Weights, x: Tensor, state: CellState | None) -> CellState:
    """The state (B, H), then the token that it read last, (B, E)."""
    of_gate, of_candidate, of_before = weights[0].chunk(3)
    gate_bias, candidate_bias = weights[1].chunk(2)
    h, before = state or (x.new_zeros(len(x), len(gate_bias)), torch.zeros_like(x))
    z = torch.sigmoid(x @ of_gate.T + before @ of_before.T + gate_bias)
    return torch.lerp(h, x @ of_candidate.T + candidate_bias, z), x


MINGRU = Cell("mingru", partial(cell_shapes, "mingru"), _step)
