"""The gradients of a training step on a GPU as one launch in place of hundreds: CUDA graphs, one a shape of batch.

For a small network the launches take longer than the work on the GPU. A graph is captured once and launched as a whole:
what differs from step to step, the texts and the random numbers of their masks, is copied to where the graph reads it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import Tensor

from textrnn.nn.batch import Batch
from textrnn.nn.noise import Noise

MAX_SHAPES = 64  # batches of further shapes are computed without a graph

# adds the gradients for a batch on the GPU, each forward pass under masks from a new noise; the result stays there
Compute = Callable[[Batch, Callable[[], Noise]], Tensor]
Shape = tuple[tuple[tuple[int, ...], torch.dtype], ...]


@dataclass
class Graphs:
    """The graphs of one run, by the shapes of batches; for a network and an objective that do not change."""

    steps: dict[Shape, CapturedStep] = field(default_factory=dict)
    pool: Any = None

    def run(self, compute: Compute, batch: Batch, noise_of: Callable[[], Noise]) -> Tensor:
        """Return the result of `compute` for `batch`, which is on the CPU, under masks from `noise_of`.

        The first batch of a shape is computed as it is, which also readies the kernels; the second is captured.
        """
        shape = tuple((tuple(tensor.shape), tensor.dtype) for tensor in batch.tensors())
        device = torch.device("cuda")
        step = self.steps.get(shape)
        if step is None:
            if len(self.steps) == MAX_SHAPES:
                return compute(batch.to(device), noise_of)
            step = self.steps[shape] = CapturedStep(batch.to(device))
            return compute(step.batch, lambda: RecordedNoise(step, noise_of()))
        step.refill(batch, noise_of())
        if step.graph is None and not step.refused:
            self._capture(step, compute)
        if step.refused:
            return compute(step.batch, lambda: RecordedNoise(step))
        assert step.graph is not None
        assert step.found is not None
        step.graph.replay()
        return step.found

    def _capture(self, step: CapturedStep, compute: Compute) -> None:
        """Capture what `compute` does with the batch of `step`: nothing is computed yet.

        By hand: the context manager of torch collects garbage each time, which takes longer than the capture. A shape
        for which there is no memory is computed without a graph.
        """
        self.pool = self.pool or torch.cuda.graph_pool_handle()
        graph, here = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        aside = _aside(here.device_index)
        torch.cuda.synchronize()
        torch.cuda.empty_cache()  # while a graph is captured nothing is given back
        try:
            with torch.cuda.stream(aside):
                graph.capture_begin(pool=self.pool, capture_error_mode="thread_local")
                try:
                    step.found = compute(step.batch, lambda: RecordedNoise(step))
                except BaseException:
                    with contextlib.suppress(RuntimeError):  # there is nothing to end, but the capture
                        graph.capture_end()
                    raise
                graph.capture_end()
        except torch.OutOfMemoryError:
            step.refused = True
            return
        here.wait_stream(aside)
        step.graph = graph


@cache
def _aside(device: int) -> torch.cuda.Stream:
    """The stream that graphs are captured on: what one leaves free another takes, on the same stream alone."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


@dataclass
class CapturedStep:
    """A step as a graph reads it: a batch on the GPU, the random numbers of its masks, the graph once it is captured.

    `requests` gives for each of the `numbers` which method of a noise gives it, and for which sizes.
    """

    batch: Batch
    numbers: list[Tensor] = field(default_factory=list)
    requests: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    graph: torch.cuda.CUDAGraph | None = None
    found: Tensor | None = None
    refused: bool = False

    def refill(self, batch: Batch, noise: Noise) -> None:
        """Put `batch`, and new numbers from `noise`, in the place of those that are there."""
        for there, new in zip(self.batch.tensors(), batch.tensors(), strict=True):
            there.copy_(new)
        for there, (method, sizes) in zip(self.numbers, self.requests, strict=True):
            there.copy_(getattr(noise, method)(*sizes))


class RecordedNoise:
    """The random numbers of a step, in the order of the calls; new ones are drawn from `source` and kept."""

    def __init__(self, step: CapturedStep, source: Noise | None = None) -> None:
        self.step, self.source, self.place = step, source, 0

    def uniform_per_token(self, steps: int, texts: int) -> Tensor:
        """Uniform numbers (steps, texts), one a token."""
        return self._next("uniform_per_token", steps, texts)

    def uniform_per_text(self, texts: int, features: int) -> Tensor:
        """Uniform numbers (texts, features), a row a text."""
        return self._next("uniform_per_text", texts, features)

    def _next(self, method: str, *sizes: int) -> Tensor:
        step, place = self.step, self.place
        self.place += 1
        if place == len(step.numbers):
            assert self.source is not None  # every pass over a shape needs the same numbers
            step.numbers.append(getattr(self.source, method)(*sizes).to(step.batch.ids.device))
            step.requests.append((method, sizes))
        return step.numbers[place]
