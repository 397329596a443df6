"""PyTorch: `nn.LSTM` on packed sequences as tutorials write it, and on padded ones.

`--flush`: subnormals are zero. `--keep`: the allocator keeps large blocks, as textrnn's command line has it.
"""

from __future__ import annotations

import ctypes
import sys

if "--keep" in sys.argv and sys.platform == "linux":  # before the libraries start threads
    libc = ctypes.CDLL("libc.so.6")
    libc.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
    libc.mallopt(-1, (1 << 31) - 1)  # M_TRIM_THRESHOLD
    libc.mallopt(-8, 1)  # M_ARENA_MAX

import functools
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from benchmarks.data import VOCABULARY, Rows, batches_by_chance, padded
from benchmarks.serve import measured, serve
from benchmarks.sizes import WIDTH


class Packed(nn.Module):
    """Embedding, packed bidirectional LSTM, the last hidden state of each direction, a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH, padding_idx=0)
        self.lstm = nn.LSTM(WIDTH, WIDTH, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * WIDTH, 2)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True, enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        logits: Tensor = self.head(torch.cat([hidden[-2], hidden[-1]], dim=1))
        return logits


class Padded(nn.Module):
    """The same without packing, time first, max and mean over all steps: inexact, since it reads the padding."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH, padding_idx=0)
        self.lstm = nn.LSTM(WIDTH, WIDTH, bidirectional=True)
        self.head = nn.Linear(4 * WIDTH, 2)

    def forward(self, ids: Tensor) -> Tensor:
        output, _ = self.lstm(self.embedding(ids))
        logits: Tensor = self.head(torch.cat([output.amax(dim=0), output.mean(dim=0)], dim=1))
        return logits


@functools.cache
def begin(kind: type[nn.Module], device: str) -> tuple[nn.Module, torch.optim.Optimizer]:
    """A training that goes on from repeat to repeat."""
    torch.manual_seed(0)
    network = kind().to(device)
    if kind is Packed:
        return network, torch.optim.Adam(network.parameters(), lr=1e-3)
    return network, torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)


def packed_steps(folder: Path, *, rows: str, batch: int, count: int, device: str = "cpu") -> dict[str, Any]:
    """Steps over texts in an order by chance: pad, pack, `nn.LSTM`, Adam."""
    made = Rows.load(folder, rows)
    batches = batches_by_chance(made, batch, count)
    network, optimizer = begin(Packed, device)
    begun = time.perf_counter()
    for indices in batches:
        texts = [torch.from_numpy(made[row]).long() for row in indices]
        ids = pad_sequence(texts, batch_first=True)
        lengths = torch.tensor([len(text) for text in texts])
        optimizer.zero_grad()
        labels = torch.from_numpy(made.labels[indices]).to(device)
        loss = nn.functional.cross_entropy(network(ids.to(device), lengths), labels)
        torch.autograd.backward(loss)
        optimizer.step()
        loss.item()
    return measured(time.perf_counter() - begun, sum(made.tokens(indices) for indices in batches))


def padded_steps(folder: Path, *, rows: str, batch: int, precision: str, device: str = "cpu") -> dict[str, Any]:
    """Steps over the batches that textrnn trains on, with fused AdamW and clipped gradients."""
    made = Rows.load(folder, rows)
    batches = list(np.load(folder / f"{rows}.plan-{batch}.npy"))
    network, optimizer = begin(Padded, device)
    begun = time.perf_counter()
    for indices in batches:
        ids = torch.from_numpy(padded(made, indices).T.copy()).to(device)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
            logits = network(ids)
        loss = nn.functional.cross_entropy(logits.float(), torch.from_numpy(made.labels[indices]).to(device))
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        loss.item()
    return measured(time.perf_counter() - begun, sum(made.tokens(indices) for indices in batches))


@functools.cache
def trained(folder: Path) -> Packed:
    """The packed network with textrnn's weights."""
    network = Packed()
    weights = {name: torch.from_numpy(value) for name, value in np.load(folder / "weights.npz").items()}
    network.load_state_dict({name.replace("encoder.", "lstm."): value for name, value in weights.items()})
    return network.eval()


def predict(folder: Path, *, rows: str, texts: int, batch: int) -> dict[str, Any]:
    """Logits of the first `texts` rows in the order given; kept for comparison."""
    made, network = Rows.load(folder, rows), trained(folder)
    logits = []
    begun = time.perf_counter()
    with torch.no_grad():
        for start in range(0, texts, batch):
            chosen = [torch.from_numpy(made[row]).long() for row in range(start, min(start + batch, texts))]
            lengths = torch.tensor([len(text) for text in chosen])
            logits.append(network(pad_sequence(chosen, batch_first=True), lengths))
    seconds = time.perf_counter() - begun
    np.save(folder / "logits-torch.npy", torch.cat(logits).numpy(), allow_pickle=False)
    return measured(seconds, texts)


if __name__ == "__main__":
    if "--flush" in sys.argv:  # before the pool of threads is there: its threads inherit this
        torch.set_flush_denormal(True)
    actions = (packed_steps, padded_steps, predict)
    serve({action.__name__: action for action in actions}, ["torch"])
