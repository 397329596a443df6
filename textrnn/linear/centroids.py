"""Nearest centroid, for targets with so many classes that one regression per class would take too long.

The centroid of a class is the normalised sum of its texts, and a text belongs to the class with the highest cosine
(Rocchio 1971). With few texts per class this is as accurate as a regression (docs/log.md). The scale that turns cosines
into logits is fitted on training texts, each compared with its own centroid without itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.data.target import Target
from textrnn.linear.fit_scale import INITIAL_SCALE, fit_scale

MANY_CLASSES = 500  # at least this many
SCALE_TEXTS = 2_000  # training texts on which the scale is fitted
MAX_WEIGHTS = 1 << 27  # weights at most: 1 GB of float64


def has_many_classes(target: Target) -> bool:
    """Whether `target` has too many classes for one regression each."""
    return target.kind != "number" and target.outputs >= MANY_CLASSES


def max_features_for(target: Target, most: int) -> int:
    """Return how many n-grams, at most `most`, are kept: for many classes no more than `MAX_WEIGHTS` allows."""
    return min(most, MAX_WEIGHTS // target.outputs) if has_many_classes(target) else most


def smoothed_idf(counts: sparse.csr_array) -> NDArray[np.float64]:
    """Return the smoothed inverse document frequencies (F,) of `counts` (N, F), as in scikit-learn."""
    found = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity: NDArray[np.float64] = np.log((1 + counts.shape[0]) / (1 + found)) + 1
    return rarity


def fit_centroids(
    weighed: sparse.csr_array, labels: NDArray[Any], classes: int, each: NDArray[np.floating] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit weights (F, C) and bias (C,) float64 on the normalised rows of `weighed` (N, F).

    `labels` are class numbers (N,), or 0 or 1 for each class (N, C). The bias is the log class frequency. `each` are
    sample weights, (N,) or (N, 1), or (N, C) for each class.
    """
    rows: Any = weighed.shape[0]
    member = plain = _members(labels, classes)
    if each is not None:
        column = each.reshape(len(labels), -1).astype(np.float64)
        member, rows = sparse.csr_array(member.multiply(column)), column.sum(axis=0)
    sums = (member.T @ weighed).toarray()  # (C, F)
    lengths = np.maximum(np.sqrt(np.square(sums).sum(axis=1)), 1e-12)
    common = (np.asarray(member.sum(axis=0)).ravel() + 0.5) / (rows + 1.0)
    exclusive = labels.ndim == 1
    bias = np.log(common) - (0.0 if exclusive else np.log1p(-np.minimum(common, 0.999)))
    asked = _spread(np.flatnonzero(_has_same_class_text(plain)), SCALE_TEXTS)
    if not len(asked) or not weighed.nnz:
        return (sums / lengths[:, None]).T * INITIAL_SCALE, bias
    cosines, true = _without_themselves(weighed, member, sums, asked), member[asked].toarray() > 0
    sharpness, shift = fit_scale(cosines, true, bias, exclusive=exclusive)
    return (sums / lengths[:, None]).T * sharpness, bias + shift


def _members(labels: NDArray[Any], classes: int) -> sparse.csr_array:
    """Return class membership (N, C) of 0 and 1."""
    if labels.ndim == 2:
        return sparse.csr_array(labels.astype(np.float64))
    ones = (np.ones(len(labels)), labels, np.arange(len(labels) + 1))
    return sparse.csr_array(ones, shape=(len(labels), classes))


def _has_same_class_text(member: sparse.csr_array) -> NDArray[np.bool_]:
    """Return whether every class of each text has another text, (N,); True for a text without classes."""
    alone = (np.asarray(member.sum(axis=0)).ravel() < 2).astype(np.float64)
    found: NDArray[np.bool_] = np.asarray(member @ alone).ravel() == 0
    return found


def _spread(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return at most `most` of `rows`, evenly spread."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _without_themselves(
    weighed: sparse.csr_array, member: sparse.csr_array, sums: NDArray[np.float64], asked: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the cosines (n, C) of the `asked` texts with each centroid, leaving each text out of its own."""
    texts, own = weighed[asked], member[asked].tocoo()
    products, squares = texts @ sums.T, np.square(sums).sum(axis=1)
    lengths = np.tile(np.sqrt(squares), (len(asked), 1))
    itself = np.asarray(texts.multiply(texts).sum(axis=1)).ravel()[own.row]
    left = squares[own.col] - 2 * own.data * products[own.row, own.col] + own.data**2 * itself
    products[own.row, own.col] -= own.data * itself
    lengths[own.row, own.col] = np.sqrt(np.maximum(left, 0.0))
    found: NDArray[np.float64] = products / np.maximum(lengths, 1e-12)
    return found
