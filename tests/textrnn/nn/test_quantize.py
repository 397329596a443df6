from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import model_config, random_rows

from textrnn.config.model import Encoder
from textrnn.errors import ConfigError
from textrnn.metrics.softmax import softmax
from textrnn.nn import quantize as module
from textrnn.nn.classifier import RecurrentClassifier, build_model
from textrnn.nn.predict import compute_logits
from textrnn.nn.quantize import lower_precision


def lively(encoder: Encoder, *, bidirectional: bool = True) -> RecurrentClassifier:
    config = model_config(encoder=encoder, hidden_size=16, num_layers=2, bidirectional=bidirectional)
    network = build_model(config, 30, 3, seed=0)
    with torch.no_grad():
        network.embedding.weight.mul_(10)
        network.head.weight.mul_(4)
    return network.eval()


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("encoder", ["lstm", "gru"])
def test_int8_gives_nearly_the_same_probabilities_and_not_the_same(encoder: Encoder, bidirectional: bool) -> None:
    network, rows = lively(encoder, bidirectional=bidirectional), random_rows(40)
    exact, rounded = (
        softmax(compute_logits(each, rows, max_tokens=30)) for each in (network, lower_precision(network, "int8"))
    )
    assert 1e-6 < np.abs(exact - rounded).max() < 0.05
    assert exact.std(axis=0).min() > 0.01  # else near would say nothing


def test_float32_is_the_network_itself_and_lowering_leaves_it_as_it_was() -> None:
    network, rows = lively("lstm"), random_rows(9)
    before = compute_logits(network, rows, max_tokens=30)
    assert lower_precision(network, "float32") is network
    lower_precision(network, "int8")
    assert np.array_equal(compute_logits(network, rows, max_tokens=30), before)


def test_int8_needs_a_cell_that_torch_rounds() -> None:
    with pytest.raises(ConfigError, match="expected a model with an lstm or gru, found mingru"):
        lower_precision(lively("mingru"), "int8")


def test_bf16_needs_a_processor_that_multiplies_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "processor_flags", lambda: frozenset({"avx2"}))
    with pytest.raises(ConfigError, match=r"--precision bf16: needs one of amx_bf16, avx512_bf16.*leave it out"):
        lower_precision(lively("lstm"), "bf16")


def test_bf16_computes_under_autocast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "processor_flags", lambda: frozenset({"avx512_bf16"}))
    network, rows = lively("gru"), random_rows(12)  # our own GRU stays in float32, the products round it do not
    exact, rounded = (compute_logits(each, rows, max_tokens=30) for each in (network, lower_precision(network, "bf16")))
    assert 1e-5 < np.abs(exact - rounded).max() < 0.2
