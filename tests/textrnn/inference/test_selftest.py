"""The self-test of the engine: it passes, and sees what is wrong."""

from __future__ import annotations

import dataclasses

import pytest

from textrnn.inference import selftest
from textrnn.inference.engine import Engine, build_engine
from textrnn.inference.network import Network


def test_the_engine_is_exact() -> None:
    assert selftest.max_logit_error() < 1e-5


@pytest.mark.parametrize("name", ["encoder.bias_hh_l0", "encoder.weight_hh_l1_reverse", "embedding.weight"])
def test_a_weight_that_is_lost_is_seen(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def build_wrong(network: Network) -> Engine:
        weights = {**network.weights, name: network.weights[name] * 0}
        return build_engine(dataclasses.replace(network, weights=weights))

    monkeypatch.setattr(selftest, "build_engine", build_wrong)
    assert selftest.max_logit_error() > 0.01
