"""Pooling: the real steps of each text become one vector."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textrnn.config.model import Pooling
from textrnn.nn.batch import mask_of
from textrnn.nn.recurrent import Encoded

_LOWEST = -3.0e38  # finite: -inf would make NaN of 0 * -inf


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

    def forward(self, encoded: Encoded, lengths: Tensor) -> Tensor:
        """Pool over the steps that are real by `lengths` (B,)."""
        if self.kind == "attention":
            return self._attend(encoded.aligned(), lengths)
        # max, mean and last do not care in which order a direction was read: nothing is reversed back
        parts = [self._pool(direction, lengths) for direction in encoded.directions()]
        return torch.cat([vector for group in zip(*parts, strict=True) for vector in group], dim=-1)

    def _pool(self, x: Tensor, lengths: Tensor) -> list[Tensor]:
        mask = mask_of(lengths, x.shape[0]).unsqueeze(-1)
        match self.kind:
            case "last":
                return [_last(x, lengths)]
            case "mean":
                return [_mean(x, mask, lengths)]
            case "max":
                return [_max(x, mask)]
            case _:
                return [_max(x, mask), _mean(x, mask, lengths)]

    def _attend(self, x: Tensor, lengths: Tensor) -> Tensor:
        mask = mask_of(lengths, x.shape[0]).unsqueeze(-1)
        scores = self.score(x).float().masked_fill(~mask, _LOWEST)
        weights = torch.softmax(scores, dim=0) * mask
        return (weights.to(x.dtype) * x).sum(dim=0)


def _last(x: Tensor, lengths: Tensor) -> Tensor:
    texts = torch.arange(x.shape[1], device=x.device)
    last = x[(lengths - 1).clamp(min=0), texts]
    return last * (lengths > 0).unsqueeze(-1)


def _mean(x: Tensor, mask: Tensor, lengths: Tensor) -> Tensor:
    return (x * mask).sum(dim=0) / lengths.clamp(min=1).unsqueeze(-1)


def _max(x: Tensor, mask: Tensor) -> Tensor:
    highest = x.masked_fill(~mask, _LOWEST).max(dim=0).values
    return highest * mask.any(dim=0)
