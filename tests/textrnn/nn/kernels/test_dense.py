"""The recurrences whose gradients are written by hand: against autograd's numbers, and against a plain loop."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from textrnn.config.model import Recurrence
from textrnn.nn.cells.elman import ElmanWeights, elman_forward
from textrnn.nn.kernel_choice import CELLS
from textrnn.nn.kernels.elman import read_elman
from textrnn.nn.kernels.gru import read_gru
from textrnn.nn.kernels.mingru import CHUNK, read_mingru
from textrnn.nn.kernels.rnn import read_rnn

READ: dict[Recurrence, Callable[..., Tensor]] = {
    "gru": read_gru,
    "rnn": read_rnn,
    "mingru": read_mingru,
    "elman": read_elman,
}
WIDTH, HIDDEN = 3, 4


def loop(kind: Recurrence, x: Tensor, *weights: Tensor) -> Tensor:
    """The equations of the docstrings, step by step, for autograd to differentiate."""
    if kind == "elman":
        w_ih, w_hh, b_ih, w_io, w_ho, b_io = weights
        return elman_forward(ElmanWeights(w_hh, w_ih, b_ih, w_ho, w_io, b_io), x).outputs
    h, states, before = torch.zeros(x.shape[1], HIDDEN, dtype=x.dtype), [], torch.zeros_like(x[0])
    for step in x:
        match kind:
            case "gru":
                w, u, b, c = weights
                wr, wz, wn = (step @ w.T + b).chunk(3, dim=-1)
                ur, uz, m = (h @ u.T + c).chunk(3, dim=-1)
                z = (wz + uz).sigmoid()
                h = (1 - z) * (wn + (wr + ur).sigmoid() * m).tanh() + z * h
            case "rnn":
                w, u, b, c = weights
                h = (step @ w.T + b + h @ u.T + c).tanh()
            case _:
                w, b = weights
                gate, candidate = (step @ w[: 2 * HIDDEN].T + b).chunk(2, dim=-1)
                gate = (gate + before @ w[2 * HIDDEN :].T).sigmoid()
                h, before = (1 - gate) * h + gate * candidate, step
        states.append(h)
    return torch.stack(states)


def random_inputs(kind: Recurrence, steps: int, texts: int) -> list[Tensor]:
    torch.manual_seed(steps)
    shapes = [(steps, texts, WIDTH), *CELLS[kind].shapes(WIDTH, HIDDEN).values()]
    return [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


@pytest.mark.parametrize("steps", [1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5])
@pytest.mark.parametrize("kind", READ)
def test_equals_the_equations(kind: Recurrence, steps: int) -> None:
    inputs = random_inputs(kind, steps, texts=3)
    weight = torch.randn(steps, 3, HIDDEN, dtype=torch.float64)
    found, expected = READ[kind](*inputs), loop(kind, *inputs)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    gradients = [torch.autograd.grad((states * weight).sum(), inputs) for states in (found, expected)]
    for mine, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", READ)
def test_the_gradient_is_that_of_finite_differences(kind: Recurrence) -> None:
    assert torch.autograd.gradcheck(READ[kind], random_inputs(kind, steps=4, texts=2))


@pytest.mark.parametrize("kind", READ)
def test_what_is_given_stays_as_it_was(kind: Recurrence) -> None:
    inputs = random_inputs(kind, steps=20, texts=2)
    before = [tensor.detach().clone() for tensor in inputs]
    gradient = torch.randn(20, 2, HIDDEN, dtype=torch.float64)
    kept = gradient.clone()
    READ[kind](*inputs).backward(gradient)
    assert torch.equal(gradient, kept)
    assert all(torch.equal(tensor.detach(), was) for tensor, was in zip(inputs, before, strict=True))


@pytest.mark.parametrize("kind", READ)
def test_views_that_are_not_contiguous_give_the_same(kind: Recurrence) -> None:
    x, *weights = random_inputs(kind, steps=18, texts=4)
    wide = torch.cat([x, x], dim=1)[:, :4]
    assert not wide.is_contiguous()
    torch.testing.assert_close(READ[kind](wide, *weights), READ[kind](x, *weights))


@pytest.mark.parametrize("kind", [kind for kind in READ if kind != "mingru"])
def test_under_autocast_the_loop_keeps_the_format_of_its_input(kind: Recurrence) -> None:
    inputs = [tensor.detach().float().requires_grad_() for tensor in random_inputs(kind, steps=3, texts=2)]
    expected = READ[kind](*inputs)
    with torch.autocast("cpu", torch.bfloat16):
        found = READ[kind](*inputs)
    assert torch.equal(found, expected)
    found.sum().backward()
    assert all(tensor.grad is not None for tensor in inputs)


def test_under_autocast_mingru_has_its_products_alone_in_bfloat16() -> None:
    inputs = [tensor.detach().float().requires_grad_() for tensor in random_inputs("mingru", steps=40, texts=3)]
    rounded = [tensor.detach().bfloat16().float().requires_grad_() for tensor in inputs]
    gradient = torch.randn(40, 3, HIDDEN)
    expected = READ["mingru"](*rounded)  # products of rounded numbers, the sums of them unrounded
    expected.backward(gradient)
    with torch.autocast("cpu", torch.bfloat16):
        found = READ["mingru"](*inputs)
    found.backward(gradient)
    assert found.dtype == torch.float32
    assert not torch.equal(found, found.bfloat16().float()), "states are no bfloat16"
    assert (found - expected).abs().max() < 2**-8 * expected.abs().max() * 4
    for ours, theirs in zip(inputs, rounded, strict=True):
        assert ours.grad is not None
        assert theirs.grad is not None
        assert ours.grad.dtype == torch.float32
        assert (ours.grad - theirs.grad).norm() < 0.02 * theirs.grad.norm()
