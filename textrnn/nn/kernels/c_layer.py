"""Layers read in C: one direction of a part of the texts is one call, on one thread.

A text is walked in its own order or from its end: nothing is reversed. The input product of a token is taken from any
row: with the different tokens of a batch alone, it is computed once for each. Where a word stands twice and dropout
does not tell the two apart, that is one product forward, and one backward, after the gradients of both are added.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from textrnn.nn.encoded import Encoded
from textrnn.nn.kernels.kernel import Layer, LayerSpec, Pooled, layer_spec
from textrnn.nn.kernels.library import NativeLibrary, find_library
from textrnn.nn.kernels.parts import compute_parts
from textrnn.nn.workers import Task


class Read(Protocol):
    """Reads one direction of a part of the texts, with gradients."""

    def __call__(
        self, native: NativeLibrary, x: Tensor, rows: Tensor | None, lengths: Tensor, *weights: Tensor, backwards: bool
    ) -> Tensor:
        """Returns the states (T, B, H) in the order of the texts, 0 at padding; or pooled, (3, B, H) float32.

        It reads `x` (T, B, E), or of `x` (N, E) the rows that `rows` (T, B) int64 says; `backwards`, each text from its
        last token to its first. Pooled are the maximum, the mean and the last state of each text of `lengths` (B,).
        """


def native_for(spec: LayerSpec) -> NativeLibrary | None:
    """Returns the library that computes in the dtype of `spec` with so many units; None where there is none."""
    found = find_library(spec.dtype) if spec.device.type == "cpu" else None
    return found if found is not None and found.fits(spec.hidden_size) else None


def read_layer(layer: Layer, read: Read) -> Encoded:
    """Returns the states of `layer`, in the order of the texts."""
    return Encoded(*_compute(layer, read))


def pool_layer(layer: Layer, pool: Read) -> Pooled:
    """Returns the states of `layer` pooled as they are read: none is written."""
    highest, mean, last = torch.stack(_compute(layer, pool), dim=1).unbind(0)
    return highest, mean, last


def _compute(layer: Layer, read: Read) -> list[Tensor]:
    native = native_for(layer_spec(layer.cell, layer.hidden_size, layer.x, is_unique=layer.unique is not None))
    assert native is not None
    lengths = layer.lengths

    def task(way: int, start: int, stop: int) -> Task:
        x, rows = layer.x, None
        if layer.unique is not None:
            own, rows = layer.unique.part(start, stop)
            x = x if own is None else x[own]  # a slice of all would be copied on the way back
        elif stop - start < x.shape[1]:
            x = x[:, start:stop]

        def read_part(x: Tensor, *weights: Tensor) -> Tensor:
            return read(native, x, rows, lengths[start:stop].contiguous(), *weights, backwards=way == 1)

        return read_part, (x, *layer.weights[way])

    return compute_parts(layer, task)
