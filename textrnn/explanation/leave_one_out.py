"""Leave-one-out: a text is read again without each word; how much that changes is the word's part."""

from __future__ import annotations

from functools import partial

import numpy as np

from textrnn.explanation.network_parts import ExplainNetwork, Float, NetworkInput, NetworkParts
from textrnn.explanation.neutral_cells import neutralize_all, neutralize_each, stack_rows
from textrnn.inference.engine import Engine
from textrnn.inference.logits import compute_logits
from textrnn.text.ragged import Ragged, offsets_of


def leave_one_out(engine: Engine) -> ExplainNetwork:
    """Returns the method by which `engine` explains a text, exactly: it needs nothing else.

    A part is the value of the whole text less that of the text from which a group of words is deleted, or in which a
    tabular column is neutral. These are Li et al. 2016, "Understanding neural networks through representation
    erasure", for groups of words. All texts are read in one go.
    """
    return partial(_leave_one_out, engine)


def _leave_one_out(engine: Engine, text: NetworkInput, weights: Float) -> NetworkParts:
    columns = [] if text.tabular is None else neutralize_each(text.tabular, engine.network.tabular)
    rows = variants_of(text, copies=len(columns))
    tabular = None
    if text.tabular is not None:
        same = [text.tabular] * (1 + text.count)
        tabular = stack_rows([*same, neutralize_all(text.tabular, engine.network.tabular), *columns])
    logits = compute_logits(engine, rows, max_tokens=max(len(text.ids), 1), tabular=tabular)
    values = logits @ weights
    left_out = values[0] - values[1:]
    return NetworkParts(left_out[: text.count], left_out[text.count + 1 :], float(values[1 + text.count]))


def variants_of(text: NetworkInput, *, copies: int = 0) -> Ragged:
    """Returns the rows whose logits are needed: the whole text, it without each group, without all of them, and so many
    whole `copies`.

    >>> text = NetworkInput(np.array([7, 8, 4, 9], np.int32), np.array([0, 0, -1, 1]), 2)
    >>> [row.tolist() for row in variants_of(text)]
    [[7, 8, 4, 9], [4, 9], [7, 8, 4], [4]]
    """
    kept = text.groups[None, :] != np.arange(text.count)[:, None]
    rest = text.ids[text.groups < 0]
    parts = [text.ids, np.broadcast_to(text.ids, kept.shape)[kept], rest, np.tile(text.ids, copies)]
    size = len(text.ids)
    lengths = [np.array([size]), kept.sum(axis=1), np.array([len(rest)]), np.full(copies, size)]
    return Ragged(np.concatenate(parts).astype(np.int32), offsets_of(np.concatenate(lengths).astype(np.int64)))
