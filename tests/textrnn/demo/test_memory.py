"""What a recurrence remembers, and the gradients that show why."""

from __future__ import annotations

import pytest
import torch

from textrnn.config.sequence import SequenceConfig
from textrnn.demo.memory import Trial, gradient_norms, remember, start_gates
from textrnn.demo.tasks import CHANCE, FEATURES, OUTPUTS
from textrnn.nn.sequence import build_sequence_network


def test_an_lstm_learns_to_recall_and_the_same_again() -> None:
    trial = Trial("recall", "lstm", length=5, steps=150, hidden_size=24)
    found = remember(trial)
    assert found["accuracy"] > 3 * CHANCE["recall"]
    again = remember(trial)
    assert {**found, "seconds": 0} == {**again, "seconds": 0}
    assert len(found["gradient_before"]) == len(found["gradient_after"]) == 5


def test_without_a_recurrence_only_the_last_step_has_a_gradient() -> None:
    network = build_sequence_network(SequenceConfig(hidden_size=6), FEATURES["adding"], OUTPUTS["adding"], seed=0)
    with torch.no_grad():
        network.encoder.get_parameter("weight_hh_l0").zero_()
    last, *others = gradient_norms(network, Trial("adding", "rnn", 7, 0, 6))
    assert last > 0
    assert others == [0.0] * 6


@pytest.mark.parametrize("kind", ["lstm", "gru", "mingru"])
def test_gates_begin_by_keeping(kind: str) -> None:
    config = SequenceConfig(encoder=kind, hidden_size=32)  # type: ignore[arg-type]
    trial = Trial("adding", kind, 60, 0, 32)  # type: ignore[arg-type]
    plain = build_sequence_network(config, FEATURES["adding"], OUTPUTS["adding"], seed=0)
    kept = build_sequence_network(config, FEATURES["adding"], OUTPUTS["adding"], seed=0)
    start_gates(kept, 60, 0)
    share = [norms[-1] / norms[0] for norms in (gradient_norms(plain, trial), gradient_norms(kept, trial))]
    assert share[1] > share[0], "more of the gradient reaches the first step"
