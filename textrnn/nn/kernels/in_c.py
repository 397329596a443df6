"""Layers read in C: one direction of a part of the texts is one call, on one thread.

A text is walked in its own order or from its end: nothing is reversed. The input product of a token is taken from any
row: with the different tokens of a batch alone, it is computed once for each. Where a word stands twice and dropout
does not tell the two apart, that is one product forward, and one backward, after the gradients of both are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


class Walk(Protocol):
    """Takes the steps of one direction, without gradients."""

    def __call__(
        self,
        inputs: Tensor,
        rows: Tensor,
        lengths: Tensor,
        *,
        steps: int,
        backwards: bool,
        states: Tensor | None,
        pooled: Tensor | None,
    ) -> None:
        """Writes `states` (T, B, H) or `pooled` (4, B, H), from the input products that `rows` (T, B) says."""


def native_for(spec: LayerSpec) -> NativeLibrary | None:
    """Returns the library that computes in the dtype of `spec` with so many units; None where there is none."""
    found = find_library(spec.dtype) if spec.device.type == "cpu" else None
    return found if found is not None and found.fits(spec.hidden_size) else None


def read_in_c(layer: Layer, read: Read) -> Encoded:
    """Returns the states of `layer`, in the order of the texts."""
    return Encoded(*_compute(layer, read))


def pool_in_c(layer: Layer, pool: Read) -> Pooled:
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


@dataclass(frozen=True)
class TableInC:
    """What D directions of H units make of n different tokens, for ever the same.

    `places` (V,) int64 says which row of `products` (D, n, F) is a token's; those of tokens that are not there mean
    nothing. `walks` take the steps of each direction over them.
    """

    hidden_size: int
    places: Tensor
    products: Tensor
    walks: Sequence[Walk]

    def read(self, ids: Tensor, lengths: Tensor) -> Encoded:
        """Returns the states over `ids` (T, B) of `lengths` (B,), in the order of the texts, 0 at padding."""
        states = self.products.new_empty(len(self.products), *ids.shape, self.hidden_size)
        self._walk(ids, lengths, states=states)
        return Encoded(*states)

    def pool(self, ids: Tensor, lengths: Tensor) -> Pooled:
        """Returns those states pooled as they come, (D, B, H) each. A text without tokens gives zeros."""
        shape = (len(self.products), 4, len(lengths), self.hidden_size)
        pooled = self.products.new_empty(shape, dtype=torch.float32)
        self._walk(ids, lengths, pooled=pooled)
        highest, mean, last, _ = pooled.unbind(1)
        return highest, mean, last

    def _walk(self, ids: Tensor, lengths: Tensor, states: Tensor | None = None, pooled: Tensor | None = None) -> None:
        rows = self.places[ids].contiguous()
        for way, (products, walk) in enumerate(zip(self.products, self.walks, strict=True)):
            walk(
                products, rows, lengths, steps=len(ids), backwards=way == 1,
                states=None if states is None else states[way], pooled=None if pooled is None else pooled[way],
            )  # fmt: skip
