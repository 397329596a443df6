"""The recurrent encoder: exact over texts of different lengths, at the speed of a dense batch.

With right padding the forward direction is exact at every real step. For the other direction each
text is reversed within its own length, read by a forward recurrence, and reversed back; kernels of
our own walk a text from its end instead. The result equals `torch.nn.LSTM` on a packed sequence, and
the parameters carry its names.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn

from textrnn.config.model import Recurrence
from textrnn.nn.cudnn import read_by_cudnn, read_by_torch
from textrnn.nn.dropout import Noise, drop_features
from textrnn.nn.elman import read_elman
from textrnn.nn.fused_lstm import fuses, read_fused
from textrnn.nn.gru import read_gru
from textrnn.nn.maxmean import pool_steps
from textrnn.nn.mingru import read_mingru
from textrnn.nn.native import Native
from textrnn.nn.native_layer import ALWAYS, Cell, Distinct, distinct_of, native_for, pool_native, read_native
from textrnn.nn.native_scan import pool_scan, read_scan
from textrnn.nn.native_steps import CELLS
from textrnn.nn.native_tokens import NativeTable, native_table_of, pool_native_tokens, read_native_tokens
from textrnn.nn.rnn import read_rnn
from textrnn.nn.tokens import TokenTable, read_tokens, steps_of_tokens, table_of
from textrnn.nn.workers import Task, Workers, at_once

GATES: dict[Recurrence, int] = {"lstm": 4, "gru": 3, "rnn": 1, "mingru": 3, "elman": 1}
IN_C = frozenset({*CELLS, "mingru"})
FEWEST_TEXTS = 16  # a part of a batch with fewer leaves a matrix product too little to do


@dataclass(frozen=True)
class Encoded:
    """What the last layer gives: one (T, B, H) tensor a direction.

    `backward` is None for one direction; it stands in its own reading order, by `reversal`, or where that is None in
    the order of the text. Steps past a text's length hold no meaning.
    """

    forward: Tensor
    backward: Tensor | None
    reversal: Tensor | None

    def aligned(self) -> Tensor:
        """(T, B, D * H): both directions side by side, in the order of the text."""
        if self.backward is None:
            return self.forward
        backward = self.backward if self.reversal is None else reverse(self.backward, self.reversal)
        return torch.cat([self.forward, backward], dim=-1)

    def directions(self) -> list[Tensor]:
        """The (T, B, H) tensors, as they stand."""
        return [self.forward] if self.backward is None else [self.forward, self.backward]

    def ends_first(self, direction: int) -> bool:
        """Whether the last step that `direction` read of a text stands first, and not last of the real ones."""
        return direction == 1 and self.reversal is None


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
    that a state dict moves between them; what torch has no cell for is named in their way. Layers are
    run one by one: dropout between them is ours.
    """

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
        self.kind = kind
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.layer_dropout = layer_dropout
        self.output_size = hidden_size * (2 if bidirectional else 1)
        for layer in range(num_layers):
            width = input_size if layer == 0 else self.output_size
            for suffix in suffixes_of(layer, bidirectional=bidirectional):
                for name, shape in weights_of(kind, width, hidden_size).items():
                    self.register_parameter(name + suffix, nn.Parameter(torch.empty(shape)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Input weights uniform, recurrent ones orthogonal a gate, biases 0, forget gates 1.

        Orthogonal: Saxe et al. 2014. Forget bias: Jozefowicz et al. 2015.
        """
        bound = 1 / math.sqrt(self.hidden_size)
        for name, weight in self.named_parameters():
            if name.startswith(("weight_ih", "weight_io", "weight_ho")):
                nn.init.uniform_(weight, -bound, bound)
            elif name.startswith("weight_hh"):
                for gate in torch.split(weight.data, self.hidden_size):
                    nn.init.orthogonal_(gate)
            else:
                nn.init.zeros_(weight)
                if self.kind == "lstm" and name.startswith("bias_ih"):
                    nn.init.ones_(weight.data[self.hidden_size : 2 * self.hidden_size])

    def forward(
        self,
        x: Tensor,
        lengths: Tensor,
        noise: Noise | None = None,
        workers: Workers | None = None,
        distinct: Distinct | None = None,
    ) -> Encoded:
        """Encode `x` (T, B, E) of `lengths` (B,); `noise` draws the dropout between layers.

        With `workers` the directions are computed at once, and with more workers than directions the
        texts in parts; each part on one thread. With what `distinct` gives, `x` (N, E) are the different tokens alone.
        """
        x, distinct = self._below(x, lengths, noise, workers, distinct)
        return self._layer(self.num_layers - 1, x, lengths, workers, distinct)

    def pooled(
        self,
        x: Tensor,
        lengths: Tensor,
        noise: Noise | None = None,
        workers: Workers | None = None,
        distinct: Distinct | None = None,
    ) -> tuple[Tensor, Tensor, Tensor] | None:
        """The maximum, the mean and the last (D, B, H) of what `forward` gives, pooled as it is read.

        None where that cannot be: what reads the last layer gives states alone.
        """
        if self._reader(x, distinct if self.num_layers == 1 else None) is None:
            return None
        x, distinct = self._below(x, lengths, noise, workers, distinct)
        joined = self._read_layer(self.num_layers - 1, x, lengths, workers, distinct, pools=True)
        highest, mean, last = torch.stack(joined, dim=1).unbind(0)
        return highest, mean, last

    def _below(
        self, x: Tensor, lengths: Tensor, noise: Noise | None, workers: Workers | None, distinct: Distinct | None
    ) -> tuple[Tensor, Distinct | None]:
        """What the last layer reads."""
        for layer in range(self.num_layers - 1):
            encoded = self._layer(layer, x, lengths, workers, distinct)
            x, distinct = drop_features(encoded.aligned(), self.layer_dropout, noise), None
        return x, distinct

    def distinct(
        self, ids: Tensor, lengths: Tensor, embedding: Tensor, *, apart: bool, workers: Workers | None
    ) -> Distinct | None:
        """The different tokens of `ids` (T, B), whose vectors `forward` takes in place of all; None where it does not.

        `apart` keeps the tokens of one text and those of another apart; `embedding` (V, E) is what all come from.
        """
        native = self.native(embedding)
        if native is None:
            return None
        parts = _parts(len(lengths), workers.count // self._ways) if workers else []
        return distinct_of(native, ids, lengths, len(embedding), apart=apart or len(parts) > 1)

    def native(self, x: Tensor) -> Native | None:
        """The library of ours that can read `x`; None where there is none."""
        return native_for(x, self.hidden_size) if self.kind in IN_C else None

    def _reader(self, x: Tensor, distinct: Distinct | None) -> Native | None:
        """The library that does read it: where no token repeats, torch's LSTM can be the faster one."""
        native = self.native(x)
        if native is None or fuses(x, self.hidden_size):
            return None
        return native if distinct is not None or self.kind != "lstm" or native.numbers in ALWAYS else None

    @property
    def _ways(self) -> int:
        return 2 if self.bidirectional else 1

    def of_tokens(self, ids: Tensor, table: TokenTable | NativeTable, lengths: Tensor) -> Encoded:
        """Encode the embeddings of `ids` (T, B) int64 of `lengths` (B,), as `table` has them; no gradients, no dropout.

        The same as `forward` to float error; for batches on the CPU that `reads_tokens` says yes to.
        """
        if isinstance(table, NativeTable):
            reversal, read = None, read_native_tokens(ids, lengths, table)
        else:
            reversal = reversal_of(lengths, ids.shape[0]) if self.bidirectional else None
            read = read_tokens(_orders(ids, reversal), table)
        encoded = Encoded(read[0], read[1] if self.bidirectional else None, reversal)
        for layer in range(1, self.num_layers):
            encoded = self._layer(layer, encoded.aligned(), lengths, None)
        return encoded

    def pool_tokens(
        self, ids: Tensor, table: TokenTable | NativeTable, lengths: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The maximum, the mean and the last (D, B, H) of what `of_tokens` gives for one layer; no step is kept."""
        if isinstance(table, NativeTable):
            return pool_native_tokens(ids, lengths, table)
        reversal = reversal_of(lengths, ids.shape[0]) if self.bidirectional else None
        return pool_steps(steps_of_tokens(_orders(ids, reversal), table), lengths)

    def table_of(self, present: Tensor, embedding: Tensor, workers: Workers | None = None) -> TokenTable | NativeTable:
        """What the first layer makes of the tokens that are `present` (V,) bool, with their `embedding` (V, E)."""
        weights = [self._weights(suffix) for suffix in suffixes_of(0, bidirectional=self.bidirectional)]
        native = self.native(embedding)
        if native is not None:
            cell = "mingru" if self.kind == "mingru" else self._cell
            return native_table_of(native, cell, present, embedding, weights, workers)
        return table_of(present, embedding, weights, workers)

    def reads_tokens(self, texts: int) -> bool:
        """Whether `of_tokens` is the faster way: many texts at once, no gradient, in float32 on the CPU, and an LSTM or
        what is read in C.
        """
        weight = next(self.parameters())
        exact = not torch.is_autocast_enabled("cpu") and not torch.is_grad_enabled()
        if not exact or weight.device.type != "cpu" or texts < FEWEST_TEXTS:
            return False
        return self.kind == "lstm" or self.native(weight) is not None

    @property
    def _cell(self) -> Cell:
        return "gru" if self.kind == "gru" else "lstm"

    def _layer(
        self, layer: int, x: Tensor, lengths: Tensor, workers: Workers | None, distinct: Distinct | None = None
    ) -> Encoded:
        if self.kind == "lstm" and fuses(x, self.hidden_size):
            suffixes = suffixes_of(layer, bidirectional=self.bidirectional)
            states = read_fused(x, lengths, [self._weights(suffix) for suffix in suffixes])
            return Encoded(states[0], states[1] if self.bidirectional else None, None)
        joined = self._read_layer(layer, x, lengths, workers, distinct)
        if not self.bidirectional:
            return Encoded(joined[0], None, None)
        turned = None if self._reader(x, distinct) is not None else reversal_of(lengths, x.shape[0])
        return Encoded(joined[0], joined[1], turned)

    def _read_layer(
        self,
        layer: int,
        x: Tensor,
        lengths: Tensor,
        workers: Workers | None,
        distinct: Distinct | None,
        *,
        pools: bool = False,
    ) -> list[Tensor]:
        """The states (T, B, H) of each direction, or (3, B, H) what is pooled of them."""
        suffixes, native = suffixes_of(layer, bidirectional=self.bidirectional), self._reader(x, distinct)
        parts = _parts(len(lengths), workers.count // len(suffixes)) if workers else [(0, len(lengths))]
        if native is None:
            tasks = [self._task(suffix, x, lengths, *part) for suffix in suffixes for part in parts]
        else:
            if self.kind == "mingru":
                read = partial(pool_scan if pools else read_scan, native)
            else:
                read = partial(pool_native if pools else read_native, native, self._cell)
            tasks = [self._native_task(read, s, x, distinct, lengths, *part) for s in suffixes for part in parts]
        done = at_once(workers, tasks)
        return [
            done[i] if len(parts) == 1 else torch.cat(done[i : i + len(parts)], dim=1)
            for i in range(0, len(done), len(parts))
        ]

    def _native_task(
        self,
        read: Callable[..., Tensor],
        suffix: str,
        x: Tensor,
        distinct: Distinct | None,
        lengths: Tensor,
        start: int,
        stop: int,
    ) -> Task:
        """What `_task` gives, by a library of ours."""
        backwards, rows = suffix.endswith("_reverse"), None
        if distinct is not None:
            own, rows = distinct.part(start, stop)
            x = x if own is None else x[own]  # a slice of all would be copied on the way back
        elif stop - start < x.shape[1]:
            x = x[:, start:stop]

        def read_part(x: Tensor, *weights: Tensor) -> Tensor:
            return read(x, rows, lengths[start:stop].contiguous(), *weights, backwards=backwards)

        return read_part, (x, *self._weights(suffix))

    def _task(self, suffix: str, x: Tensor, lengths: Tensor, start: int, stop: int) -> Task:
        """The reading of the texts `start` to `stop` in one direction, and the tensors that it reads."""
        weights = self._weights(suffix)
        part = x if stop - start == x.shape[1] else x[:, start:stop]
        if not suffix.endswith("_reverse"):
            return self._read, (part, *weights)
        backwards = reversal_of(lengths[start:stop], x.shape[0])

        def read(part: Tensor, *weights: Tensor) -> Tensor:
            return self._read(reverse(part.contiguous(), backwards), *weights)

        return read, (part, *weights)

    def _weights(self, suffix: str) -> tuple[Tensor, ...]:
        """The weights of one direction of one layer, in their order."""
        return tuple(self.get_parameter(name + suffix) for name in weights_of(self.kind, 0, self.hidden_size))

    def _read(self, x: Tensor, *weights: Tensor) -> Tensor:
        """One direction of one layer over `x` (T, B, F) from a zero state: (T, B, H)."""
        if self.kind == "mingru" or self.kind == "elman":  # what torch has no kernel for
            return (read_mingru if self.kind == "mingru" else read_elman)(x, *weights)
        if x.device.type == "cuda":
            return read_by_cudnn(self.kind, x, *weights)
        if x.device.type == "cpu" and self.kind != "lstm":  # what oneDNN has no kernel for
            return (read_gru if self.kind == "gru" else read_rnn)(x, *weights)
        return read_by_torch(self.kind, x, *weights)


def _orders(ids: Tensor, reversal: Tensor | None) -> list[Tensor]:
    """`ids` (T, B) as each direction reads them."""
    return [ids] if reversal is None else [ids, ids.flatten()[reversal].view_as(ids)]


def suffixes_of(layer: int, *, bidirectional: bool) -> tuple[str, ...]:
    """How the names of a layer's weights end, one ending a direction."""
    return (f"_l{layer}", f"_l{layer}_reverse") if bidirectional else (f"_l{layer}",)


def weights_of(kind: Recurrence, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights of one direction of one layer, by name and in order."""
    rows = GATES[kind] * hidden_size
    if kind == "mingru":
        return {"weight_ih": (rows, input_size), "bias_ih": (2 * hidden_size,)}
    shapes = {"weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size)}
    if kind == "elman":  # as many outputs as hidden units
        output = {"weight_io": (rows, input_size), "weight_ho": (rows, hidden_size), "bias_io": (rows,)}
        return {**shapes, "bias_ih": (rows,), **output}
    return {**shapes, "bias_ih": (rows,), "bias_hh": (rows,)}


def _parts(texts: int, wanted: int) -> list[tuple[int, int]]:
    """`texts` columns in at most `wanted` parts of like sizes, none with fewer than 16: starts and ends.

    >>> _parts(64, 1), _parts(50, 2), _parts(20, 4)
    ([(0, 64)], [(0, 25), (25, 50)], [(0, 20)])
    """
    count = max(min(wanted, texts // FEWEST_TEXTS), 1)
    ends = [texts * i // count for i in range(count + 1)]
    return list(pairwise(ends))
