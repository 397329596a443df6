"""The fused AdamW step: weights, moments, moving average in one walk through memory in C, shared by threads.

A network of 4 million weights is 16 MB, and a step is bound by memory: torch walks through it five times (the length of
the gradient, its clipping, the step, a look for NaN, the average), this twice.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from textrnn.kernels.calls import call, error_of, int64s
from textrnn.machine.workers import Workers
from textrnn.nn.kernels.library import NativeLibrary, find_library
from textrnn.nn.kernels.pointers import pointer_to
from textrnn.text.special_tokens import PAD

CHUNK_WEIGHTS = 1 << 18  # weights at once: where they are parted does not depend on how many threads there are
FLOAT_BYTES = 4
T = TypeVar("T")


class _Settings(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_float) for name in (
        "scale", "decay", "beta1", "rest1", "beta2", "rest2", "rate", "correction", "epsilon", "towards", "stays",
    ))  # fmt: skip


def library_for_adamw(network: nn.Module) -> NativeLibrary | None:
    """Returns the library that steps the weights of `network`: any, where all are float32 on the CPU; else None."""
    plain = all(w.dtype == torch.float32 and w.device.type == "cpu" and w.is_contiguous() for w in network.parameters())
    return find_library() if plain else None


@dataclass(frozen=True)
class Gradient:
    """Of a weight: `numbers` of its shape, or those of some of its rows.

    Then `places` (V,) int32 says which of them is a row's, or -1.
    """

    numbers: Tensor
    places: Tensor | None


@dataclass(frozen=True)
class Gradients:
    """Those of the weights that have one, for the step by `native`."""

    native: NativeLibrary
    of: Mapping[Tensor, Gradient]


def gather_gradients(native: NativeLibrary, network: nn.Module) -> Gradients:
    """The gradients of `network`; rows that a sparse one (an embedding's) has twice are added up, and PAD's is 0."""
    with_one = [weight for weight in network.parameters() if weight.grad is not None]
    return Gradients(native, {weight: _gradient_of(native, weight) for weight in with_one})


def _gradient_of(native: NativeLibrary, weight: Tensor) -> Gradient:
    gradient = weight.grad
    assert gradient is not None
    if not gradient.is_sparse:
        return Gradient(gradient.contiguous(), None)
    tokens, values = gradient._indices()[0].contiguous(), gradient._values().contiguous()
    places, (rows, width) = torch.empty(len(weight), dtype=torch.int32), weight.shape
    given = [
        pointer_to(tokens, torch.int64),
        pointer_to(values, torch.float32, len(tokens), width),
        pointer_to(places, torch.int32),
    ]
    call(native.library.merge_rows, *given, *int64s(len(tokens), rows, width, PAD))
    return Gradient(values, places)


def gradient_length(gradients: Gradients, workers: Workers | None) -> float:
    """The length of the gradient of all weights together."""
    tasks = [
        partial(_call, gradients.native.library.sum_of_squares, [gradient.numbers], *chunk)
        for gradient in gradients.of.values()
        for chunk in _chunks(gradient.numbers.numel(), CHUNK_WEIGHTS)
    ]
    return math.sqrt(math.fsum(_shared(tasks, workers)))


def fused_adamw_step(
    gradients: Gradients,
    optimizer: torch.optim.AdamW,
    averages: Mapping[Tensor, Tensor],
    *,
    scale: float,
    towards: float,
    workers: Workers | None,
) -> bool:
    """What `optimizer.step()` does with `scale` times the gradients, and `averages` moved by `towards` to the result.

    Loshchilov & Hutter 2019, as torch has it, whose state it shares; the rows that a sparse gradient has not are moved
    as by a gradient of 0. Returns whether every weight is finite afterwards.
    """
    tasks: list[Callable[[], int]] = []
    finite = True
    for group in optimizer.param_groups:
        for weight in group["params"]:
            gradient, average = gradients.of.get(weight), averages[weight].detach()
            if gradient is None:
                average.lerp_(weight.detach(), towards)
                finite = finite and bool(weight.isfinite().all())
                continue
            state = _state_of(optimizer, weight)
            state["step"] += 1
            settings = ctypes.byref(_settings(group, float(state["step"]), scale, towards))
            moved = [weight.detach(), state["exp_avg"], state["exp_avg_sq"], average]
            for each in moved:
                pointer_to(each, torch.float32, *weight.shape)  # C is told the weight's shape alone
            tasks += _moves(gradients.native, gradient, moved, settings)
    odd = any(_shared(tasks, workers))
    return finite and not odd


def _moves(native: NativeLibrary, gradient: Gradient, moved: list[Tensor], settings: object) -> list[Callable[[], int]]:
    """The parts of one weight's move, `moved` being it, its moments and its average."""
    if gradient.places is None:
        numbers = [gradient.numbers, *moved]
        chunks = _chunks(moved[0].numel(), CHUNK_WEIGHTS)
        return [partial(_call, native.library.adamw, numbers, *chunk, settings) for chunk in chunks]
    rows = _chunks(len(moved[0]), max(CHUNK_WEIGHTS // moved[0].shape[1], 1))
    return [partial(_move_rows, native, gradient, moved, settings, *some) for some in rows]


def _call(function: Callable[..., T], tensors: Sequence[Tensor], start: int, stop: int, *more: object) -> T:
    """`function` of the numbers `start` to `stop` of each of `tensors`."""
    places = [ctypes.c_void_p((pointer_to(each, torch.float32).value or 0) + FLOAT_BYTES * start) for each in tensors]
    return function(*places, *int64s(stop - start), *more)


def _move_rows(
    native: NativeLibrary, gradient: Gradient, moved: Sequence[Tensor], settings: object, start: int, stop: int
) -> int:
    given = [pointer_to(gradient.numbers, torch.float32), pointer_to(gradient.places, torch.int32)]
    given += [pointer_to(each, torch.float32) for each in moved]
    odd: int = native.library.adamw_rows(*given, *int64s(start, stop, moved[0].shape[1]), settings)
    if odd < 0:
        raise error_of(-odd)
    return odd


def _state_of(optimizer: torch.optim.AdamW, weight: Tensor) -> dict[str, Tensor]:
    """As torch begins it at a weight's first gradient."""
    state: dict[str, Tensor] = optimizer.state[weight]
    if not state:
        state["step"] = torch.zeros((), dtype=torch.float32)
        state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(weight), torch.zeros_like(weight)
    return state


def _settings(group: dict[str, Any], step: float, scale: float, towards: float) -> _Settings:
    rate, (beta1, beta2) = group["lr"], group["betas"]
    decay = 1 - rate * group["weight_decay"]
    return _Settings(
        scale, decay, beta1, 1 - beta1, beta2, 1 - beta2, rate / (1 - beta1**step), 1 / math.sqrt(1 - beta2**step),
        group["eps"], towards, 1 - towards,
    )  # fmt: skip


def _chunks(count: int, size: int) -> list[tuple[int, int]]:
    return [(start, min(start + size, count)) for start in range(0, count, size)]


def _shared(tasks: Sequence[Callable[[], T]], workers: Workers | None) -> list[T]:
    """What each of `tasks` gives, in their order; every thread takes every so manyth."""
    if workers is None or workers.count < 2:
        return [task() for task in tasks]
    ways = workers.count
    found = workers.run([partial(_all, tasks[way::ways]) for way in range(min(ways, len(tasks)))])
    return [found[i % len(found)][i // len(found)] for i in range(len(tasks))]


def _all(tasks: Sequence[Callable[[], T]]) -> list[T]:
    return [task() for task in tasks]
