"""Pooling: the real steps of each text become one vector."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from textrnn.config.model import Pooling
from textrnn.nn.batch import mask_of
from textrnn.nn.maxmean import LOWEST, max_mean, pool_steps
from textrnn.nn.recurrent import Encoded
from textrnn.nn.workers import Workers, at_once


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

        def pool(x: Tensor) -> Tensor:
            return torch.stack(self._pool(x, lengths), dim=1)

        # max, mean and last do not care in which order a direction was read: nothing is reversed back
        parts = at_once(workers, [(pool, (direction,)) for direction in encoded.directions()])
        return torch.stack(parts, dim=2).flatten(1)

    @property
    def takes_steps(self) -> bool:
        """Whether the states are wanted one after another only, as `of_steps` takes them."""
        return self.kind != "attention"

    def of_steps(self, steps: Iterable[Tensor], lengths: Tensor) -> Tensor:
        """Pool the states (D, B, H) of D directions as they come, without gradients, to what `forward` gives."""
        highest, mean, last = pool_steps(steps, lengths)
        parts = {"last": [last], "max": [highest], "mean": [mean]}.get(self.kind, [highest, mean])
        return torch.stack(parts).permute(2, 0, 1, 3).flatten(1)

    def _pool(self, x: Tensor, lengths: Tensor) -> list[Tensor]:
        if self.kind == "last":
            return [_last(x, lengths)]
        highest, mean = max_mean(x, lengths)
        return {"max": [highest], "mean": [mean]}.get(self.kind, [highest, mean])

    def _attend(self, x: Tensor, lengths: Tensor) -> Tensor:
        mask = mask_of(lengths, x.shape[0]).unsqueeze(-1)
        scores = self.score(x).float().masked_fill(~mask, LOWEST)
        weights = torch.softmax(scores, dim=0) * mask
        return (weights.to(x.dtype) * x).sum(dim=0)


def _last(x: Tensor, lengths: Tensor) -> Tensor:
    texts = torch.arange(x.shape[1], device=x.device)
    last = x[(lengths - 1).clamp(min=0), texts]
    return last * (lengths > 0).unsqueeze(-1)
