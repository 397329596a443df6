"""The random numbers of a training step: from an explicit source, never from a hidden global state.

So a step is a pure function of (seed, epoch, position), and of how many processes share it no function at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Generator, Tensor


@dataclass(frozen=True)
class BatchPart:
    """Which texts of a global batch of `texts` texts and `steps` steps a process reads: every `size`-th from `rank` on.

    Where that is none, it reads the first text, and `counts` is False: a process must take part in every step.
    """

    rank: int
    size: int
    steps: int
    texts: int

    @property
    def counts(self) -> bool:
        """Whether the texts read count."""
        return self.rank < self.texts

    @property
    def columns(self) -> slice:
        """The columns of the global batch that are read."""
        return slice(self.rank, None, self.size) if self.counts else slice(0, 1)


class Noise(Protocol):
    """The source of the random numbers of a training step: float32, in the order of the calls."""

    def uniform_per_token(self, steps: int, texts: int) -> Tensor:
        """Uniform numbers (steps, texts), one a token."""

    def uniform_per_text(self, texts: int, features: int) -> Tensor:
        """Uniform numbers (texts, features), a row a text."""


@dataclass(frozen=True)
class GeneratorNoise:
    """Noise drawn from a generator; with a `part`, for the whole global batch, of which a part is read."""

    generator: Generator
    part: BatchPart | None = None

    def uniform_per_token(self, steps: int, texts: int) -> Tensor:
        """Uniform numbers (steps, texts), one a token."""
        if self.part is None:
            return torch.rand(steps, texts, generator=self.generator)
        whole = torch.rand(self.part.steps, self.part.texts, generator=self.generator)
        return whole[:steps, self.part.columns]

    def uniform_per_text(self, texts: int, features: int) -> Tensor:
        """Uniform numbers (texts, features), a row a text."""
        if self.part is None:
            return torch.rand(texts, features, generator=self.generator)
        return torch.rand(self.part.texts, features, generator=self.generator)[self.part.columns]


def step_noise(seed: int, epoch: int, position: int, part: BatchPart | None = None) -> Noise:
    """The source of one training step, the same wherever and whenever it is made."""
    mixed = (seed * 0x9E3779B97F4A7C15 + epoch * 0xBF58476D1CE4E5B9 + position * 0x94D049BB133111EB) % (1 << 63)
    return GeneratorNoise(torch.Generator().manual_seed(mixed), part)
