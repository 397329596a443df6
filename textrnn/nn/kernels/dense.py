"""Kernels that read a dense batch forward; the other direction by reversed texts.

With right padding the forward direction is exact at every real step. The second direction reads each text reversed
within its own length, which equals `torch.nn.LSTM` on a packed sequence.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from textrnn.nn.encoded import Encoded
from textrnn.nn.kernels.kernel import Layer
from textrnn.nn.kernels.parts import compute_parts
from textrnn.nn.reversal import reversal_of, reverse
from textrnn.nn.workers import Task

ReadFunction = Callable[
    ..., Tensor
]  # x (T, B, E) and the weights of a direction -> the states (T, B, H), from a zero state


def read_dense(layer: Layer, read: ReadFunction) -> Encoded:
    """Returns the states of `layer`, each direction read by `read`."""
    return read_each(layer, lambda _: read)


def read_each(layer: Layer, read_of: Callable[[int], ReadFunction]) -> Encoded:
    """Returns the states of `layer`, the direction `way` read by `read_of(way)`."""
    x, lengths = layer.every_token(), layer.lengths

    def task(way: int, start: int, stop: int) -> Task:
        read, weights = read_of(way), layer.weights[way]
        part = x if stop - start == x.shape[1] else x[:, start:stop]
        if way == 0:
            return read, (part, *weights)
        backwards = reversal_of(lengths[start:stop], x.shape[0])

        def read_reversed(part: Tensor, *weights: Tensor) -> Tensor:
            return read(reverse(part.contiguous(), backwards), *weights)

        return read_reversed, (part, *weights)

    states = compute_parts(layer, task)
    if len(states) == 1:
        return Encoded(states[0])
    return Encoded(states[0], states[1], reversal_of(lengths, x.shape[0]))
