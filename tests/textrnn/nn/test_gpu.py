"""Recurrences on a GPU equal those on the processor."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from textrnn.nn.kernel_choice import CELLS
from textrnn.nn.kernels import triton_lstm
from textrnn.nn.kernels.kernel import LayerSpec
from textrnn.nn.recurrent import RecurrentEncoder

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
SHAPES = [{"bidirectional": False}, {}, {"num_layers": 2}, {"hidden_size": 24}, {"hidden_size": 128}]
KINDS = ["lstm", "gru", "rnn", "mingru", "elman"]


def found(encoder: RecurrentEncoder, x: Tensor, lengths: Tensor, numbers: torch.dtype | None) -> list[Tensor]:
    """States, and all gradients, float64 on the processor."""
    device = next(encoder.parameters()).device
    given = x.to(device).requires_grad_()
    lengths = lengths.to(device)
    with torch.autocast(device.type, numbers or torch.bfloat16, enabled=numbers is not None):
        states = encoder(given, lengths).aligned()
    mask = (torch.arange(len(x), device=device)[:, None] < lengths)[..., None]
    gradients = torch.autograd.grad((states.double() * mask).square().sum(), [given, *encoder.parameters()])
    return [(states * mask).detach().double().cpu(), *(gradient.double().cpu() for gradient in gradients)]


@needs_gpu
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("numbers", [None, torch.bfloat16])
@pytest.mark.parametrize("shape", SHAPES)
def test_states_and_gradients_are_those_of_the_processor(kind: Any, numbers: Any, shape: dict[str, Any]) -> None:
    torch.manual_seed(0)
    settings: dict[str, Any] = {"hidden_size": 32, **shape}
    size = settings.pop("hidden_size")
    encoder = RecurrentEncoder(kind, 12, size, **settings).double()
    lengths = torch.tensor([30, 1, 17, 29, 5] * 4)
    x = torch.randn(30, 20, 12)
    wanted = found(encoder, x.double(), lengths, None)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        ours = found(encoder.float().cuda(), x, lengths, numbers)
    for mine, exact in zip(ours, wanted, strict=True):
        assert mine.isfinite().all()
        assert float((mine - exact).norm() / exact.norm()) < (1e-4 if numbers is None else 3e-2)


def test_kernels_that_do_not_run_are_told_and_left_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> list[Tensor]:
        raise RuntimeError("out of resource: shared memory,\n Required: 149504")

    try_them = triton_lstm.describe_trouble.__wrapped__
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 6))
    if torch.cuda.is_available():
        monkeypatch.setattr(triton_lstm, "read_fused", fail)
    with pytest.warns(UserWarning, match="cuDNN's LSTM is used, not the faster kernel of 128 units: .*"):
        assert "\n" not in try_them(0, 128, torch.bfloat16) != ""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    assert try_them(0, 128, torch.bfloat16) == "it is older than 8.0"
    assert not triton_lstm.fits_fused(
        LayerSpec(CELLS["lstm"], 128, torch.device("cpu"), torch.bfloat16, is_unique=False)
    )  # on the processor
