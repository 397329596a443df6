"""Recurrences on a GPU equal those on the processor."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from textrnn.nn.recurrent import RecurrentEncoder

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
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


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("numbers", [None, torch.bfloat16])
@pytest.mark.parametrize("shape", [{"bidirectional": False}, {}, {"num_layers": 2}, {"hidden_size": 24}])
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
