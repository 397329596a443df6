from __future__ import annotations

import pytest
import torch

from textrnn.nn import recurrent
from textrnn.training.selftest import largest_difference


def test_the_self_test_passes_and_leaves_the_generator_alone() -> None:
    before = torch.random.get_rng_state()
    assert largest_difference() <= 1e-5
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_self_test_sees_a_broken_reversal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurrent, "reversal_of", lambda lengths, steps: torch.arange(steps * len(lengths)))
    assert largest_difference() > 0.01
