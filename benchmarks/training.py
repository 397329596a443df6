"""Real tokens a second of a training step: the dense exact BiLSTM against a packed `nn.LSTM`, interleaved.

    python benchmarks/training.py [--repeats 5] [--batches 4]

Lengths are drawn like those of film reviews (log-normal, median 208, cut at 400); every way does the
same work on the same batches. Run it alone on the machine: another process on the cores spoils it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from textrnn.hardware import processor_name
from textrnn.nn.batch import mask_of
from textrnn.nn.batching import plan_batches
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.training.precision import run_flushed

WIDTH, TEXTS, LONGEST, BATCH = 128, 20_000, 400, 64


def draw_batches(count: int, *, by_length: bool) -> list[tuple[Tensor, Tensor]]:
    """`count` batches of (embedded texts (T, B, E), lengths (B,))."""
    chance = np.random.default_rng(0)
    lengths = np.minimum(np.exp(chance.normal(np.log(208), 0.65, TEXTS)).astype(np.int64) + 1, LONGEST)
    if by_length:
        plan = plan_batches(lengths, BATCH, seed=0, epoch=0)
    else:
        plan = np.split(chance.permutation(TEXTS)[: TEXTS // BATCH * BATCH], TEXTS // BATCH)
    chosen = [torch.from_numpy(lengths[plan[i]]) for i in range(count)]
    return [(torch.randn(int(sizes.max()), len(sizes), WIDTH), sizes) for sizes in chosen]


def dense_step(encoder: RecurrentEncoder, x: Tensor, lengths: Tensor) -> None:
    """Forward and backward of our encoder."""
    output = encoder(x, lengths).aligned()
    (output * mask_of(lengths, len(x)).unsqueeze(-1)).sum().backward()


def packed_step(encoder: nn.LSTM, x: Tensor, lengths: Tensor) -> None:
    """Forward and backward of `nn.LSTM` on a packed sequence, as tutorials write it."""
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    output, _ = nn.utils.rnn.pad_packed_sequence(encoder(packed)[0])
    output.sum().backward()


def tokens_a_second(step: Callable[[Tensor, Tensor], None], batches: list[tuple[Tensor, Tensor]]) -> float:
    """Real tokens a second over `batches`."""
    begun = time.perf_counter()
    for x, lengths in batches:
        step(x.clone().requires_grad_(), lengths)
    return sum(int(lengths.sum()) for _, lengths in batches) / (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batches", type=int, default=4)
    wanted = parser.parse_args()
    ours = RecurrentEncoder("lstm", WIDTH, WIDTH)
    theirs = nn.LSTM(WIDTH, WIDTH, bidirectional=True)
    alike, mixed = draw_batches(wanted.batches, by_length=True), draw_batches(wanted.batches, by_length=False)

    def dense(x: Tensor, lengths: Tensor) -> None:
        dense_step(ours, x, lengths)

    def packed(x: Tensor, lengths: Tensor) -> None:
        packed_step(theirs, x, lengths)

    ways: dict[str, Callable[[], float]] = {
        "textrnn: dense, by length, subnormals flushed": lambda: run_flushed(lambda _: tokens_a_second(dense, alike)),
        "packed, by length, subnormals flushed": lambda: run_flushed(lambda _: tokens_a_second(packed, alike)),
        "packed, by chance, subnormals kept": lambda: tokens_a_second(packed, mixed),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for repeat in range(wanted.repeats + 1):
        for name, measure in ways.items():
            rate = measure()
            if repeat:  # the first warms up
                found[name].append(rate)
    print(f"{processor_name()}, {torch.get_num_threads()} threads, float32, torch {torch.__version__}")
    print(
        f"{WIDTH} + {WIDTH} units, batch {BATCH}, {wanted.repeats} repeats of {wanted.batches} batches, interleaved\n"
    )
    first = statistics.median(next(iter(found.values())))
    print(f"{'way':<48}{'tokens/s':>10}{'lowest':>10}{'highest':>10}{'ratio':>8}")
    for name, rates in found.items():
        middle = statistics.median(rates)
        print(f"{name:<48}{middle:>10,.0f}{min(rates):>10,.0f}{max(rates):>10,.0f}{first / middle:>8.2f}")


if __name__ == "__main__":
    main()
