"""The engine against the torch network, over a grid; and against itself, whatever stands beside a text."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from textrnn.config.model import Encoder, ModelConfig, Pooling
from textrnn.config.train import Truncation
from textrnn.data.tabular import NO_TABULAR, CategoricalColumn, NumericColumn, TabularColumns, TabularFeatures
from textrnn.inference import token_products
from textrnn.inference.batches import MAX_TEXTS
from textrnn.inference.engine import Engine, build_engine
from textrnn.inference.logits import compute_logits
from textrnn.inference.network import Network, check_network
from textrnn.kernels import library as kernels
from textrnn.nn.batch import assemble
from textrnn.nn.classifier import RecurrentClassifier, build_model
from textrnn.text.ragged import Ragged, ragged

VOCABULARY, OUTPUTS = 50, 3
FULL = os.environ.get("TEXTRNN_GRID") == "full"  # `make grid`
ENCODERS: tuple[Encoder, ...] = ("lstm", "gru", "rnn", "mingru", "elman", "bag", "convolution")
POOLINGS: tuple[Pooling, ...] = ("last", "mean", "max", "max_mean", "attention")
LENGTHS = (0, 1, 2, 3, 7, 0, 20, 33, 5, 5, 5, 5, 64, 200, *((1000, 2000) if FULL else ()))
COLUMNS = TabularColumns((NumericColumn("price", 1.0, 2.0, True),), (CategoricalColumn("kind", ("a", "b")),))


def shapes() -> list[ModelConfig]:
    """Every encoder, pooling, number of layers and directions; of units that fill vectors, and others."""
    found = []
    for encoder, pooling, layers, both, units in itertools.product(
        ENCODERS, POOLINGS, (1, 2, 3) if FULL else (1, 2), (True, False), (16, 19, 64) if FULL else (19,)
    ):
        if encoder in ("bag", "convolution") and (layers > 1 or not both):
            continue
        found.append(
            ModelConfig(
                encoder=encoder,
                pooling=pooling,
                num_layers=layers,
                bidirectional=both,
                hidden_size=units,
                embedding_size=12,
            )
        )
    return found


def make_pair(config: ModelConfig, tabular: TabularColumns = NO_TABULAR) -> tuple[RecurrentClassifier, Engine]:
    """A torch network with weights that matter, and the engine of the same."""
    network = build_model(config, VOCABULARY, OUTPUTS, seed=1, tabular=tabular).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in network.parameters():
            # an RNN with larger ones is chaotic: over long texts it amplifies any rounding
            scale = min(0.3, weight.shape[-1] ** -0.5)
            weight.copy_(torch.randn(weight.shape, generator=generator) * scale)
    weights = {name: weight.numpy() for name, weight in network.state_dict().items()}
    return network, build_engine(check_network(Network(weights, config, VOCABULARY, OUTPUTS, tabular)))


def by_torch(
    network: RecurrentClassifier, rows: Ragged, tabular: TabularFeatures | None = None, **cut: Any
) -> NDArray[np.float64]:
    """The logits of each text alone, in float64."""
    network = network.double()
    found = []
    for row in range(len(rows)):
        batch = assemble(rows, np.array([row]), tabular=tabular, **cut)
        if batch.tabular is not None:
            batch = replace(batch, tabular=replace(batch.tabular, numbers=batch.tabular.numbers.double()))
        with torch.no_grad():
            found.append(network(batch).double().numpy()[0])
    network.float()
    return np.stack(found)


def random_rows(lengths: tuple[int, ...], seed: int = 0) -> Ragged:
    chance = np.random.default_rng(seed)
    return ragged([chance.integers(0, VOCABULARY, length) for length in lengths])


def probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return found


@pytest.fixture(params=["kernels", "numpy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """By kernels, then without any."""
    if request.param == "numpy":
        monkeypatch.setenv(kernels.SWITCH_VARIABLE, "0")
    elif kernels.find_library("float32") is None:
        pytest.skip("no kernels are built for this processor")
    return str(request.param)


@pytest.mark.parametrize(
    "config", shapes(), ids=lambda c: f"{c.encoder}-{c.pooling}-{c.num_layers}-{c.bidirectional}-{c.hidden_size}"
)
def test_it_computes_what_the_torch_network_does(config: ModelConfig, way: str) -> None:
    network, engine = make_pair(config)
    rows = random_rows(LENGTHS)
    found = compute_logits(engine, rows, max_tokens=5000)
    expected = by_torch(network, rows, max_tokens=5000)
    assert np.abs(probabilities(found) - probabilities(expected)).max() < 1e-5
    np.testing.assert_allclose(found, expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("truncation", ["head", "tail", "both"])
def test_longer_texts_are_cut_as_in_training(truncation: Truncation, way: str) -> None:
    network, engine = make_pair(ModelConfig(hidden_size=16, embedding_size=12))
    rows = random_rows((0, 4, 5, 6, 30))
    found = compute_logits(engine, rows, max_tokens=5, truncation=truncation)
    np.testing.assert_allclose(found, by_torch(network, rows, max_tokens=5, truncation=truncation), atol=2e-5)


def test_tabular_features_are_read_next_to_the_text(way: str) -> None:
    network, engine = make_pair(ModelConfig(hidden_size=16, embedding_size=12), COLUMNS)
    rows = random_rows((3, 0, 9, 9))
    chance = np.random.default_rng(0)
    tabular = TabularFeatures(
        chance.normal(size=(4, COLUMNS.width)).astype(np.float32), chance.integers(0, 3, (4, 1)).astype(np.int32), (3,)
    )
    found = compute_logits(engine, rows, max_tokens=50, tabular=tabular)
    np.testing.assert_allclose(found, by_torch(network, rows, tabular, max_tokens=50), atol=2e-5)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=60),
    st.sampled_from(["lstm", "gru", "mingru"]),
    st.sampled_from(POOLINGS),
    st.integers(1, 2),
    st.integers(0, 2**32 - 1),
)
def test_by_kernels_a_text_is_read_the_same_to_the_bit_wherever_it_stands(
    lengths: list[int], encoder: Encoder, pooling: Pooling, layers: int, seed: int
) -> None:
    """In any order, in any window, first or again; alone or with others."""
    if kernels.find_library("float32") is None:
        pytest.skip("no kernels are built for this processor")
    config = ModelConfig(encoder=encoder, pooling=pooling, num_layers=layers, hidden_size=16, embedding_size=12)
    engine, rows = make_pair(config)[1], random_rows(tuple(lengths), seed)
    together = compute_logits(engine, rows, max_tokens=100)
    order = np.random.default_rng(seed).permutation(len(rows))
    shuffled = compute_logits(engine, ragged([rows[i] for i in order]), max_tokens=100)
    np.testing.assert_array_equal(shuffled, together[order])
    fresh = make_pair(config)[1]
    alone = np.concatenate([compute_logits(fresh, ragged([rows[i]]), max_tokens=100) for i in range(len(rows))])
    np.testing.assert_array_equal(alone, together)


def test_in_numpy_neighbours_and_padding_have_no_influence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kernels.SWITCH_VARIABLE, "0")
    engine, rows = make_pair(ModelConfig(encoder="gru", hidden_size=16))[1], random_rows((9, 0, 1, 33, 20, 20))
    together = compute_logits(engine, rows, max_tokens=100)
    alone = np.concatenate([compute_logits(engine, ragged([rows[i]]), max_tokens=100) for i in range(len(rows))])
    np.testing.assert_allclose(alone, together, atol=1e-6)


def test_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, rows = make_pair(ModelConfig(hidden_size=16))[1], random_rows(tuple(range(200)) * 2)
    monkeypatch.setattr("textrnn.inference.logits.thread_count", lambda: 1)
    one = compute_logits(engine, rows, max_tokens=100)
    monkeypatch.setattr("textrnn.inference.logits.thread_count", lambda: 3)
    told: list[int] = []
    fresh = make_pair(ModelConfig(hidden_size=16))[1]
    np.testing.assert_array_equal(compute_logits(fresh, rows, max_tokens=100, on_batch=told.append), one)
    assert sum(told) == len(rows)
    assert max(told) <= MAX_TEXTS


def test_a_table_that_is_full_begins_anew_and_too_many_tokens_go_without(monkeypatch: pytest.MonkeyPatch) -> None:
    config = ModelConfig(hidden_size=16, embedding_size=12)
    plain, engine = make_pair(config)[1], make_pair(config)[1]
    monkeypatch.setattr(token_products, "MAX_TABLE_BYTES", 10 * 4 * engine.layers[0].width)  # ten tokens
    for seed in range(6):
        few = ragged([np.random.default_rng(seed).integers(seed * 5, seed * 5 + 8, 30)])
        np.testing.assert_array_equal(
            compute_logits(engine, few, max_tokens=100), compute_logits(plain, few, max_tokens=100)
        )
    many = random_rows((60, 60))
    np.testing.assert_array_equal(
        compute_logits(engine, many, max_tokens=100), compute_logits(plain, many, max_tokens=100)
    )


def test_a_table_that_another_thread_fills_is_not_waited_for() -> None:
    engine, rows = make_pair(ModelConfig(hidden_size=16))[1], random_rows((30, 5))
    expected = compute_logits(make_pair(ModelConfig(hidden_size=16))[1], rows, max_tokens=100)
    assert engine.tokens is not None
    with engine.tokens._lock:  # as after a fork in the middle of it
        np.testing.assert_array_equal(compute_logits(engine, rows, max_tokens=100), expected)


def test_an_id_that_the_network_does_not_know_is_refused(way: str) -> None:
    engine = make_pair(ModelConfig(hidden_size=16))[1]
    with pytest.raises(IndexError):
        compute_logits(engine, ragged([[1, VOCABULARY]]), max_tokens=10)


def test_a_weight_that_is_no_number_is_seen_in_every_pooling(way: str) -> None:
    for pooling in POOLINGS:
        network, _ = make_pair(ModelConfig(hidden_size=16, pooling=pooling))
        weights = {name: weight.numpy().copy() for name, weight in network.state_dict().items()}
        weights["embedding.weight"][7] = np.nan
        engine = build_engine(Network(weights, network.config, VOCABULARY, OUTPUTS))
        logits = compute_logits(engine, ragged([[1, 7, 2], [3, 4]]), max_tokens=10)
        if pooling != "last":
            assert np.isnan(logits[0]).all()
        assert np.isfinite(logits[1]).all()
