"""How much of everything is measured: in full, and as little as still runs every line."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 128  # of the embedding, and units of each direction


@dataclass(frozen=True)
class Size:
    """The counts of all benchmarks. Steps are of `batch` texts and a repeat."""

    texts: int = 20_000
    longest: int = 400
    batch: int = 64
    steps: int = 16
    slow_steps: int = 2  # of what is several times slower
    slowest_steps: int = 1
    product: int = 4096  # rows and columns of the matrix product
    products: int = 2
    batches: tuple[int, ...] = (64, 32, 96, 128, 192, 256)  # the first is what the others are compared with
    swept: int = 768  # texts a repeat of each batch size
    predicted: int = 2_000
    fitted: int = 1_000  # texts that are fitted from raw text
    classified: int = 1_000
    few_classified: int = 200  # by what is slow
    curve_texts: tuple[int, ...] = (1_000, 3_000, 10_000, 30_000, 100_000)
    curve_length: int = 8
    curve_batch: int = 256  # texts are short, and a step over all embeddings costs the same for any batch
    curve_lengths: tuple[int, ...] = (50, 100, 200, 400, 800, 1_200, 2_000)
    curve_tokens: int = 60_000  # about so many are read for each length
    packed_longest: int = 400  # longer ones are not read packed
    pause: float = 0.3  # seconds in which the threads of the last one stop spinning (OpenMP: 0.2 s at most)
    timeout: float = 300.0


FULL = Size()
TINY = Size(
    texts=200,
    longest=12,
    batch=8,
    steps=2,
    slow_steps=1,
    product=64,
    products=1,
    batches=(8, 4),
    swept=16,
    predicted=30,
    fitted=60,
    classified=20,
    few_classified=10,
    curve_texts=(20,),
    curve_batch=8,
    curve_lengths=(5, 10),
    curve_tokens=80,
    packed_longest=5,
    pause=0.0,
    timeout=120.0,
)
