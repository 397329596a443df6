"""The recurrent encoder: exact over texts of different lengths, at the speed of a dense batch.

With right padding the forward direction is exact at every real step. For the other direction each
text is reversed within its own length, read by a forward recurrence, and reversed back. The result
equals `torch.nn.LSTM` on a packed sequence, and the parameters carry its names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from textrnn.config.model import Encoder
from textrnn.nn.dropout import drop_features

GATES: dict[Encoder, int] = {"lstm": 4, "gru": 3, "rnn": 1}


@dataclass(frozen=True)
class Encoded:
    """What the last layer gives: one (T, B, H) tensor a direction, each in its own reading order.

    `backward` is None for one direction. Steps past a text's length hold no meaning.
    """

    forward: Tensor
    backward: Tensor | None
    reversal: Tensor | None

    def aligned(self) -> Tensor:
        """(T, B, D * H): both directions side by side, in the order of the text."""
        if self.backward is None or self.reversal is None:
            return self.forward
        return torch.cat([self.forward, reverse(self.backward, self.reversal)], dim=-1)

    def directions(self) -> list[Tensor]:
        """The (T, B, H) tensors, each in its own reading order."""
        return [self.forward] if self.backward is None else [self.forward, self.backward]


def reversal_of(lengths: Tensor, steps: int) -> Tensor:
    """Flat positions (T * B,) int64 that reverse each text of `lengths` (B,) within its own length.

    Applied twice they change nothing; padding stays where it is.
    """
    time = torch.arange(steps, device=lengths.device).unsqueeze(1)
    mirrored = torch.where(time < lengths, lengths - 1 - time, time)
    texts = torch.arange(len(lengths), device=lengths.device)
    return (mirrored * len(lengths) + texts).reshape(-1)


class _Permute(torch.autograd.Function):
    """Rows in another order, by a permutation that is its own inverse: the gradient is the same gather."""

    @staticmethod
    def forward(ctx, x: Tensor, positions: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.save_for_backward(positions)
        return x.reshape(len(positions), -1).index_select(0, positions).view_as(x)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[no-untyped-def]
        (positions,) = ctx.saved_tensors
        flat = gradient.reshape(len(positions), -1).index_select(0, positions)
        return flat.view(gradient.shape), None


def reverse(x: Tensor, reversal: Tensor) -> Tensor:
    """`x` (T, B, F) with each text reversed within its own length, by `reversal_of`."""
    reversed_: Tensor = _Permute.apply(x, reversal)  # type: ignore[no-untyped-call]
    return reversed_


class RecurrentEncoder(nn.Module):
    """Stacked recurrent layers of one or two directions.

    Parameters are named as `torch.nn.LSTM`, `GRU` or `RNN` name theirs (`weight_ih_l0_reverse`), so
    that a state dict moves between them. Layers are run one by one: dropout between them is ours.
    """

    def __init__(
        self,
        kind: Encoder,
        input_size: int,
        hidden_size: int,
        *,
        num_layers: int = 1,
        bidirectional: bool = True,
        layer_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.kind = kind
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.layer_dropout = layer_dropout
        self.output_size = hidden_size * (2 if bidirectional else 1)
        rows = GATES[kind] * hidden_size
        for layer in range(num_layers):
            width = input_size if layer == 0 else self.output_size
            for suffix in self._suffixes():
                self.register_parameter(f"weight_ih_l{layer}{suffix}", nn.Parameter(torch.empty(rows, width)))
                self.register_parameter(f"weight_hh_l{layer}{suffix}", nn.Parameter(torch.empty(rows, hidden_size)))
                self.register_parameter(f"bias_ih_l{layer}{suffix}", nn.Parameter(torch.empty(rows)))
                self.register_parameter(f"bias_hh_l{layer}{suffix}", nn.Parameter(torch.empty(rows)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Input weights uniform, recurrent ones orthogonal a gate, biases 0, forget gates 1.

        Orthogonal: Saxe et al. 2014. Forget bias: Jozefowicz et al. 2015.
        """
        bound = 1 / math.sqrt(self.hidden_size)
        for name, weight in self.named_parameters():
            if name.startswith("weight_ih"):
                nn.init.uniform_(weight, -bound, bound)
            elif name.startswith("weight_hh"):
                for gate in torch.split(weight.data, self.hidden_size):
                    nn.init.orthogonal_(gate)
            else:
                nn.init.zeros_(weight)
                if self.kind == "lstm" and name.startswith("bias_ih"):
                    nn.init.ones_(weight.data[self.hidden_size : 2 * self.hidden_size])

    def forward(self, x: Tensor, lengths: Tensor, noise: Generator | None = None) -> Encoded:
        """Encode `x` (T, B, E) of `lengths` (B,); `noise` draws the dropout between layers."""
        reversal = reversal_of(lengths, x.shape[0]) if self.bidirectional else None
        encoded = self._layer(0, x, reversal)
        for layer in range(1, self.num_layers):
            x = drop_features(encoded.aligned(), self.layer_dropout, noise)
            encoded = self._layer(layer, x, reversal)
        return encoded

    def _layer(self, layer: int, x: Tensor, reversal: Tensor | None) -> Encoded:
        forward = self._read(f"_l{layer}", x)
        if reversal is None:
            return Encoded(forward, None, None)
        return Encoded(forward, self._read(f"_l{layer}_reverse", reverse(x, reversal)), reversal)

    def _read(self, suffix: str, x: Tensor) -> Tensor:
        """One direction of one layer over `x` (T, B, F) from a zero state: (T, B, H)."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        weights: list[Tensor] = [self.get_parameter(name + suffix) for name in names]
        state = x.new_zeros(1, x.shape[1], self.hidden_size)
        match self.kind:
            case "lstm":
                output = torch.lstm(x, [state, state], weights, True, 1, 0.0, self.training, False, False)[0]
            case "gru":
                output = torch.gru(x, state, weights, True, 1, 0.0, self.training, False, False)[0]
            case "rnn":
                output = torch.rnn_tanh(x, state, weights, True, 1, 0.0, self.training, False, False)[0]
        return output

    def _suffixes(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)
