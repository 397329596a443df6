from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from textrnn.config.model import Encoder
from textrnn.nn.batch import mask_of
from textrnn.nn.kernels import dense
from textrnn.nn.noise import step_noise
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.nn.reversal import reversal_of, reverse

KINDS: dict[Encoder, type[nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
WIDTH, HIDDEN = 5, 6
CLOSE = 1e-5

some_lengths = st.lists(st.integers(1, 12), min_size=1, max_size=5)


def relative(a: Tensor | None, b: Tensor | None) -> float:
    """The largest difference as a share of the largest value."""
    assert a is not None
    assert b is not None
    difference, largest = float((a - b).detach().abs().max()), float(b.detach().abs().max())
    return difference / largest if largest else difference


def differences(
    kind: Encoder, lengths: list[int], *, num_layers: int = 1, bidirectional: bool = True, seed: int = 0
) -> dict[str, float]:
    """How far our encoder is from torch's on a packed sequence: outputs, input gradient, weight gradients."""
    torch.manual_seed(seed)
    reference = KINDS[kind](WIDTH, HIDDEN, num_layers=num_layers, bidirectional=bidirectional)
    ours = RecurrentEncoder(kind, WIDTH, HIDDEN, num_layers=num_layers, bidirectional=bidirectional)
    ours.load_state_dict(reference.state_dict())
    size = torch.tensor(lengths)
    x = torch.randn(max(lengths), len(lengths), WIDTH)
    mask = mask_of(size, len(x)).unsqueeze(-1)
    weight = torch.randn(len(x), len(lengths), ours.output_size) * mask
    mine, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    output = ours(mine, size).aligned()
    packed = nn.utils.rnn.pack_padded_sequence(theirs, size, enforce_sorted=False)
    expected, _ = nn.utils.rnn.pad_packed_sequence(reference(packed)[0])
    torch.autograd.backward([(output * weight).sum(), (expected * weight).sum()])
    found = {"output": relative(output * mask, expected * mask), "input": relative(mine.grad, theirs.grad)}
    for name, parameter in reference.named_parameters():
        found[name] = relative(ours.get_parameter(name).grad, parameter.grad)
    return found


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(lengths=some_lengths, seed=st.integers(0, 1000))
def test_equals_torch_on_packed_sequences(kind: Encoder, num_layers: int, lengths: list[int], seed: int) -> None:
    found = differences(kind, lengths, num_layers=num_layers, seed=seed)
    assert len(found) == 2 + 8 * num_layers
    assert max(found.values()) <= CLOSE, found


@pytest.mark.parametrize("kind", KINDS)
def test_equals_torch_in_one_direction(kind: Encoder) -> None:
    assert max(differences(kind, [7, 1, 12, 3], num_layers=2, bidirectional=False).values()) <= CLOSE


@pytest.mark.parametrize("kind", KINDS)
def test_long_texts_stay_equal(kind: Encoder) -> None:
    assert max(differences(kind, [200, 3, 150, 77], num_layers=1).values()) <= CLOSE


def flip_padded(lengths: Tensor, steps: int) -> Tensor:
    """The mistake of reversing texts with their padding."""
    time = torch.arange(steps).unsqueeze(1).flip(0)
    return (time * len(lengths) + torch.arange(len(lengths))).reshape(-1)


def keep_order(lengths: Tensor, steps: int) -> Tensor:
    """The mistake of not reversing at all."""
    return torch.arange(steps * len(lengths))


@pytest.mark.parametrize("mistake", [flip_padded, keep_order])
@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_reversal_is_seen(kind: Encoder, mistake: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "reversal_of", mistake)
    found = differences(kind, [7, 2, 12, 5])
    assert found["output"] > 1e-2
    assert found["weight_ih_l0_reverse"] > 1e-2
    assert found["weight_ih_l0"] <= CLOSE  # the forward direction does not use it


@given(lengths=st.lists(st.integers(0, 9), min_size=1, max_size=6), more=st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_reversal_reverses_each_text_and_is_its_own_inverse(lengths: list[int], more: int) -> None:
    steps = max(max(lengths), 1) + more
    x = torch.arange(steps * len(lengths) * 2).reshape(steps, len(lengths), 2)
    positions = reversal_of(torch.tensor(lengths), steps)
    turned = x.reshape(-1, 2)[positions].reshape(x.shape)
    for i, length in enumerate(lengths):
        assert turned[:length, i].tolist() == x[:length, i].flip(0).tolist()
        assert turned[length:, i].tolist() == x[length:, i].tolist()
    assert positions[positions].tolist() == list(range(steps * len(lengths)))


def test_the_gradient_of_reversing_is_right() -> None:
    positions = reversal_of(torch.tensor([4, 0, 2, 5]), 5)
    x = torch.randn(5, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda value: reverse(value, positions), (x,))
    # it rests on the permutation being its own inverse: a rotation is not
    rotated = torch.arange(20).roll(1)
    assert not torch.autograd.gradcheck(lambda value: reverse(value, rotated), (x,), raise_exception=False)


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_state_dicts_move_both_ways(kind: Encoder, bidirectional: bool) -> None:
    ours = RecurrentEncoder(kind, WIDTH, HIDDEN, num_layers=2, bidirectional=bidirectional)
    theirs = KINDS[kind](WIDTH, HIDDEN, num_layers=2, bidirectional=bidirectional)
    assert {name: value.shape for name, value in ours.state_dict().items()} == {
        name: value.shape for name, value in theirs.state_dict().items()
    }
    theirs.load_state_dict(ours.state_dict())
    x, lengths = torch.randn(8, 3, WIDTH), torch.tensor([8, 8, 8])
    assert torch.allclose(ours(x, lengths).aligned(), theirs(x)[0], atol=1e-6)


def test_a_text_without_tokens_does_not_touch_its_neighbours() -> None:
    encoder = RecurrentEncoder("lstm", WIDTH, HIDDEN, num_layers=2)
    x = torch.randn(6, 2, WIDTH)
    alone = encoder(x[:, :1], torch.tensor([6])).aligned()
    tabular = encoder(x, torch.tensor([6, 0])).aligned()
    assert torch.allclose(alone[:, 0], tabular[:, 0], atol=1e-6)
    assert tabular.isfinite().all()


def test_dropout_between_layers_needs_a_generator_and_two_layers() -> None:
    x, lengths = torch.randn(4, 3, WIDTH), torch.tensor([4, 2, 3])
    for num_layers, differs in ((1, False), (2, True)):
        encoder = RecurrentEncoder("gru", WIDTH, HIDDEN, num_layers=num_layers, layer_dropout=0.5)
        plain = encoder(x, lengths).aligned()
        assert torch.equal(plain, encoder(x, lengths).aligned())
        assert torch.equal(plain, encoder(x, lengths, step_noise(0, 0, 0)).aligned()) is not differs


def test_fresh_weights_are_as_documented() -> None:
    torch.manual_seed(0)
    encoder = RecurrentEncoder("lstm", WIDTH, HIDDEN)
    for gate in torch.split(encoder.get_parameter("weight_hh_l0_reverse"), HIDDEN):
        assert torch.allclose(gate @ gate.T, torch.eye(HIDDEN), atol=1e-5)
    bias = encoder.get_parameter("bias_ih_l0")
    assert bias[HIDDEN : 2 * HIDDEN].tolist() == [1.0] * HIDDEN  # the forget gate, second as in torch
    assert bias.sum() == HIDDEN
    assert not encoder.get_parameter("bias_hh_l0").any()
