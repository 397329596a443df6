"""Which encoder a configuration names."""

from __future__ import annotations

from textrnn.config.model import ModelConfig
from textrnn.nn.bag import Bag
from textrnn.nn.convolution import ConvolutionEncoder
from textrnn.nn.recurrent import RecurrentEncoder

Encoders = RecurrentEncoder | Bag | ConvolutionEncoder


def build_encoder(config: ModelConfig) -> Encoders:
    """The encoder of `config`, with fresh weights."""
    if config.encoder == "bag":
        return Bag(config.embedding_size)
    if config.encoder == "convolution":
        return ConvolutionEncoder(config.embedding_size, config.hidden_size)
    return RecurrentEncoder(
        config.encoder,
        config.embedding_size,
        config.hidden_size,
        num_layers=config.num_layers,
        bidirectional=config.bidirectional,
        layer_dropout=config.layer_dropout,
    )
