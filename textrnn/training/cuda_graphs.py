"""The gradients of a training step on a GPU as one launch in place of hundreds: CUDA graphs, one a shape of batch.

To tell the GPU what to do takes a processor longer than a small network takes the GPU. A graph is told once: what
differs from step to step, the texts and the numbers of their masks, is put where the graph reads it.
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

MOST = 64  # shapes; what is of others is computed without a graph

# adds the gradients for a batch on the GPU, each reading of it under masks from a noise that is made for it; what is
# returned stays on the GPU
Compute = Callable[[Batch, Callable[[], Noise]], Tensor]
Shape = tuple[tuple[tuple[int, ...], torch.dtype], ...]


@dataclass
class Graphs:
    """The graphs of one run, by the shapes of batches; for a network and an objective that do not change."""

    stages: dict[Shape, Stage] = field(default_factory=dict)
    pool: Any = None

    def run(self, compute: Compute, batch: Batch, noise_of: Callable[[], Noise]) -> Tensor:
        """What `compute` gives for `batch`, on the CPU as yet, under masks from `noise_of`.

        The first batch of a shape is computed as it is, which also readies the kernels; the second is captured.
        """
        shape = tuple((tuple(tensor.shape), tensor.dtype) for tensor in batch.tensors())
        device = torch.device("cuda")
        stage = self.stages.get(shape)
        if stage is None:
            if len(self.stages) == MOST:
                return compute(batch.to(device), noise_of)
            stage = self.stages[shape] = Stage(batch.to(device))
            return compute(stage.batch, lambda: RecordedNoise(stage, noise_of()))
        stage.refill(batch, noise_of())
        if stage.graph is None and not stage.refused:
            self._capture(stage, compute)
        if stage.refused:
            return compute(stage.batch, lambda: RecordedNoise(stage))
        assert stage.graph is not None
        assert stage.found is not None
        stage.graph.replay()
        return stage.found

    def _capture(self, stage: Stage, compute: Compute) -> None:
        """Record what `compute` does with what is on the `stage`: nothing is computed yet.

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
                    stage.found = compute(stage.batch, lambda: RecordedNoise(stage))
                except BaseException:
                    with contextlib.suppress(RuntimeError):  # there is nothing to end, but the capture
                        graph.capture_end()
                    raise
                graph.capture_end()
        except torch.OutOfMemoryError:
            stage.refused = True
            return
        here.wait_stream(aside)
        stage.graph = graph


@cache
def _aside(device: int) -> torch.cuda.Stream:
    """The stream that graphs are captured on: what one leaves free another takes, on the same stream alone."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


@dataclass
class Stage:
    """Where a graph reads: a batch on the GPU, and the random numbers of its masks.

    `requests` says of each of the `numbers` which method of a noise gives it, and for which sizes.
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
    """The numbers of a stage, in the order in which they are asked for; new ones are drawn from `source` and stay."""

    def __init__(self, stage: Stage, source: Noise | None = None) -> None:
        self.stage, self.source, self.place = stage, source, 0

    def of_cells(self, steps: int, texts: int) -> Tensor:
        """Uniform numbers (steps, texts), one a token."""
        return self._next("of_cells", steps, texts)

    def of_texts(self, texts: int, features: int) -> Tensor:
        """Uniform numbers (texts, features), a row a text."""
        return self._next("of_texts", texts, features)

    def of_vectors(self, steps: int, texts: int, features: int) -> Tensor:
        """Normal numbers (steps, texts, features), a vector a token."""
        return self._next("of_vectors", steps, texts, features)

    def _next(self, method: str, *sizes: int) -> Tensor:
        stage, place = self.stage, self.place
        self.place += 1
        if place == len(stage.numbers):
            assert self.source is not None  # every reading of a shape asks for the same numbers
            stage.numbers.append(getattr(self.source, method)(*sizes).to(stage.batch.ids.device))
            stage.requests.append((method, sizes))
        return stage.numbers[place]
