"""Shapley values by two orders: words come one by one, as they are read, then from the end; each adds what changes."""

from __future__ import annotations

from functools import partial

import numpy as np

from textrnn.explanation.network_parts import ExplainNetwork, Float, Int, NetworkInput, NetworkParts
from textrnn.explanation.neutral_cells import count_columns, neutralize_columns, stack_rows
from textrnn.inference.engine import Engine
from textrnn.inference.logits import compute_logits
from textrnn.text.ragged import Ragged, offsets_of


def shapley(engine: Engine) -> ExplainNetwork:
    """Returns the method by which `engine` explains a text; it needs nothing else.

    The part of a group of words is what it adds to the groups before it, and to those behind it, on average: the
    estimate of its Shapley value (1953) by an order and the reverse of it (Castro et al. 2009, "Polynomial calculation
    of the Shapley value based on sampling"; Mitchell et al. 2022 on reversed orders). Tabular columns come after the
    words, then before them. The parts add up to the whole, and nothing remains. All texts are read in one go.
    """
    return partial(_shapley, engine)


def _shapley(engine: Engine, text: NetworkInput, weights: Float) -> NetworkParts:
    columns = engine.network.tabular
    steps = text.count + (0 if text.tabular is None else count_columns(columns))
    # which groups, then which columns, are there in each row: those that came first, then those that came last
    here, number = np.arange(steps), np.arange(steps + 1)[:, None]
    present = np.concatenate([here < number, here[::-1] < number])
    tabular = None
    if text.tabular is not None:
        absent = [np.flatnonzero(~there).tolist() for there in present[:, text.count :]]
        tabular = stack_rows([neutralize_columns(text.tabular, columns, which) for which in absent])
    rows = rows_of(text, present[:, : text.count])
    values = compute_logits(engine, rows, max_tokens=max(len(text.ids), 1), tabular=tabular) @ weights
    first, second = values[: steps + 1], values[steps + 1 :]
    parts = (np.diff(first) + np.diff(second)[::-1]) / 2
    return NetworkParts(parts[: text.count], parts[text.count :], float(values[0]))


def rows_of(text: NetworkInput, present: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Ragged:
    """Returns the token ids of `text` with the groups that are `present` (N, G), and what is in no group.

    >>> text = NetworkInput(np.array([7, 8, 4, 9], np.int32), np.array([0, 0, -1, 1]), 2)
    >>> [row.tolist() for row in rows_of(text, np.array([[True, False], [False, False]]))]
    [[7, 8, 4], [4]]
    """
    always = np.ones((len(present), 1), bool)
    kept = np.concatenate([present, always], axis=1)[:, text.groups]  # group -1 is the last column
    lengths: Int = kept.sum(axis=1).astype(np.int64)
    return Ragged(np.broadcast_to(text.ids, kept.shape)[kept].astype(np.int32), offsets_of(lengths))
