"""How much arithmetic a training step is."""

from __future__ import annotations

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def training_flops(encoder: str, embedding: int, hidden: int) -> float:
    """FLOPs of a bidirectional training step for one real token; 0 for an encoder that is not counted.

    3 (forward, and twice that backward) x 2 (multiply, add) x 2 (directions) x gates * H * (E + H).
    Padding, pooling, the head and the optimizer are not counted.

    >>> training_flops("lstm", 128, 128)
    1572864.0
    """
    if encoder == "mingru":
        return 3.0 * 2 * 2 * 3 * hidden * embedding  # three products of the input, none of the state
    if encoder == "elman":
        return 3.0 * 2 * 2 * 2 * hidden * (embedding + hidden)  # the hidden state, and the output
    return 3.0 * 2 * 2 * GATES.get(encoder, 0) * hidden * (embedding + hidden)
