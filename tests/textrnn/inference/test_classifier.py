from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny import MODEL, TRAIN

from textrnn.bundling.bundle import bind_decision
from textrnn.config.model import Encoder, ModelConfig, Pooling
from textrnn.data.tabular import NO_TABULAR
from textrnn.data.target import Target
from textrnn.decision.decision import Decision
from textrnn.errors import ModelError
from textrnn.inference.classifier import Classifier
from textrnn.inference.network import Network, check_network
from textrnn.inference.shapes import network_shapes
from textrnn.nn.classifier import build_model
from textrnn.nn.from_network import to_arrays, to_torch
from textrnn.nn.tensor_files import read_tensors
from textrnn.storage.tensors import read_arrays


def make_classifier() -> Classifier:
    weights = to_arrays(build_model(MODEL, 30, 2, seed=0)).weights
    history = [{"epoch": 1, "train_loss": 0.1 + 0.2, "validation_loss": 1 / 3, "validation_accuracy": 0.5}]
    return Classifier(weights, MODEL, TRAIN, Target("single", (0, 7)), 30, history, 1)


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    classifier = make_classifier()
    classifier.save(tmp_path)
    found = Classifier.load(tmp_path)
    assert all(np.array_equal(classifier.weights[name], found.weights[name]) for name in classifier.weights)
    for name in ("model_config", "train_config", "target", "vocabulary_size", "history", "best_epoch"):
        assert getattr(found, name) == getattr(classifier, name)


def test_equal_classifiers_give_equal_bytes(tmp_path: Path) -> None:
    make_classifier().save(tmp_path / "a")
    turned = make_classifier()
    turned = Classifier(dict(reversed(turned.weights.items())), *list(vars(turned).values())[1:])
    turned.save(tmp_path / "b")
    for name in ("model.safetensors", "classifier.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_weights_of_another_shape_are_refused() -> None:
    classifier = make_classifier()
    with pytest.raises(
        ModelError, match=r"embedding.weight of the shape \(31, 6\) as the settings say, found the shape \(30, 6\)"
    ):
        check_network(Network(classifier.weights, MODEL, 31, 2))
    with pytest.raises(ModelError, match=r"head\.bias"):
        check_network(Network({n: w for n, w in classifier.weights.items() if n != "head.bias"}, MODEL, 30, 2))
    with pytest.raises(
        ModelError, match=r"expected encoder\.weight_ih_l1 of the shape \(20, 10\) as the settings say, found none"
    ):
        check_network(Network(classifier.weights, replace(MODEL, num_layers=2), 30, 2))
    halved = {name: weight.astype(np.float16) for name, weight in classifier.weights.items()}
    with pytest.raises(ModelError, match="float32"):
        check_network(Network(halved, MODEL, 30, 2))


def test_nothing_is_allocated_for_settings_that_do_not_fit() -> None:
    huge = ModelConfig(embedding_size=1 << 16, hidden_size=1 << 16, num_layers=16)  # a petabyte of weights
    with pytest.raises(ModelError):
        check_network(Network(make_classifier().weights, huge, 30, 2))


def test_a_small_file_cannot_ask_for_a_large_network() -> None:
    """What is allocated is what lies there: of 16 layers not the first alone is looked at."""
    weights = dict(make_classifier().weights)
    for settings in ({"num_layers": 16}, {"pooling": "attention"}, {"bidirectional": not MODEL.bidirectional}):
        with pytest.raises(ModelError, match="weights: expected"):
            check_network(Network(weights, replace(MODEL, **settings), 30, 2))  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="found 'more' too"):
        check_network(Network({**weights, "more": np.zeros(1, np.float32)}, MODEL, 30, 2))


@pytest.mark.parametrize("encoder", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("pooling", ["last", "mean", "max", "max_mean", "attention"])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_the_shapes_are_those_that_are_built(encoder: Encoder, pooling: Pooling, bidirectional: bool) -> None:
    for layers in (1, 2, 3):
        config = replace(MODEL, encoder=encoder, pooling=pooling, bidirectional=bidirectional, num_layers=layers)
        built = {name: tuple(weight.shape) for name, weight in build_model(config, 30, 3, seed=0).state_dict().items()}
        assert network_shapes(config, 30, 3, NO_TABULAR) == built


def test_bytes_that_are_no_weights_are_refused() -> None:
    header = b'{"a": {"dtype": "F8_E8M0", "shape": [1], "data_offsets": [0, 1]}}'
    for data in (b"", b"{}", b"\xff" * 64, len(header).to_bytes(8, "little") + header + b"0"):
        with pytest.raises(ModelError, match="expected safetensors"):
            read_tensors(data, "a")
        with pytest.raises(ModelError, match="expected safetensors"):
            read_arrays(data, "a")


def test_the_torch_network_computes_with_the_weights_it_was_given() -> None:
    classifier = make_classifier()
    network = to_torch(classifier.network())
    assert not network.training
    found = to_arrays(network)
    assert found.size == sum(weight.size for weight in classifier.weights.values())
    assert all(np.array_equal(found.weights[name], weight) for name, weight in classifier.weights.items())
    assert {weight.device.type for weight in network.parameters()} == {"cpu"}
    network.head.bias.data.fill_(7.0)  # its weights are its own
    assert not (classifier.weights["head.bias"] == 7.0).any()


def test_weights_that_do_not_fit_become_no_torch_network() -> None:
    network = make_classifier().network()
    name = next(iter(network.weights))
    cut = replace(network, weights={**network.weights, name: network.weights[name][1:]})
    with pytest.raises(ModelError, match=name):
        to_torch(cut)


def test_a_decision_of_other_weights_is_bound_to_none() -> None:
    weights, ngrams = b"weights", b"n-grams"
    bound = bind_decision(Decision(), weights, ngrams)
    assert bind_decision(bound, weights, ngrams) == bound
    with pytest.raises(ModelError, match="fitted for other weights"):
        bind_decision(bound, weights, b"others")
