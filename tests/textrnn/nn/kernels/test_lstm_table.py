"""The LSTM over tokens: what `torch.lstm` gives for the embedded tokens, whatever repeats."""

from __future__ import annotations

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tiny import model_config, random_rows

from textrnn.config.model import Pooling
from textrnn.nn import classifier, predict, recurrent
from textrnn.nn.classifier import build_model
from textrnn.nn.kernels import lstm_table
from textrnn.nn.kernels.lstm_table import read_tokens, table_of
from textrnn.nn.kernels.products import present_among
from textrnn.nn.predict import compute_logits
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.text.ragged import Ragged

HIDDEN, WIDTH = 6, 5
NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


@given(
    steps=st.integers(1, 30),
    texts=st.integers(1, 20),
    words=st.integers(1, 50),
    scale=st.sampled_from([0.1, 1.0, 30.0]),
    seed=st.integers(0, 999),
)
@example(steps=4, texts=1, words=1, scale=30.0, seed=20)  # torch is 1.7e-6 from what is exact, we 3e-7
@settings(max_examples=60, deadline=None)
def test_as_near_to_what_is_exact_as_torch(steps: int, texts: int, words: int, scale: float, seed: int) -> None:
    torch.manual_seed(seed)
    layers = [torch.nn.LSTM(WIDTH, HIDDEN) for _ in range(2)]
    embedding = torch.randn(words, WIDTH) * scale  # at 30 gates are shut or open to the last bit
    ids = [torch.randint(0, words, (steps, texts)) for _ in range(1)]
    ids.append(ids[0].flip(0))
    with torch.no_grad():
        weights = [[getattr(layer, name) for name in NAMES] for layer in layers]
        found = read_tokens(ids, table_of(present_among(torch.stack(ids).numpy(), words), embedding, weights))
        for mine, layer, tokens, given_weights in zip(found, layers, ids, weights, strict=True):
            theirs = layer(embedding[tokens])[0]
            # a gate's input is a sum: what it is rounded by grows with what is added
            added = float((embedding.abs() @ given_weights[0].abs().t()).max())
            exact = layer.double()(embedding.double()[tokens])[0]
            error, usual = ((states - exact).abs().max() for states in (mine, theirs))
            assert error <= 4 * usual + 2**-23 * (4 + added)


def test_long_texts_do_not_drift() -> None:
    torch.manual_seed(0)
    layer, embedding = torch.nn.LSTM(WIDTH, HIDDEN), torch.randn(40, WIDTH)
    with torch.no_grad():
        layer.bias_ih_l0[HIDDEN : 2 * HIDDEN] = 6.0  # a forget gate that forgets next to nothing: errors would add up
        ids = torch.randint(0, 40, (3000, 3))
        weights = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0]
        table = table_of(present_among(ids.numpy(), 40), embedding, [weights])
        mine, theirs = read_tokens([ids], table)[0], layer(embedding[ids])[0]
        exact = layer.double()(embedding.double()[ids])[0]
    error, usual = ((states - exact).abs().max() for states in (mine, theirs))
    assert error <= max(8 * usual, 1e-6)


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_the_encoder_gives_the_same_either_way(num_layers: int, bidirectional: bool) -> None:
    torch.manual_seed(0)
    encoder = RecurrentEncoder("lstm", WIDTH, HIDDEN, num_layers=num_layers, bidirectional=bidirectional)
    lengths = torch.randint(0, 12, (20,))
    ids, embedding = torch.randint(0, 30, (12, 20)), torch.randn(30, WIDTH)
    with torch.no_grad():
        assert encoder.tabulates(20)
        table = encoder.tabulate(present_among(ids.numpy(), 30), embedding)
        mine, theirs = encoder.read_table(table, ids, lengths), encoder(embedding[ids], lengths)
        torch.testing.assert_close(mine.aligned(), theirs.aligned(), rtol=0, atol=2e-6)
    assert not encoder.tabulates(20)  # with gradients
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert not encoder.tabulates(20)


@pytest.mark.parametrize(
    ("num_layers", "pooling", "way"),
    [
        (1, "max_mean", "steps_of_tokens"),
        (1, "last", "steps_of_tokens"),
        (2, "max_mean", "read_tokens"),
        (1, "attention", "read_tokens"),
    ],
)
def test_predictions_are_the_same_either_way(
    monkeypatch: pytest.MonkeyPatch, num_layers: int, pooling: Pooling, way: str
) -> None:
    config = model_config(num_layers=num_layers, pooling=pooling)
    network, rows = build_model(config, 30, 3, seed=0), random_rows(60)
    calls: list[int] = []
    read = getattr(lstm_table, way)
    monkeypatch.setattr(lstm_table, way, lambda *given, **named: calls.append(1) or read(*given, **named))
    mine = compute_logits(network, rows, max_tokens=30)
    assert calls
    monkeypatch.setattr(recurrent, "FEWEST_TEXTS", 1000)
    theirs = compute_logits(network, rows, max_tokens=30)
    assert abs(mine - theirs).max() < 1e-6


def test_many_batches_share_one_table_unless_it_would_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    network, rows = build_model(model_config(), 30, 3, seed=0), random_rows(400)
    made: list[int] = []
    make = lstm_table.table_of
    monkeypatch.setattr(lstm_table, "table_of", lambda *given: made.append(int(given[0].sum())) or make(*given))
    monkeypatch.setattr(predict, "MAX_TEXTS", 40)
    shared = compute_logits(network, rows, max_tokens=30)
    assert made == [len(set(rows.flat.tolist()))]
    few = Ragged(rows.flat, rows.offsets[: 3 * 40 + 1])
    compute_logits(network, few, max_tokens=30)
    assert len(made) == 1 + 3  # one a batch
    monkeypatch.setattr(classifier, "LARGEST_TABLE", 0)
    apart = compute_logits(network, rows, max_tokens=30)
    assert len(made) == 1 + 3 + 10
    assert abs(shared - apart).max() < 1e-6
