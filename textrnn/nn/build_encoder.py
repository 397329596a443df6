"""Which encoder a configuration names."""

from __future__ import annotations

from textrnn.config.model import ModelConfig
from textrnn.nn.bag import Bag
from textrnn.nn.convolution import WIDTHS, ConvolutionEncoder, shapes_of_maps
from textrnn.nn.recurrent import RecurrentEncoder, shapes_of_layers

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


def describe_encoder(config: ModelConfig) -> str:
    """What a person is told the encoder is.

    >>> describe_encoder(ModelConfig(encoder="bag")), describe_encoder(ModelConfig(hidden_size=9, bidirectional=False))
    ('bag of embeddings', 'LSTM with 9 units a direction and 1 layer(s)')
    """
    match config.encoder:
        case "bag":
            return "bag of embeddings"
        case "convolution":
            return f"convolution with {config.hidden_size} maps of each of the widths {', '.join(map(str, WIDTHS))}"
        case _:
            ways = "bidirectional " if config.bidirectional else ""
            size = f"{config.hidden_size} units a direction and {config.num_layers} layer(s)"
            return f"{ways}{config.encoder.upper()} with {size}"


def encoded_size(config: ModelConfig) -> int:
    """How many numbers the encoder gives for a token; nothing is built."""
    match config.encoder:
        case "bag":
            return config.embedding_size
        case "convolution":
            return len(WIDTHS) * config.hidden_size
        case _:
            return config.hidden_size * (2 if config.bidirectional else 1)


def shapes_of_encoder(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """The shapes of the encoder's weights, by name; nothing is built."""
    if config.encoder == "bag":
        return {}
    if config.encoder == "convolution":
        return shapes_of_maps(config.embedding_size, config.hidden_size)
    return shapes_of_layers(
        config.encoder,
        config.embedding_size,
        config.hidden_size,
        num_layers=config.num_layers,
        bidirectional=config.bidirectional,
    )
