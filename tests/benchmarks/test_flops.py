"""The FLOPs of a training step: counted by torch over a recurrence that is written out."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.flops import training_flops


@pytest.mark.parametrize(("encoder", "gates"), [("lstm", 4), ("gru", 3), ("rnn", 1)])
@pytest.mark.parametrize(("embedding", "hidden"), [(6, 5), (4, 8)])
def test_it_is_what_torch_counts_over_all_products_of_a_step(encoder, gates, embedding, hidden):
    steps, batch = 3, 2
    counter = FlopCounterMode(display=False)
    with counter:
        for _direction in range(2):
            w = torch.randn(gates * hidden, embedding, requires_grad=True)
            u = torch.randn(gates * hidden, hidden, requires_grad=True)
            state = torch.randn(batch, hidden, requires_grad=True)
            for _step in range(steps):
                x = torch.randn(batch, embedding, requires_grad=True)
                sums = functional.linear(x, w) + functional.linear(state, u)
                state = sums.view(batch, gates, hidden).tanh().sum(dim=1)
            state.sum().backward()
    assert counter.get_total_flops() == steps * batch * training_flops(encoder, embedding, hidden)


def test_an_encoder_that_is_not_counted_has_no_share():
    assert training_flops("another", 128, 128) == 0


def test_elmans_output_costs_what_its_hidden_state_costs():
    assert training_flops("elman", 6, 5) == 2 * training_flops("rnn", 6, 5)
