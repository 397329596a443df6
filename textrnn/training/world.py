"""The processes of one training run, with the collective operations that they share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from textrnn.nn.batch import steps_of
from textrnn.nn.noise import BatchPart


@dataclass(frozen=True)
class World:
    """Process `rank` of `size`; rank 0 is the command itself. Every rank calls every method in the same order."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    def part_of(self, lengths: NDArray[np.int64], stride: int = 1) -> BatchPart:
        """This rank's part of a batch of texts of these `lengths` (B,), cut: every size-th text, from its rank on; of a
        multiple of `stride` steps.
        """
        return BatchPart(self.rank, self.size, steps_of(lengths, stride), len(lengths))

    def data_parallel(self, network: nn.Module) -> Callable[..., Tensor]:
        """`network` as all ranks train it together: after `backward` each has the mean of all gradients."""
        if self.size == 1:
            return network
        shared: Callable[..., Tensor] = DistributedDataParallel(network, gradient_as_bucket_view=True)
        return shared

    def all_reduce(self, number: float) -> float:
        """The sum of every rank's `number`."""
        if self.size == 1:
            return number
        held = torch.tensor([number], dtype=torch.float64, device=self.device)
        distributed.all_reduce(held)
        return float(held)

    def all_gather(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum of every rank's `rows`: each has filled its own and left the others 0."""
        if self.size == 1:
            return rows
        held = torch.from_numpy(rows).to(self.device)
        distributed.all_reduce(held)
        return held.cpu().numpy()

    def broadcast(self, words: Any = None) -> Any:
        """What rank 0 says, plain JSON: as bytes, for a pickle could be anything."""
        written = np.frombuffer(json.dumps(words).encode(), dtype=np.uint8).copy() if self.rank == 0 else None
        size = torch.tensor([0 if written is None else len(written)], device=self.device)
        distributed.broadcast(size, src=0)
        held = torch.zeros(int(size), dtype=torch.uint8) if written is None else torch.from_numpy(written)
        held = held.to(self.device)
        distributed.broadcast(held, src=0)
        return json.loads(held.cpu().numpy().tobytes())

    def broadcast_tensors(self, tensors: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Rank 0's `tensors` by name, on every rank, on the CPU."""
        mine = dict(tensors or {})
        about = [(name, str(each.dtype).removeprefix("torch."), list(each.shape)) for name, each in mine.items()]
        told = self.broadcast(about)
        found = {}
        for name, dtype, shape in told:
            held = mine[name] if self.rank == 0 else torch.empty(shape, dtype=getattr(torch, dtype))
            held = held.to(self.device).contiguous()
            if held.numel():
                distributed.broadcast(held, src=0)
            found[name] = held.cpu()
        return found


SINGLE_PROCESS = World()
