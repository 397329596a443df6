"""Pooling: the real steps of each text become one vector."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from textrnn.config.model import Pooling
from textrnn.machine.workers import Workers
from textrnn.nn.batch import mask_of
from textrnn.nn.encoded import Encoded
from textrnn.nn.kernels.unique import UniqueTokens
from textrnn.nn.max_mean import MIN_FLOAT, max_mean
from textrnn.nn.noise import Noise
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.nn.workers import run_parallel


class Pool(nn.Module):
    """Encoder outputs -> (B, `output_size`). A text without tokens gives zeros.

    `last` is the last state of each direction; `attention` weighs the steps by a learned score
    (Yang et al. 2016, without the hidden layer).
    """

    def __init__(self, kind: Pooling, input_size: int) -> None:
        super().__init__()
        self.kind = kind
        self.output_size = input_size * (2 if kind == "max_mean" else 1)
        if kind == "attention":
            self.score = nn.Linear(input_size, 1)

    def forward(self, encoded: Encoded, lengths: Tensor, workers: Workers | None = None) -> Tensor:
        """Pool over the steps that are real by `lengths` (B,); `workers` take a direction each."""
        if self.kind == "attention":
            return self._attend(encoded.aligned(), lengths)

        def pool(x: Tensor, *, ends_first: bool) -> Tensor:
            return torch.stack(self._pool(x, lengths, ends_first=ends_first), dim=1)

        # max and mean do not care in which order a direction was read: nothing is reversed back
        parts = run_parallel(
            workers,
            [(partial(pool, ends_first=encoded.ends_first(i)), (x,)) for i, x in enumerate(encoded.directions())],
        )
        return torch.stack(parts, dim=2).flatten(1)

    @property
    def joins(self) -> bool:
        """Whether it wants of the states no more than what `join` takes."""
        return self.kind != "attention"

    def join(self, highest: Tensor, mean: Tensor, last: Tensor) -> Tensor:
        """What `forward` gives, of the maximum, the mean and the last (D, B, H) of the states of D directions."""
        parts = {"last": [last], "max": [highest], "mean": [mean]}.get(self.kind, [highest, mean])
        return torch.stack(parts).permute(2, 0, 1, 3).flatten(1)

    def _pool(self, x: Tensor, lengths: Tensor, *, ends_first: bool) -> list[Tensor]:
        if self.kind == "last":
            return [x[0] * (lengths > 0).unsqueeze(-1) if ends_first else _last(x, lengths)]
        highest, mean = max_mean(x, lengths)
        return {"max": [highest], "mean": [mean]}.get(self.kind, [highest, mean])

    def _attend(self, x: Tensor, lengths: Tensor) -> Tensor:
        mask = mask_of(lengths, x.shape[0]).unsqueeze(-1)
        scores = self.score(x).float().masked_fill(~mask, MIN_FLOAT)
        weights = torch.softmax(scores, dim=0) * mask
        return (weights.to(x.dtype) * x).sum(dim=0)


def read_and_pool(
    encoder: RecurrentEncoder,
    pool: Pool,
    x: Tensor,
    lengths: Tensor,
    noise: Noise | None = None,
    workers: Workers | None = None,
    unique: UniqueTokens | None = None,
) -> Tensor:
    """Returns what `pool` makes of what `encoder` gives; where the kernel of the last layer can, pooled as it is read,
    so that no state is written.
    """
    layer = encoder.last_layer(x, lengths, noise, workers, unique)
    kernel = encoder.kernel_of(layer)
    if pool.joins and kernel.pool is not None:
        return pool.join(*kernel.pool(layer))
    pooled: Tensor = pool(kernel.read(layer), lengths, workers)
    return pooled


def _last(x: Tensor, lengths: Tensor) -> Tensor:
    texts = torch.arange(x.shape[1], device=x.device)
    last = x[(lengths - 1).clamp(min=0), texts]
    return last * (lengths > 0).unsqueeze(-1)
