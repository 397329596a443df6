"""A trained network in fewer bits, for prediction alone: faster on processors made for it, not exact."""

from __future__ import annotations

import copy
from typing import Any, Literal

import torch
from torch import Tensor, nn

from textrnn.errors import ConfigError
from textrnn.machine.hardware import BFLOAT16_FLAGS, processor_flags, processor_name
from textrnn.machine.process_settings import ignore_warnings
from textrnn.machine.workers import Workers
from textrnn.nn.classifier import RecurrentClassifier
from textrnn.nn.encoded import Encoded
from textrnn.nn.kernels.dense import read_each
from textrnn.nn.kernels.kernel import Kernel, Layer
from textrnn.nn.random_weights import drawing_from
from textrnn.nn.recurrent import RecurrentEncoder, names_of, suffixes_of

PredictionPrecision = Literal["float32", "bf16", "int8"]


def lower_precision(network: RecurrentClassifier, precision: PredictionPrecision) -> RecurrentClassifier:
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
            cast = _Bfloat16(network.config, *sizes, network.tabular_columns)
        cast.load_state_dict(network.state_dict())
        return cast.eval()
    if not isinstance(network.encoder, RecurrentEncoder) or network.config.encoder not in ("lstm", "gru"):
        raise ConfigError(f"--precision int8: expected a model with an lstm or gru, found {network.config.encoder}")
    lowered = copy.deepcopy(network)
    with drawing_from(0):
        lowered.encoder.kernels = (_int8_kernel(network.encoder),)
    return lowered.eval()


class _Bfloat16(RecurrentClassifier):
    """The same network under autocast."""

    def forward(self, *given: Any, **named: Any) -> Tensor:
        """Logits (B, C) float32, of what `RecurrentClassifier.forward` takes."""
        with torch.autocast("cpu", torch.bfloat16):
            return super().forward(*given, **named)

    def table_of(self, present: Tensor, workers: Workers | None = None) -> None:
        """None: that way is float32's."""


def _int8_kernel(encoder: RecurrentEncoder) -> Kernel:
    """The kernel that reads the layers of `encoder` in 8 bits, each direction by a quantised module of torch's."""
    modules = [
        [_rounded(encoder, suffix) for suffix in suffixes_of(number, bidirectional=encoder.bidirectional)]
        for number in range(encoder.num_layers)
    ]

    def read(layer: Layer) -> Encoded:
        return read_each(layer, lambda way: lambda x, *_: modules[layer.number][way](x)[0])

    return Kernel("int8 by torch", lambda case: True, read, is_lean=encoder.cell.name == "lstm")


def _rounded(encoder: RecurrentEncoder, suffix: str) -> nn.Module:
    """One direction of one layer in 8 bits."""
    weights = {f"{name}_l0": encoder.get_parameter(name + suffix).detach() for name in names_of(encoder.cell)}
    kind = nn.LSTM if encoder.cell.name == "lstm" else nn.GRU
    with ignore_warnings(Warning, ""):  # torch means to move this to another package
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
