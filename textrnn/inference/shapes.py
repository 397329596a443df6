"""The shapes of a network's weights, by name; nothing is built.

Names are those of `torch.nn`, where it has such a module. Shape letters: E embedding, H hidden units, C outputs.
"""

from __future__ import annotations

import math

from textrnn.config.model import ModelConfig, Recurrence
from textrnn.data.tabular import TabularColumns

Shapes = dict[str, tuple[int, ...]]
GATES: dict[Recurrence, int] = {"lstm": 4, "gru": 3, "rnn": 1}  # cells with the weights of `torch.nn`
FILTER_WIDTHS = (3, 4, 5)  # tokens in a window of the convolution
MAX_CATEGORY_EMBEDDING = 50  # numbers an embedding of categories has at most


def cell_shapes(cell: Recurrence, input_size: int, hidden_size: int) -> Shapes:
    """Returns the shapes of the weights of one direction of one layer, in order.

    >>> cell_shapes("lstm", 3, 2)
    {'weight_ih': (8, 3), 'weight_hh': (8, 2), 'bias_ih': (8,), 'bias_hh': (8,)}
    """
    if cell == "mingru":  # gate and candidate, then the rows by which the gate reads the token before
        return {"weight_ih": (3 * hidden_size, input_size), "bias_ih": (2 * hidden_size,)}
    if cell == "elman":
        square, rows = (hidden_size, hidden_size), (hidden_size, input_size)
        hidden: Shapes = {"weight_ih": rows, "weight_hh": square, "bias_ih": (hidden_size,)}
        return {**hidden, "weight_io": rows, "weight_ho": square, "bias_io": (hidden_size,)}
    rows = (GATES[cell] * hidden_size, input_size)
    return {"weight_ih": rows, "weight_hh": (rows[0], hidden_size), "bias_ih": rows[:1], "bias_hh": rows[:1]}


def layer_suffixes(number: int, *, bidirectional: bool) -> tuple[str, ...]:
    """Returns how the names of a layer's weights end, one ending a direction.

    >>> layer_suffixes(1, bidirectional=True)
    ('_l1', '_l1_reverse')
    """
    return (f"_l{number}", f"_l{number}_reverse") if bidirectional else (f"_l{number}",)


def layer_shapes(
    cell: Recurrence, input_size: int, hidden_size: int, *, num_layers: int, bidirectional: bool
) -> Shapes:
    """Returns the shapes of the weights of all layers, in order.

    >>> layer_shapes("rnn", 3, 2, num_layers=1, bidirectional=False)
    {'weight_ih_l0': (2, 3), 'weight_hh_l0': (2, 2), 'bias_ih_l0': (2,), 'bias_hh_l0': (2,)}
    """
    shapes: Shapes = {}
    for number in range(num_layers):
        width = hidden_size * (2 if bidirectional else 1) if number else input_size
        for suffix in layer_suffixes(number, bidirectional=bidirectional):
            shapes |= {name + suffix: shape for name, shape in cell_shapes(cell, width, hidden_size).items()}
    return shapes


def convolution_shapes(input_size: int, hidden_size: int) -> Shapes:
    """Returns the shapes of the filters of each width, in order."""
    shapes: Shapes = {}
    for number, width in enumerate(FILTER_WIDTHS):
        shapes |= {f"maps.{number}.weight": (hidden_size, input_size, width), f"maps.{number}.bias": (hidden_size,)}
    return shapes


def encoder_shapes(config: ModelConfig) -> Shapes:
    """Returns the shapes of the encoder's weights."""
    if config.encoder == "bag":
        return {}
    if config.encoder == "convolution":
        return convolution_shapes(config.embedding_size, config.hidden_size)
    return layer_shapes(
        config.encoder,
        config.embedding_size,
        config.hidden_size,
        num_layers=config.num_layers,
        bidirectional=config.bidirectional,
    )


def encoded_size(config: ModelConfig) -> int:
    """Returns how many numbers the encoder gives for a token."""
    match config.encoder:
        case "bag":
            return config.embedding_size
        case "convolution":
            return len(FILTER_WIDTHS) * config.hidden_size
        case _:
            return config.hidden_size * (2 if config.bidirectional else 1)


def embedded_size(categories: int) -> int:
    """Returns how many numbers stand for one of so many categories: the rule of fastai's tabular models.

    >>> embedded_size(2), embedded_size(10), embedded_size(1000)
    (3, 6, 50)
    """
    return min(MAX_CATEGORY_EMBEDDING, math.ceil(1.6 * math.pow(categories, 0.56)))


def tabular_shapes(columns: TabularColumns, size: int) -> Shapes:
    """Returns the shapes of the weights that encode tabular features as `size` numbers."""
    sizes = columns.sizes
    shapes: Shapes = {f"embeddings.{i}.weight": (number, embedded_size(number)) for i, number in enumerate(sizes)}
    width = columns.width + sum(map(embedded_size, sizes))
    return {**shapes, "units.weight": (size, width), "units.bias": (size,)}


def network_shapes(config: ModelConfig, vocabulary_size: int, outputs: int, tabular: TabularColumns) -> Shapes:
    """Returns the shape of every weight of a network."""
    width = encoded_size(config)
    shapes: Shapes = {"embedding.weight": (vocabulary_size, config.embedding_size)}
    shapes |= {f"encoder.{name}": shape for name, shape in encoder_shapes(config).items()}
    if config.pooling == "attention":
        shapes |= {"pool.score.weight": (1, width), "pool.score.bias": (1,)}
    pooled = width * 2 if config.pooling == "max_mean" else width
    if tabular.features:
        pooled += config.tabular_size
        shapes |= {f"side.{name}": shape for name, shape in tabular_shapes(tabular, config.tabular_size).items()}
    return {**shapes, "head.weight": (outputs, pooled), "head.bias": (outputs,)}
