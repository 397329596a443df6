"""Predictions with their explanations, for one batch of requests."""

from __future__ import annotations

from collections.abc import Sequence

from textrnn.data.columns import Example
from textrnn.explanation.explanation import Explanation
from textrnn.model.explain import explain_examples
from textrnn.model.predictor import Predictions
from textrnn.serving.engine_thread import predict_batch
from textrnn.serving.served_model import ServedModel

MAX_SINGLE_WORDS = 256  # that are left out one by one: of more, several at once


def explain_batch(
    model: ServedModel, examples: Sequence[Example], threads: int | None = None
) -> tuple[Predictions, list[Explanation]]:
    """The predictions of `examples` (N), by so many `threads`, and N explanations of them."""
    return predict_batch(model, examples, threads), list(explain_examples(model.predictor, examples))


def explanation_cost(tokens: float, texts: int) -> float:
    """What explaining costs, in tokens, where predicting reads `tokens` of `texts` texts: a word costs one reading."""
    return tokens * min(1.0 + tokens / max(texts, 1), MAX_SINGLE_WORDS)
