"""Integrated gradients: what each word adds to the recurrent branch, by captum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from textrnn.data.tabular import TabularFeatures
from textrnn.explanation.network_parts import ExplainNetwork, Float, NetworkInput, NetworkParts
from textrnn.explanation.neutral_cells import count_columns, neutralize_all
from textrnn.inference.network import Network
from textrnn.inference.shapes import embedded_size
from textrnn.nn.classifier import RecurrentClassifier
from textrnn.nn.from_network import to_torch
from textrnn.nn.pooling import read_and_pool
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.nn.tabular import tabular_batch
from textrnn.text.special_tokens import UNK

FIRST_STEPS, MOST_STEPS = 32, 4096  # of the integral
TOLERANCE = 0.005  # its error, as a share of the sizes of all parts
MAX_TOKENS_AT_ONCE = 1 << 14  # tokens of all steps that are computed together


@dataclass(frozen=True)
class _Path:
    """The `ends` and the `starts` of the straight lines that are integrated over: of the embedded tokens (1, T, E), and
    of the tabular cells as numbers (1, W), if there are any.
    """

    ends: tuple[Tensor, ...]
    starts: tuple[Tensor, ...]


def integrated_gradients(network: Network) -> ExplainNetwork:
    """Returns the method by which a `network` explains a text (Sundararajan et al. 2017, "Axiomatic attribution for
    deep networks").

    The integral goes from a text of as many unknown words, with neutral columns, which is the base. Steps are doubled
    until its error is small. Raises ModelError where the weights do not fit the settings.
    """
    built = to_torch(network)

    def explain(text: NetworkInput, weights: Float) -> NetworkParts:
        path = _path(built, text)
        score = torch.from_numpy(weights.astype(np.float32))

        def value(*inputs: Tensor) -> Tensor:
            return _logits(built, *inputs) @ score

        with torch.no_grad():
            whole, base = (float(value(*inputs)) for inputs in (path.ends, path.starts))
        parts = _integrate(value, path, whole - base) if len(text.ids) or len(path.ends) > 1 else [np.zeros((1, 0, 1))]
        words = parts[0].sum(axis=(0, 2))
        own = text.groups >= 0
        groups = np.bincount(text.groups[own], words[own], minlength=text.count).astype(np.float64)
        columns = _by_column(built, parts[1][0]) if len(parts) > 1 else np.zeros(0)
        return NetworkParts(groups, columns, base)

    return explain


def _integrate(value: Callable[..., Tensor], path: _Path, change: float) -> list[Float]:
    """The parts of each input, in its shape; they sum to `change`, but for an error."""
    from captum.attr import IntegratedGradients  # an extra

    method, steps = IntegratedGradients(value), FIRST_STEPS
    at_once = max(1, MAX_TOKENS_AT_ONCE // max(path.ends[0].shape[1], 1))
    while True:
        found = method.attribute(path.ends, path.starts, n_steps=steps, internal_batch_size=at_once)
        parts = [np.asarray(part.detach(), np.float64) for part in found]
        sizes = np.abs(parts[0].sum(axis=2)).sum() + sum(np.abs(part).sum() for part in parts[1:])
        if abs(change - sum(part.sum() for part in parts)) <= TOLERANCE * sizes or steps >= MOST_STEPS:
            return parts
        steps *= 2


def _path(network: RecurrentClassifier, text: NetworkInput) -> _Path:
    with torch.no_grad():
        ids = torch.from_numpy(text.ids.astype(np.int64))
        whole = network.embedding(ids)
        stays = torch.from_numpy(text.groups < 0)[:, None]
        unknown = torch.where(stays, whole, network.embedding.weight[UNK])
        ends: tuple[Tensor, ...] = (whole[None],)
        starts: tuple[Tensor, ...] = (unknown[None],)
        if text.tabular is not None and network.side is not None:
            neutral = neutralize_all(text.tabular, network.tabular_columns)
            ends, starts = (*ends, _cells(network, text.tabular)), (*starts, _cells(network, neutral))
    return _Path(ends, starts)


def _cells(network: RecurrentClassifier, tabular: TabularFeatures) -> Tensor:
    """(1, W): the numbers, then the embedded categories of each column."""
    side = network.side
    assert side is not None
    batch = tabular_batch(tabular)
    return torch.cat([batch.numbers, *(embed(batch.codes[:, i]) for i, embed in enumerate(side.embeddings))], dim=1)


def _logits(network: RecurrentClassifier, embedded: Tensor, cells: Tensor | None = None) -> Tensor:
    """(B, C) of embedded tokens (B, T, E) and cells (B, W)."""
    x = embedded.transpose(0, 1).contiguous()
    lengths = torch.full((x.shape[1],), x.shape[0], dtype=torch.int64)
    if not len(x):
        x = torch.cat([x, x.new_zeros(1, *x.shape[1:])])  # of length 0 all the same
    if isinstance(network.encoder, RecurrentEncoder):
        pooled = read_and_pool(network.encoder, network.pool, x, lengths, None, None, None)
    else:
        pooled = network.pool(network.encoder(x, lengths, None, None), lengths, None)
    if cells is not None:
        assert network.side is not None
        pooled = torch.cat([pooled, network.side.units(cells).relu()], dim=1)
    logits: Tensor = network.head(pooled)
    return logits.float()


def _by_column(network: RecurrentClassifier, cells: Float) -> Float:
    """The parts (K,) of tabular columns, numeric ones first, of those of their cells (W,)."""
    columns = network.tabular_columns
    widths = [1 + column.has_empty for column in columns.numeric]
    widths += [embedded_size(number) for number in columns.sizes]
    assert len(widths) == count_columns(columns)
    return np.array([part.sum() for part in np.split(cells, np.cumsum(widths)[:-1])])
