"""A step of AdamW in C: weights, both moments and the moving average in one walk through memory, shared by threads.

A network of 4 million weights is 16 MB, and a step is bound by memory: torch walks through it five times (the length of
the gradient, its clipping, the step, a look for NaN, the average), this twice.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from textrnn.nn.native import Native, at, native_of, numbers_of
from textrnn.nn.workers import Workers

CHUNK = 1 << 18  # weights at once: where they are parted does not depend on how many threads there are
BYTES = 4
T = TypeVar("T")


class _Settings(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_float) for name in (
        "scale", "decay", "beta1", "rest1", "beta2", "rest2", "rate", "correction", "epsilon", "towards",
    ))  # fmt: skip


def mover_of(network: nn.Module) -> Native | None:
    """The library that moves the weights of `network`: any, where all are float32 on the CPU; None where torch does."""
    plain = all(w.dtype == torch.float32 and w.device.type == "cpu" and w.is_contiguous() for w in network.parameters())
    return native_of() if plain else None


def gradient_length(native: Native, network: nn.Module, workers: Workers | None) -> float:
    """The length of the gradient of all weights together."""
    gradients = [weight.grad.contiguous() for weight in network.parameters() if weight.grad is not None]
    tasks = [
        partial(_call, native.library.sum_of_squares, [gradient], *chunk)
        for gradient in gradients
        for chunk in _chunks(gradient.numel())
    ]
    return math.sqrt(math.fsum(_shared(tasks, workers)))


def move_weights(
    native: Native,
    optimizer: torch.optim.AdamW,
    network: nn.Module,
    average: nn.Module,
    *,
    scale: float,
    towards: float,
    workers: Workers | None,
) -> bool:
    """What `optimizer.step()` does with `scale` times the gradients, and `average` moved by `towards` to the result.

    Loshchilov & Hutter 2019, as torch has it, whose state it shares. Says whether every weight is finite afterwards.
    """
    averages, tasks = dict(zip(network.parameters(), average.parameters(), strict=True)), []
    for group in optimizer.param_groups:
        for weight in group["params"]:
            if weight.grad is None:
                averages[weight].data.lerp_(weight.data, towards)
                continue
            state = _state_of(optimizer, weight)
            state["step"] += 1
            settings = _settings(group, float(state["step"]), scale, towards)
            moments = [state["exp_avg"], state["exp_avg_sq"]]
            numbers = [each.detach() for each in (weight.grad.contiguous(), weight, *moments, averages[weight])]
            for chunk in _chunks(weight.numel()):
                tasks.append(partial(_call, native.library.adamw, numbers, *chunk, ctypes.byref(settings)))
    return not any(_shared(tasks, workers))


def _call(function: Callable[..., T], tensors: Sequence[Tensor], start: int, stop: int, *more: object) -> T:
    """`function` of the numbers `start` to `stop` of each of `tensors`."""
    places = [ctypes.c_void_p((at(each, torch.float32).value or 0) + BYTES * start) for each in tensors]
    return function(*places, *numbers_of(stop - start), *more)


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
        group["eps"], towards,
    )  # fmt: skip


def _chunks(count: int) -> list[tuple[int, int]]:
    return [(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]


def _shared(tasks: Sequence[Callable[[], T]], workers: Workers | None) -> list[T]:
    """What each of `tasks` gives, in their order; every thread takes every so manyth."""
    if workers is None or workers.count < 2:
        return [task() for task in tasks]
    ways = workers.count
    found = workers.run([partial(_all, tasks[way::ways]) for way in range(min(ways, len(tasks)))])
    return [found[i % len(found)][i // len(found)] for i in range(len(tasks))]


def _all(tasks: Sequence[Callable[[], T]]) -> list[T]:
    return [task() for task in tasks]
