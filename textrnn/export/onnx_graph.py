"""A whole model as one ONNX graph: token ids -> calibrated probabilities."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from textrnn.decision.decision import Decision
from textrnn.errors import ConfigError
from textrnn.export.encoder_nodes import Steps, add_encoder
from textrnn.export.graph_builder import FLOAT, INT32, Graph
from textrnn.export.ngram_nodes import add_ngram_branch, add_weighed_tabular
from textrnn.export.pooling_nodes import add_pooling
from textrnn.model.predictor import Predictor

Weights = Mapping[str, NDArray[np.float32]]


def build_graph(predictor: Predictor) -> Graph:
    """Return the graph of `predictor`, whose batch and time are free.

    Inputs: `ids` (B, T) int64, the token ids of B texts, uncut, each followed by anything; `lengths` (B,) int64, how
    many of them are real, 0 too; for tabular columns `numbers` (B, K) float32 and `codes` (B, M) int64, as
    `encode_tabular` has them. Outputs: `probabilities` (B, C) float32, of a number `value` (B, 1); for a decision that
    rejects `accepted` (B,) bool. Raises ConfigError for a decision that a graph does not hold.
    """
    require_exportable(predictor.decision)
    graph = Graph(metadata=_metadata(predictor))
    columns = predictor.tabular
    given, lengths = graph.input("ids", np.int64, "batch", "time"), graph.input("lengths", np.int64, "batch")
    numbers = graph.input("numbers", np.float32, "batch", columns.width) if columns.width else ""
    codes = graph.input("codes", np.int64, "batch", len(columns.sizes)) if columns.sizes else ""
    ids, mask, lengths = _add_reading(graph, given, lengths)
    combined = ""
    if (weight := predictor.decision.recurrent) != 0:
        cut, steps = _add_cut(graph, predictor, ids, lengths)
        logits = _add_network(graph, predictor, cut, steps, numbers, codes)
        combined = _weighed(graph, logits, weight)
    if (weight := predictor.decision.ngram_branch) != 0:
        branch = predictor.ngram_branch
        logits = _add_branch(graph, predictor, ids, mask, lengths)
        if branch.tabular.size:
            more = add_weighed_tabular(graph, branch.tabular, columns.sizes, numbers, codes)
            logits = graph.add("Add", logits, more)
        logits = _weighed(graph, logits, weight)
        combined = graph.add("Add", combined, logits) if combined else logits
    _add_decision(graph, predictor, combined)
    return graph


def network_weights(predictor: Predictor) -> Weights:
    """Return the weights of the network by name."""
    return dict(predictor.engine.network.weights)


def _metadata(predictor: Predictor) -> dict[str, str]:
    """What a graph does not say: the classes of its outputs, and how probabilities become a prediction."""
    target, decision = predictor.target, predictor.decision
    found = {
        "target": target.kind,
        "classes": json.dumps(target.classes, ensure_ascii=False),
        "rule": decision.rule,
        "columns": json.dumps(predictor.columns.inputs, ensure_ascii=False),
    }
    return found | ({"thresholds": json.dumps(decision.thresholds)} if decision.thresholds else {})


def _add_reading(graph: Graph, given: str, lengths: str) -> tuple[str, str, str]:
    """The ids with a step more, so that there is always one, and PAD for what is not real; which are; the lengths."""
    longest = graph.add("Slice", graph.add("Shape", given), graph.constant([1]), graph.constant([2]))
    lengths = graph.add("Max", graph.add("Min", lengths, longest), graph.constant([0]))
    ids = graph.add("Pad", given, graph.constant([0, 0, 0, 1]), graph.constant(0))
    steps = graph.add("Add", longest, graph.constant([1]))
    mask = _real(graph, graph.add("Squeeze", steps), lengths)
    return graph.add("Where", mask, ids, graph.constant(0)), mask, lengths


def _real(graph: Graph, steps: str, lengths: str) -> str:
    """(B, steps) bool: which steps are real."""
    positions = graph.add("Range", graph.constant(0), steps, graph.constant(1))
    return graph.add("Less", positions, graph.add("Unsqueeze", lengths, graph.constant([1])))


def _add_cut(graph: Graph, predictor: Predictor, ids: str, lengths: str) -> tuple[str, Steps]:
    """The ids (T, B) that the network reads of each text, by `max_tokens` and `truncation`."""
    most, axis = predictor.max_tokens, graph.constant([1])
    kept = graph.add("Min", lengths, graph.constant([most]))
    if predictor.truncation == "head":
        ids = graph.add("Slice", ids, graph.constant([0]), graph.constant([most + 1]), axis)
    steps = graph.add("Slice", graph.add("Shape", ids), graph.constant([1]), graph.constant([2]))
    last = graph.add("Sub", steps, graph.constant([1]))
    if predictor.truncation != "head":
        steps = graph.add("Min", steps, graph.constant([most + 1]))
        within = graph.add("Range", graph.constant(0), graph.add("Squeeze", steps), graph.constant(1))
        excess = graph.add("Unsqueeze", graph.add("Sub", lengths, kept), axis)
        if predictor.truncation == "both":
            is_head = graph.add("Less", within, graph.constant((most + 1) // 2))
            excess = graph.add("Where", is_head, graph.constant(0), excess)
        source = graph.add("Min", graph.add("Add", within, excess), last)
        ids = graph.add("GatherElements", ids, source, axis=1)
    mask = _real(graph, graph.add("Squeeze", steps), kept)
    ids = graph.add("Transpose", graph.add("Where", mask, ids, graph.constant(0)), perm=[1, 0])
    by_step = graph.add("Unsqueeze", graph.add("Transpose", mask, perm=[1, 0]), graph.constant([2]))
    # of no step engines say different things: a text without tokens has one, which pooling leaves out
    some = graph.add("Cast", graph.add("Max", kept, graph.constant([1])), to=INT32)
    return ids, Steps(by_step, some)


def _add_network(graph: Graph, predictor: Predictor, ids: str, steps: Steps, numbers: str, codes: str) -> str:
    """The logits (B, C) of the network."""
    weights, config = network_weights(predictor), predictor.engine.network.config
    embedding = graph.constant(weights["embedding.weight"], np.float32, name="embedding")
    states = add_encoder(graph, config, _part(weights, "encoder."), graph.add("Gather", embedding, ids), steps)
    pooled = add_pooling(graph, config, _part(weights, "pool."), states, steps)
    if predictor.tabular.features:
        pooled = graph.add("Concat", pooled, _add_tabular(graph, _part(weights, "side."), numbers, codes), axis=1)
    return _linear(graph, pooled, weights["head.weight"], weights["head.bias"], "head")


def _add_tabular(graph: Graph, weights: Weights, numbers: str, codes: str) -> str:
    """The units (B, S) of numbers and embedded categories."""
    parts = [numbers] if numbers else []
    for i in range(sum(name.startswith("embeddings.") for name in weights)):
        table = graph.constant(weights[f"embeddings.{i}.weight"], np.float32, name=f"categories_{i}")
        parts.append(graph.add("Gather", table, graph.add("Gather", codes, graph.constant(i), axis=1)))
    read = graph.add("Concat", *parts, axis=1)
    return graph.add("Relu", _linear(graph, read, weights["units.weight"], weights["units.bias"], "units"))


def _add_branch(graph: Graph, predictor: Predictor, ids: str, mask: str, lengths: str) -> str:
    """The logits (B, C) that the n-gram branch has of the texts."""
    branch = predictor.ngram_branch
    if branch.ngrams.features:
        vocabulary_size = len(network_weights(predictor)["embedding.weight"])
        return add_ngram_branch(graph, branch, vocabulary_size, ids, mask)
    each = graph.add("Unsqueeze", graph.add("Cast", lengths, to=FLOAT), graph.constant([1]))  # (B, 1)
    nothing = graph.add("Mul", each, graph.constant(0.0, np.float32))
    return graph.add("Add", nothing, graph.constant(branch.bias, np.float32, name="ngram_bias"))


def _add_decision(graph: Graph, predictor: Predictor, combined: str) -> None:
    """The outputs, from the combined logits (B, C)."""
    decision, outputs = predictor.decision, predictor.target.outputs
    if decision.offset:
        combined = graph.add("Add", combined, graph.constant(decision.offset, np.float32))
    if decision.calibration.scales:
        combined = graph.add("Mul", combined, graph.constant(decision.calibration.scales, np.float32, name="scales"))
        combined = graph.add("Add", combined, graph.constant(decision.calibration.offsets, np.float32, name="offsets"))
    if decision.rule == "value":
        graph.output("value", combined, np.float32, "batch", 1)
        return
    scores = graph.add("Sigmoid", combined) if decision.rule == "thresholds" else graph.add("Softmax", combined, axis=1)
    graph.output("probabilities", scores, np.float32, "batch", outputs)
    if decision.min_confidence is not None:
        highest = graph.add("ReduceMax", combined, axes=[1], keepdims=0)
        accepted = graph.add("GreaterOrEqual", highest, graph.constant(decision.min_confidence, np.float32))
        graph.output("accepted", accepted, np.bool_, "batch")
    elif decision.accept:
        graph.output("accepted", _add_accepted(graph, decision, scores), np.bool_, "batch")


def _add_accepted(graph: Graph, decision: Decision, scores: str) -> str:
    """(B,) bool: whether the probability of the prediction reaches its threshold."""
    least = graph.constant(decision.accept, np.float32, name="accept")
    if decision.rule == "median":
        half = graph.constant(0.5, np.float32)
        reached = graph.add("GreaterOrEqual", graph.add("CumSum", scores, graph.constant(1)), half)
        chosen = graph.add("ArgMax", graph.add("Cast", reached, to=INT32), axis=1, keepdims=1)
    else:
        chosen = graph.add("ArgMax", scores, axis=1, keepdims=1)
    own = graph.add("GatherElements", scores, chosen, axis=1)
    bound = graph.add("Gather", least, chosen) if len(decision.accept) > 1 else least
    return graph.add("Squeeze", graph.add("GreaterOrEqual", own, bound), graph.constant([1]))


def require_exportable(decision: Decision) -> None:
    """Raise ConfigError for a decision that a graph does not hold."""
    for name, is_there in (("costs", decision.costs), ("recall", decision.lowered)):
        if is_there:
            raise ConfigError(
                f"--onnx: expected a decision by probability, found one by {name}, which the graph does not hold; "
                "export the model with another, as by `textrnn decide --coverage 1`"
            )


def _weighed(graph: Graph, logits: str, weight: float) -> str:
    return graph.add("Mul", logits, graph.constant(weight, np.float32))


def _linear(graph: Graph, x: str, weight: NDArray[np.float32], bias: NDArray[np.float32], name: str) -> str:
    constants = [graph.constant(value, np.float32, name=f"{name}_{i}") for i, value in enumerate((weight, bias))]
    return graph.add("Gemm", x, *constants, transB=1)


def _part(weights: Weights, prefix: str) -> dict[str, NDArray[np.float32]]:
    return {name.removeprefix(prefix): weight for name, weight in weights.items() if name.startswith(prefix)}
