"""Pooling as ONNX operators: the real steps of each text become one vector; of a text without tokens zeros."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from textrnn.config.model import ModelConfig
from textrnn.export.encoder_nodes import Steps
from textrnn.export.graph_builder import FLOAT, Graph

MIN_FLOAT = -3.0e38  # finite: -inf would make NaN of 0 * -inf


def add_pooling(
    graph: Graph, config: ModelConfig, weights: Mapping[str, NDArray[np.float32]], states: str, steps: Steps
) -> str:
    """Add the pooling of `states` (T, B, D * H); returns (B, P)."""
    if config.pooling == "last":
        return _add_last(graph, config, states, steps)
    if config.pooling == "attention":
        return _add_attention(graph, weights, states, steps)
    counts = graph.add("ReduceSum", graph.add("Cast", steps.mask, to=FLOAT), graph.constant([0]), keepdims=0)  # (B, 1)
    mean = highest = ""
    if config.pooling != "max":
        total = _sum_of(graph, states, steps.mask)
        mean = graph.add("Div", total, graph.add("Max", counts, graph.constant(1.0, np.float32)))
    if config.pooling != "mean":
        real = graph.add("Where", steps.mask, states, graph.constant(MIN_FLOAT, np.float32))
        highest = graph.add("ReduceMax", real, axes=[0], keepdims=0)
        highest = graph.add("Mul", highest, graph.add("Min", counts, graph.constant(1.0, np.float32)))
    return graph.add("Concat", highest, mean, axis=1) if mean and highest else mean or highest


def _add_attention(graph: Graph, weights: Mapping[str, NDArray[np.float32]], states: str, steps: Steps) -> str:
    """The mean of the states, weighted by a softmax of their scores; a bias, the same for all, would change nothing."""
    score = graph.add("MatMul", states, graph.constant(weights["score.weight"].T, np.float32, name="pool_score"))
    score = graph.add("Where", steps.mask, score, graph.constant(MIN_FLOAT, np.float32))
    share = graph.add("Softmax", score, axis=0)
    return _sum_of(graph, graph.add("Mul", share, states), steps.mask)


def _add_last(graph: Graph, config: ModelConfig, states: str, steps: Steps) -> str:
    """The state of the last token of each text; of the second direction, which ends there, that of the first."""
    start, second, last = (graph.constant([at]) for at in (0, 1, -1))
    end, none = graph.constant([np.iinfo(np.int64).max]), graph.constant([0])
    # the step behind the longest text is never real: there is always one
    never = graph.add("Slice", steps.mask, last, end, none)
    later = graph.add("Concat", graph.add("Slice", steps.mask, second, end, none), never, axis=0)
    at_end = _sum_of(graph, states, graph.add("And", steps.mask, graph.add("Not", later)))
    if config.encoder in ("bag", "convolution") or not config.bidirectional:
        return at_end
    earlier = graph.add("Concat", never, graph.add("Slice", steps.mask, start, last, none), axis=0)
    at_start = _sum_of(graph, states, graph.add("And", steps.mask, graph.add("Not", earlier)))
    size, features = graph.constant([config.hidden_size]), graph.constant([1])
    forward = graph.add("Slice", at_end, start, size, features)
    return graph.add("Concat", forward, graph.add("Slice", at_start, size, end, features), axis=1)


def _sum_of(graph: Graph, states: str, which: str) -> str:
    """The sum (B, D * H) of the steps of each text that are marked in `which` (T, B, 1)."""
    alone = graph.add("Where", which, states, graph.constant(0.0, np.float32))
    return graph.add("ReduceSum", alone, graph.constant([0]), keepdims=0)
