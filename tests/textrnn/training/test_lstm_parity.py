from __future__ import annotations

import pytest
import torch

from textrnn.machine.hardware import resolve_precision
from textrnn.nn.kernels import c_gates, dense
from textrnn.nn.kernels.library import SWITCH_VARIABLE, find_library
from textrnn.training.lstm_parity import max_relative_error


def test_the_self_test_passes_and_leaves_the_generator_alone() -> None:
    before = torch.random.get_rng_state()
    assert max_relative_error() <= 1e-5
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_self_test_sees_a_broken_reversal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH_VARIABLE, "0")
    monkeypatch.setattr(dense, "reversal_of", lambda lengths, steps: torch.arange(steps * len(lengths)))
    assert max_relative_error() > 0.01


@pytest.mark.skipif(find_library(torch.float32) is None, reason="needs the steps in C")
def test_the_self_test_sees_steps_in_c_that_read_the_wrong_way(monkeypatch: pytest.MonkeyPatch) -> None:
    read = c_gates.read_steps
    monkeypatch.setattr(c_gates, "read_steps", lambda *given, **named: read(*given, **{**named, "backwards": False}))
    assert max_relative_error() > 0.01


@pytest.mark.skipif(resolve_precision("auto", "cpu") != "bfloat16", reason="needs a processor with bfloat16")
def test_the_self_test_computes_in_the_precision_requested() -> None:
    assert 1e-4 < max_relative_error(precision="bfloat16") < 0.05


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_self_test_passes_on_a_gpu() -> None:
    assert max_relative_error(device="cuda") <= 1e-2  # cuDNN's short products are on outside of training
    assert 1e-4 < max_relative_error(device="cuda", precision="bfloat16") < 0.05
