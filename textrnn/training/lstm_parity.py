"""A self-test: the dense bidirectional LSTM against `torch.nn.LSTM` on a packed sequence."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textrnn.machine.hardware import ResolvedDevice, ResolvedPrecision
from textrnn.nn.batch import mask_of
from textrnn.nn.kernels.library import find_library
from textrnn.nn.kernels.unique import UniqueTokens
from textrnn.nn.random_weights import seeded
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.training.precision import autocast


def max_relative_error(
    *,
    texts: int = 16,
    longest: int = 60,
    width: int = 32,
    num_layers: int = 2,
    device: ResolvedDevice = "cpu",
    precision: ResolvedPrecision = "float32",
) -> float:
    """The largest difference from the packed reference, as a share of the largest value.

    Over outputs, the gradient of the input, and the gradient of every weight: ours on `device` in `precision`, the
    reference on the processor in float32. Where there are steps in C for it, those are ours, and torch's too.
    """
    plain = _difference(texts, longest, width, num_layers, device, precision, in_c=False)
    numbers = torch.bfloat16 if precision == "bfloat16" else torch.float32
    native = find_library(numbers) if device == "cpu" else None
    if native is None or not native.fits(width):
        return plain
    return max(plain, _difference(texts, longest, width, num_layers, device, precision, in_c=True))


def _difference(
    texts: int,
    longest: int,
    width: int,
    num_layers: int,
    device: ResolvedDevice,
    precision: ResolvedPrecision,
    *,
    in_c: bool,
) -> float:
    with seeded(0):
        ours = RecurrentEncoder("lstm", width, width, num_layers=num_layers)
        reference = nn.LSTM(width, width, num_layers=num_layers, bidirectional=True)
        reference.load_state_dict(ours.state_dict())
        lengths = torch.randint(1, longest + 1, (texts,))
        x = torch.randn(int(lengths.max()), texts, width)
        weight = torch.randn(len(x), texts, 2 * width) * mask_of(lengths, len(x)).unsqueeze(-1)
    mine, theirs = x.to(device, copy=True).requires_grad_(), x.clone().requires_grad_()
    ours = ours.to(device)
    with autocast(precision, device):
        # as if no token came twice
        every = UniqueTokens(torch.arange(len(x) * texts).view(len(x), texts), lengths, lengths, None) if in_c else None
        given = mine.flatten(0, 1) if in_c else mine
        output = ours(given, lengths.to(device), unique=every).aligned().float().cpu()
    packed = nn.utils.rnn.pack_padded_sequence(theirs, lengths, enforce_sorted=False)
    expected, _ = nn.utils.rnn.pad_packed_sequence(reference(packed)[0])
    torch.autograd.backward([(output * weight).sum(), (expected * weight).sum()])
    mask = mask_of(lengths, len(x)).unsqueeze(-1)
    pairs = [(output * mask, expected * mask), (mine.grad, theirs.grad)]
    pairs += [(ours.get_parameter(name).grad, weights.grad) for name, weights in reference.named_parameters()]
    return max(_relative(a, b) for a, b in pairs if a is not None and b is not None)


def _relative(a: Tensor, b: Tensor) -> float:
    return float((a.cpu() - b).detach().abs().max() / b.detach().abs().max())
