from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from tiny import model_config, random_rows

from textrnn.config.model import Encoder, ModelConfig, Pooling
from textrnn.metrics.softmax import softmax
from textrnn.nn import predict
from textrnn.nn.batch import assemble
from textrnn.nn.classifier import RecurrentClassifier, build_model
from textrnn.nn.noise import step_noise
from textrnn.nn.predict import compute_logits
from textrnn.text.ragged import ragged

VOCABULARY = 30


def lively(config: ModelConfig, *, outputs: int = 3, seed: int = 0) -> RecurrentClassifier:
    """A network whose probabilities depend on its texts as those of a trained one do."""
    network = build_model(config, VOCABULARY, outputs, seed=seed)
    with torch.no_grad():
        network.embedding.weight.mul_(10)
        network.head.weight.mul_(4)
    return network


@pytest.mark.parametrize("pooling", get_args(Pooling))
@pytest.mark.parametrize("encoder", get_args(Encoder))
def test_neither_padding_nor_neighbours_move_a_probability(
    encoder: Encoder, pooling: Pooling, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = lively(model_config(encoder=encoder, pooling=pooling, hidden_size=16, num_layers=2))
    rows = random_rows(40, longest=40)

    def probabilities(max_texts: int, max_cells: int) -> np.ndarray:
        monkeypatch.setattr(predict, "MAX_TEXTS", max_texts)
        monkeypatch.setattr(predict, "MAX_CELLS", max_cells)
        return softmax(compute_logits(network, rows, max_tokens=30))

    alone = probabilities(1, 1)
    assert alone.std(axis=0).min() > 0.01  # else nothing would be shown
    for max_texts, max_cells in ((256, 1 << 15), (7, 1 << 15), (256, 90), (3, 50)):
        assert np.abs(probabilities(max_texts, max_cells) - alone).max() <= 1e-6
    shuffled = np.array_split(np.random.default_rng(0).permutation(40), 5)  # long and short together
    for indices in shuffled:
        with torch.inference_mode():
            logits = network(assemble(rows, indices, max_tokens=30)).double().numpy()
        assert np.abs(softmax(logits) - alone[indices]).max() <= 1e-6


@pytest.mark.parametrize("encoder", ["lstm", "convolution", "bag"])
def test_a_perturbation_counts_in_use_as_in_training(encoder: Encoder) -> None:
    network = lively(model_config(encoder=encoder, hidden_size=16)).eval()
    batch = assemble(random_rows(40), np.arange(40), max_tokens=20)
    nothing = torch.zeros(*batch.ids.shape, network.embedding.embedding_dim)
    with torch.inference_mode():
        plain, same, moved = (
            network(batch),
            network(batch, perturbation=nothing),
            network(batch, perturbation=nothing + 1),
        )
        network.embedding.weight += 1  # of PAD too, which is no part of a text
        torch.testing.assert_close(moved, network(batch))
    torch.testing.assert_close(same, plain)
    assert (moved - plain)[batch.lengths > 0].abs().min() > 1e-3


def test_rows_keep_their_order() -> None:
    network, rows = lively(model_config()), random_rows(30)
    logits = compute_logits(network, rows, max_tokens=20)
    order = np.random.default_rng(0).permutation(30)
    again = compute_logits(network, ragged(rows[int(i)] for i in order), max_tokens=20)
    assert np.allclose(again, logits[order], atol=1e-6)
    assert not np.allclose(again, logits, atol=1e-2)


def test_no_rows_give_no_logits() -> None:
    logits = compute_logits(lively(model_config()), random_rows(0), max_tokens=20)
    assert logits.shape == (0, 3)
    assert softmax(logits).shape == (0, 3)


def test_max_tokens_and_keep_reach_the_network() -> None:
    network, rows = lively(model_config()), random_rows(20, longest=30)
    whole = compute_logits(network, rows, max_tokens=30)
    head = compute_logits(network, rows, max_tokens=5)
    tail = compute_logits(network, rows, max_tokens=5, truncation="tail")
    long = rows.lengths > 5
    assert np.allclose(whole[~long], head[~long], atol=1e-6)
    assert np.abs(whole - head)[long].max() > 1e-2
    assert np.abs(tail - head)[long].max() > 1e-2


def test_on_batch_is_told_of_every_text_and_may_stop() -> None:
    told: list[int] = []
    compute_logits(lively(model_config()), random_rows(600), max_tokens=20, on_batch=told.append)
    assert sum(told) == 600
    assert len(told) == 5

    def stop(texts: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute_logits(lively(model_config()), random_rows(6), max_tokens=20, on_batch=stop)


def test_softmax_is_sound() -> None:
    logits = np.array([[0.0, 1.0, 2.0], [1e4, -1e4, 0.0], [-1e300, -1e300, -1e300]])
    found = softmax(logits)
    assert np.allclose(found[0], np.exp(logits[0]) / np.exp(logits[0]).sum())
    assert np.allclose(found.sum(axis=1), 1)
    assert np.isfinite(found).all()


def test_fresh_weights_come_from_the_seed_alone() -> None:
    before = torch.random.get_rng_state()
    first = build_model(model_config(), 30, 2, seed=1).state_dict()
    assert torch.equal(before, torch.random.get_rng_state())
    torch.rand(3)
    again = build_model(model_config(), 30, 2, seed=1).state_dict()
    other = build_model(model_config(), 30, 2, seed=2).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])
    assert not first["embedding.weight"][0].any()


def test_noise_is_a_pure_function_of_the_step() -> None:
    network = lively(model_config(num_layers=2))
    batch = assemble(random_rows(9), np.arange(9), max_tokens=20)
    first = network(batch, step_noise(0, 1, 2))
    assert torch.equal(first, network(batch, step_noise(0, 1, 2)))
    assert not torch.equal(first, network(batch, step_noise(0, 1, 3)))
    assert not torch.equal(first, network(batch))
    assert torch.equal(network(batch), network(batch))


def test_training_leaves_the_row_of_padding_alone() -> None:
    network = lively(model_config())
    network(assemble(random_rows(9), np.arange(9), max_tokens=20)).sum().backward()
    assert network.embedding.weight.grad is not None
    assert not network.embedding.weight.grad[0].any()
