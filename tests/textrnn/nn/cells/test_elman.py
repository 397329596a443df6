"""The encoder `elman`: its two equations, text by text, in both directions and several layers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import model_config, predict_encoded, random_ids, train_config
from torch import Tensor

from textrnn.nn.batch import mask_of
from textrnn.nn.cells.elman import ElmanWeights, elman_backward, elman_forward
from textrnn.nn.noise import step_noise
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.training.train import train

WIDTH, HIDDEN = 3, 4
CLOSE = 1e-11


def weights_of_direction(encoder: RecurrentEncoder, suffix: str) -> ElmanWeights:
    names = ("weight_hh", "weight_ih", "bias_ih", "weight_ho", "weight_io", "bias_io")
    return ElmanWeights(*(encoder.get_parameter(name + suffix).detach() for name in names))


def read_alone(encoder: RecurrentEncoder, text: Tensor) -> Tensor:
    """The outputs (T, D * H) of one text (T, E), read by the loop of the equations, without padding or batch."""
    x = text.unsqueeze(1)
    for layer in range(encoder.num_layers):
        read = [elman_forward(weights_of_direction(encoder, f"_l{layer}"), x).outputs]
        if encoder.bidirectional:
            backwards = elman_forward(weights_of_direction(encoder, f"_l{layer}_reverse"), x.flip(0)).outputs
            read.append(backwards.flip(0))
        x = torch.cat(read, dim=-1)
    return x.squeeze(1)


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("num_layers", [1, 3])
@settings(max_examples=15, deadline=None, derandomize=True)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_each_text_is_read_as_the_loop_reads_it_alone(
    num_layers: int, bidirectional: bool, lengths: list[int], seed: int
) -> None:
    torch.manual_seed(seed)
    encoder = RecurrentEncoder("elman", WIDTH, HIDDEN, num_layers=num_layers, bidirectional=bidirectional).double()
    for weight in encoder.parameters():
        torch.nn.init.normal_(weight)
    x = torch.randn(max(lengths), len(lengths), WIDTH, dtype=torch.float64)
    found = encoder(x, torch.tensor(lengths)).aligned()
    for i, length in enumerate(lengths):
        torch.testing.assert_close(found[:length, i], read_alone(encoder, x[:length, i]), rtol=CLOSE, atol=CLOSE)


def test_its_gradients_are_those_that_the_loop_passes_back_by_hand() -> None:
    encoder = RecurrentEncoder("elman", WIDTH, HIDDEN, bidirectional=False).double()
    x = torch.randn(11, 5, WIDTH, dtype=torch.float64, requires_grad=True)
    gradient = torch.randn(11, 5, HIDDEN, dtype=torch.float64)
    encoder(x, torch.full((5,), 11)).forward.backward(gradient)
    weights = weights_of_direction(encoder, "_l0")
    d_weights, d_x = elman_backward(weights, elman_forward(weights, x.detach()), gradient)
    torch.testing.assert_close(x.grad, d_x, rtol=CLOSE, atol=CLOSE)
    names = ("weight_hh", "weight_ih", "bias_ih", "weight_ho", "weight_io", "bias_io")
    for name, expected in zip(names, d_weights, strict=True):
        torch.testing.assert_close(encoder.get_parameter(f"{name}_l0").grad, expected, rtol=CLOSE, atol=CLOSE)


def test_padding_counts_nothing() -> None:
    encoder = RecurrentEncoder("elman", WIDTH, HIDDEN, num_layers=2).double()
    lengths = torch.tensor([6, 2, 4])
    x = torch.randn(6, 3, WIDTH, dtype=torch.float64)
    real = mask_of(lengths, 6).unsqueeze(-1)
    other = torch.where(real, x, x + 1)
    assert torch.equal(encoder(x, lengths).aligned() * real, encoder(other, lengths).aligned() * real)


def test_what_the_hidden_state_alone_would_say_is_something_else() -> None:
    """The second equation is there: with nothing from the hidden state an output forgets every earlier step."""
    encoder = RecurrentEncoder("elman", WIDTH, HIDDEN, bidirectional=False)
    x = torch.randn(5, 2, WIDTH)
    lengths = torch.tensor([5, 5])
    with torch.no_grad():
        encoder.get_parameter("weight_ho_l0").zero_()
        encoder.get_parameter("bias_io_l0").fill_(0.3)
        expected = torch.tanh(x @ encoder.get_parameter("weight_io_l0").T + 0.3)
        torch.testing.assert_close(encoder(x, lengths).forward, expected)


def test_dropout_between_its_layers_is_drawn() -> None:
    encoder = RecurrentEncoder("elman", WIDTH, HIDDEN, num_layers=2, layer_dropout=0.5)
    x, lengths = torch.randn(4, 3, WIDTH), torch.tensor([4, 2, 3])
    plain = encoder(x, lengths).aligned()
    assert not torch.equal(plain, encoder(x, lengths, step_noise(0, 0, 0)).aligned())


def test_a_classifier_with_it_trains_and_is_read_back() -> None:
    ids = random_ids(40, 10)
    model = model_config(encoder="elman", num_layers=2)
    first, second = (train(ids, model, train_config()) for _ in range(2))
    assert all(np.array_equal(weight, second.weights[name]) for name, weight in first.weights.items())
    assert "encoder.weight_ho_l1_reverse" in first.weights
    probabilities = predict_encoded(first, ids.splits["validation"])
    assert probabilities.sum(axis=1).tolist() == pytest.approx([1.0] * 10)
