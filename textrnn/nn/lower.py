"""A trained network in fewer bits, for prediction alone: faster on processors made for it, and not exact."""

from __future__ import annotations

import copy
from typing import Any, Literal

import torch
from torch import Tensor, nn

from textrnn.errors import ConfigError
from textrnn.machine.hardware import BFLOAT16_FLAGS, processor_flags, processor_name
from textrnn.machine.process_settings import unheard
from textrnn.nn.classifier import RecurrentClassifier
from textrnn.nn.drawing import drawing_from
from textrnn.nn.recurrent import RecurrentEncoder, reversal_of, reverse, suffixes_of, weights_of
from textrnn.nn.workers import Task, Workers

PredictionPrecision = Literal["float32", "bf16", "int8"]


def lower(network: RecurrentClassifier, precision: PredictionPrecision) -> RecurrentClassifier:
    """`network`, on the CPU, as it computes in `precision`; itself for float32.

    bf16: products and the recurrence in bfloat16. int8: the weights of the LSTM or GRU in 8 bits a
    number, a scale a row, their inputs rounded batch by batch; the rest in float32. Raises ConfigError
    where the processor or the encoder cannot.
    """
    if precision == "float32":
        return network
    if precision == "bf16":
        if not BFLOAT16_FLAGS & processor_flags():
            raise ConfigError(
                f"--precision bf16: needs one of {', '.join(sorted(BFLOAT16_FLAGS))}, which this {processor_name()} "
                "does not list; leave it out for float32"
            )
        sizes = network.embedding.num_embeddings, network.head.out_features
        with drawing_from(0):  # weights that are not kept
            cast = _Bfloat16(network.config, *sizes, network.side_columns)
        cast.load_state_dict(network.state_dict())
        return cast.eval()
    if not isinstance(network.encoder, RecurrentEncoder) or network.config.encoder not in ("lstm", "gru"):
        raise ConfigError(f"--precision int8: expected a model with an lstm or gru, found {network.config.encoder}")
    lowered = copy.deepcopy(network)
    with drawing_from(0):
        lowered.encoder = _Int8(network.encoder)
    return lowered.eval()


class _Bfloat16(RecurrentClassifier):
    """The same network under autocast."""

    def forward(self, *given: Any, **named: Any) -> Tensor:
        """Logits (B, C) float32, of what `RecurrentClassifier.forward` takes."""
        with torch.autocast("cpu", torch.bfloat16):
            return super().forward(*given, **named)

    def table_of(self, present: Tensor, workers: Workers | None = None) -> None:
        """None: that way is float32's."""


class _Int8(RecurrentEncoder):
    """The same encoder, each direction of each layer a dynamically quantised module of torch's."""

    def __init__(self, encoder: RecurrentEncoder) -> None:
        super().__init__(
            encoder.kind,
            encoder.get_parameter("weight_ih_l0").shape[1],
            encoder.hidden_size,
            num_layers=encoder.num_layers,
            bidirectional=encoder.bidirectional,
        )
        self.rounded = nn.ModuleDict()
        for layer in range(encoder.num_layers):
            for suffix in suffixes_of(layer, bidirectional=encoder.bidirectional):
                self.rounded[suffix] = _rounded(encoder, suffix)

    def reads_tokens(self, texts: int) -> bool:
        """Never: that way is exact."""
        return False

    def native(self, x: Tensor) -> None:
        """None: those are in other numbers."""

    def _task(self, suffix: str, x: Tensor, lengths: Tensor, start: int, stop: int) -> Task:
        part = x[:, start:stop]
        module = self.rounded[suffix]
        if not suffix.endswith("_reverse"):
            return lambda x: module(x)[0], (part,)
        backwards = reversal_of(lengths[start:stop], x.shape[0])
        return lambda x: module(reverse(x.contiguous(), backwards))[0], (part,)


def _rounded(encoder: RecurrentEncoder, suffix: str) -> nn.Module:
    """One direction of one layer in 8 bits."""
    names = weights_of(encoder.kind, 0, encoder.hidden_size)
    weights = {f"{name}_l0": encoder.get_parameter(name + suffix).detach() for name in names}
    kind = nn.LSTM if encoder.kind == "lstm" else nn.GRU
    with unheard(Warning, ""):  # torch means to move this to another package
        whole = kind(weights["weight_ih_l0"].shape[1], encoder.hidden_size)
        whole.load_state_dict(weights)
        try:
            from torch.ao.quantization import quantize_dynamic
        except ImportError:
            raise ConfigError("--precision int8: this torch has no dynamic quantisation; leave it out") from None
        found: nn.Module = quantize_dynamic(  # type: ignore[no-untyped-call]
            nn.Sequential(whole.eval()), {kind}, dtype=torch.qint8
        )[0]
    return found
