"""The recurrent encoder: stacked layers of one or two directions, each computed by the first kernel that fits."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textrnn.config.model import Recurrence
from textrnn.inference.shapes import layer_shapes, layer_suffixes
from textrnn.machine.workers import Workers
from textrnn.nn.dropout import drop_features
from textrnn.nn.encoded import Encoded
from textrnn.nn.kernel_choice import CELLS, KERNELS, choose_kernel
from textrnn.nn.kernels.kernel import Kernel, Layer, LayerSpec, layer_spec
from textrnn.nn.kernels.library import find_library
from textrnn.nn.kernels.parts import parts_of
from textrnn.nn.kernels.unique import UniqueTokens, find_unique_tokens
from textrnn.nn.noise import Noise


class RecurrentEncoder(nn.Module):
    """Stacked recurrent layers of one or two directions, exact over texts of different lengths.

    Parameters are named as `torch.nn.LSTM`, `GRU` or `RNN` name theirs (`weight_ih_l0_reverse`), so that a state dict
    moves between them; what torch has no cell for is named in their way. Layers are run one by one, with dropout of our
    own between them. `kernels` are tried in their order.
    """

    kernels: tuple[Kernel, ...] = KERNELS

    def __init__(
        self,
        kind: Recurrence,
        input_size: int,
        hidden_size: int,
        *,
        num_layers: int = 1,
        bidirectional: bool = True,
        layer_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.cell = CELLS[kind]
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.layer_dropout = layer_dropout
        self.output_size = hidden_size * (2 if bidirectional else 1)
        shapes = layer_shapes(kind, input_size, hidden_size, num_layers=num_layers, bidirectional=bidirectional)
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Fills all weights with their first values, as the cell says."""
        for name, weight in self.named_parameters():
            self.cell.reset(name.rpartition("_l")[0], weight, self.hidden_size)

    def forward(
        self,
        x: Tensor,
        lengths: Tensor,
        noise: Noise | None = None,
        workers: Workers | None = None,
        unique: UniqueTokens | None = None,
    ) -> Encoded:
        """Returns the states over `x` (T, B, E) of `lengths` (B,); `noise` draws the dropout between layers.

        With `workers` the directions are computed at once, and with more workers than directions the texts in parts;
        each part on one thread. With `unique` tokens, `x` (N, E) has a row for each of those.
        """
        layer = self.last_layer(x, lengths, noise, workers, unique)
        return self.kernel_of(layer).read(layer)

    def last_layer(
        self,
        x: Tensor,
        lengths: Tensor,
        noise: Noise | None = None,
        workers: Workers | None = None,
        unique: UniqueTokens | None = None,
    ) -> Layer:
        """Returns the last layer with what it reads: those below are computed, as `forward` says."""
        for number in range(self.num_layers - 1):
            layer = self._layer(number, x, lengths, workers, unique)
            encoded = self.kernel_of(layer).read(layer)
            x, unique = drop_features(encoded.aligned(), self.layer_dropout, noise), None
        return self._layer(self.num_layers - 1, x, lengths, workers, unique)

    def kernel_of(self, layer: Layer) -> Kernel:
        """Returns the kernel that computes `layer`."""
        return choose_kernel(self.kernels, self._spec(layer.x, is_unique=layer.unique is not None))

    def find_unique_tokens(
        self, ids: Tensor, lengths: Tensor, embedding: Tensor, *, per_text: bool, workers: Workers | None
    ) -> UniqueTokens | None:
        """Returns the different tokens of `ids` (T, B), whose vectors `forward` takes in place of all.

        None where no kernel gains by that. `per_text` keeps the tokens of one text apart from those of another;
        `embedding` (V, E) is what all come from.
        """
        if not choose_kernel(self.kernels, self._spec(embedding, is_unique=True)).takes_unique:
            return None
        native = find_library()
        assert native is not None
        parts = parts_of(len(lengths), 2 if self.bidirectional else 1, workers)
        return find_unique_tokens(native, ids, lengths, len(embedding), per_text=per_text or len(parts) > 1)

    def _spec(self, x: Tensor, *, is_unique: bool) -> LayerSpec:
        return layer_spec(self.cell, self.hidden_size, x, is_unique=is_unique)

    def _layer(
        self,
        number: int,
        x: Tensor,
        lengths: Tensor,
        workers: Workers | None = None,
        unique: UniqueTokens | None = None,
    ) -> Layer:
        weights = self._weights(number)
        return Layer(self.cell, self.hidden_size, weights, x, lengths, unique, workers)

    def _weights(self, number: int) -> list[tuple[Tensor, ...]]:
        """The weights of each direction of a layer, in the order of the cell."""
        suffixes = layer_suffixes(number, bidirectional=self.bidirectional)
        return [tuple(self.get_parameter(name + suffix) for name in self.cell.shapes(1, 1)) for suffix in suffixes]
