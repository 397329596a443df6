"""The equations: by hand as by autograd, as torch's own modules, and as the encoders that train."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from textrnn.nn.cells.elman import ElmanWeights, elman_backward, elman_forward
from textrnn.nn.cells.gates import Activation, GateWeights, activate, slope
from textrnn.nn.cells.gru import gru_backward, gru_forward
from textrnn.nn.cells.lstm import lstm_backward, lstm_forward
from textrnn.nn.recurrent import RecurrentEncoder

CLOSE = 1e-10
sizes = st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(1, 5), st.integers(1, 6))
GATES = {"lstm": 4, "gru": 3}
TORCHS: dict[str, type[nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU}


def hidden_of(kind: str, weights: GateWeights, x: Tensor) -> Tensor:
    steps = lstm_forward(weights, x) if kind == "lstm" else gru_forward(weights, x)
    return torch.stack([step.h for step in steps])


def by_hand(kind: str, weights: GateWeights, x: Tensor, gradient: Tensor) -> tuple[GateWeights, Tensor]:
    if kind == "lstm":
        return lstm_backward(weights, x, lstm_forward(weights, x), gradient)
    return gru_backward(weights, x, gru_forward(weights, x), gradient)


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def gate_weights(kind: str, inputs: int, hidden: int, seed: int) -> GateWeights:
    rows = GATES[kind] * hidden
    return GateWeights(
        drawn(rows, inputs, seed=seed),
        drawn(rows, hidden, seed=seed + 1),
        drawn(rows, seed=seed + 2),
        drawn(rows, seed=seed + 3),
    )


def elman_weights(inputs: int, hidden: int, outputs: int, seed: int) -> ElmanWeights:
    shapes = [(hidden, hidden), (hidden, inputs), (hidden,), (outputs, hidden), (outputs, inputs), (outputs,)]
    return ElmanWeights(*(drawn(*shape, seed=seed + i) for i, shape in enumerate(shapes)))


def autograd(forward: Callable[[NamedTuple, Tensor], Tensor], weights: NamedTuple, x: Tensor) -> tuple[Tensor, ...]:
    """What came out, the gradient it was given, and the gradients of `weights` and `x`."""
    leaves = [weight.clone().requires_grad_() for weight in weights]
    reading = x.clone().requires_grad_()
    out = forward(type(weights)(*leaves), reading)  # type: ignore[call-overload]
    gradient = drawn(*out.shape, seed=99)
    found = torch.autograd.grad(out, [*leaves, reading], gradient, allow_unused=True, materialize_grads=True)
    return gradient, *found


@pytest.mark.parametrize("kind", GATES)
@settings(deadline=None, max_examples=25)
@given(size=sizes, seed=st.integers(0, 999))
def test_gates_by_hand_are_autograds(kind: str, size: tuple[int, int, int, int], seed: int) -> None:
    steps, texts, inputs, hidden = size
    weights, x = gate_weights(kind, inputs, hidden, seed), drawn(steps, texts, inputs, seed=seed + 9)
    gradient, *expected = autograd(lambda w, x: hidden_of(kind, w, x), weights, x)  # type: ignore[arg-type]
    d_weights, d_x = by_hand(kind, weights, x, gradient)
    for found, wanted in zip((*d_weights, d_x), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize("feedback", [False, True])
@pytest.mark.parametrize("sigma", ["sigmoid", "tanh", "relu"])
@settings(deadline=None, max_examples=20)
@given(size=sizes, outputs=st.integers(1, 4), seed=st.integers(0, 999))
def test_elman_by_hand_is_autograds(
    sigma: Activation, feedback: bool, size: tuple[int, int, int, int], outputs: int, seed: int
) -> None:
    steps, texts, inputs, hidden = size
    weights = elman_weights(inputs, hidden, inputs if feedback else outputs, seed)
    weights = ElmanWeights(*(weight * 0.5 for weight in weights))  # relu grows without end else
    x = drawn(steps, texts, inputs, seed=seed + 9)

    def outputs_of(w: NamedTuple, x: Tensor) -> Tensor:
        assert isinstance(w, ElmanWeights)
        return elman_forward(w, x, sigma, feedback=feedback).outputs

    gradient, *expected = autograd(outputs_of, weights, x)
    d_weights, d_x = elman_backward(weights, elman_forward(weights, x, sigma, feedback=feedback), gradient)
    for found, wanted in zip((*d_weights, d_x), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=CLOSE, atol=CLOSE)


def test_the_equations_of_the_three_states_are_those_that_stand_there() -> None:
    weights = elman_weights(2, 3, 4, seed=1)
    x = drawn(3, 1, 2, seed=2)
    states = elman_forward(weights, x, "sigmoid")
    h = torch.zeros(3, dtype=torch.float64)
    for t in range(3):
        h = torch.sigmoid(weights.w_hh @ h + weights.w_xh @ x[t, 0] + weights.b_h)
        o = torch.sigmoid(weights.w_ho @ h + weights.w_xo @ x[t, 0] + weights.b_o)
        torch.testing.assert_close(states.hidden[t, 0], h)
        torch.testing.assert_close(states.outputs[t, 0], o)


def test_fed_back_an_output_is_the_next_input_and_nothing_else_is_read() -> None:
    weights = elman_weights(2, 3, 2, seed=1)
    x = drawn(4, 1, 2, seed=2)
    states = elman_forward(weights, x, feedback=True)
    assert torch.equal(states.inputs[1:], states.outputs[:-1])
    other = torch.cat([x[:1], x[1:] + 1])
    assert torch.equal(elman_forward(weights, other, feedback=True).outputs, states.outputs)
    _, d_x = elman_backward(weights, states, torch.ones_like(states.outputs))
    assert d_x[0].any()
    assert not d_x[1:].any()


@pytest.mark.parametrize("kind", GATES)
def test_gates_are_torchs(kind: str) -> None:
    weights, x = gate_weights(kind, 4, 5, seed=3), drawn(7, 3, 4, seed=4)
    reference = TORCHS[kind](4, 5).double()
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    reference.load_state_dict(dict(zip(names, weights, strict=True)))
    torch.testing.assert_close(hidden_of(kind, weights, x), reference(x)[0], rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize("sigma", ["tanh", "relu"])
def test_the_hidden_state_is_torchs_whose_outputs_are_none(sigma: Activation) -> None:
    weights, x = elman_weights(4, 5, 2, seed=5), drawn(7, 3, 4, seed=6)
    reference = nn.RNN(4, 5, nonlinearity=sigma).double()
    reference.load_state_dict(
        {
            "weight_ih_l0": weights.w_xh,
            "weight_hh_l0": weights.w_hh,
            "bias_ih_l0": weights.b_h,
            "bias_hh_l0": torch.zeros_like(weights.b_h),
        }
    )
    torch.testing.assert_close(elman_forward(weights, x, sigma).hidden, reference(x)[0], rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
@settings(deadline=None, max_examples=15, derandomize=True)
@given(lengths=st.lists(st.integers(1, 10), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_the_encoders_that_train_are_these_loops(kind: str, lengths: list[int], seed: int) -> None:
    """Text by text, each alone and unpadded: forward as it stands, and backward read from its end."""
    torch.manual_seed(seed)
    encoder = RecurrentEncoder(kind, 4, 5)  # type: ignore[arg-type]
    size = torch.tensor(lengths)
    x = torch.randn(max(lengths), len(lengths), 4)
    found = encoder(x, size).aligned()
    weights = {name: value.detach().double() for name, value in encoder.named_parameters()}
    for text, length in enumerate(lengths):
        own = x[:length, text : text + 1].double()
        for at, (direction, read) in enumerate([("", own), ("_reverse", own.flip(0))]):
            names = (f"{part}_l0{direction}" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
            gates = GateWeights(*(weights[name] for name in names))
            if kind == "rnn":
                none = torch.zeros(0, dtype=torch.float64)
                plain = ElmanWeights(
                    gates.w_hh, gates.w_ih, gates.b_ih + gates.b_hh, none.view(0, 5), none.view(0, 4), none
                )
                hidden = elman_forward(plain, read).hidden
            else:
                hidden = hidden_of(kind, gates, read)
            expected = (hidden.flip(0) if direction else hidden)[:, 0].float()
            part = found[:length, text, 5 * at : 5 * (at + 1)]
            torch.testing.assert_close(part, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("sigma", ["sigmoid", "tanh", "relu"])
def test_a_slope_is_that_of_the_activation(sigma: Activation) -> None:
    a = torch.linspace(-3, 3, 50, dtype=torch.float64).requires_grad_()
    y = activate(sigma, a)
    (expected,) = torch.autograd.grad(y.sum(), a)
    torch.testing.assert_close(slope(sigma, y.detach()), expected, rtol=CLOSE, atol=CLOSE)
