"""Texts grouped by the words that they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.text.ragged import Ragged
from textrnn.text.special_tokens import FIRST_TOKEN_ID

MOST_GROUPS = 4
ROWS_A_GROUP = 10  # at least, on average
FEWEST = 5  # rows of a group: those of a smaller one go to the nearest other
# over the root of the rows: the mean silhouette from which they are more than one group; texts drawn from one kind of
# 8 to 200 words have up to 0.5
APART = 0.5
COMPARED = 500  # rows, evenly spaced, by which the groups are found; the others go to the nearest
MOST_TOKENS = 800  # that vectors are made of
AXES = 6  # along which the groups begin
ROUNDS = 12

Float = NDArray[np.float32]
Int = NDArray[np.int64]


@dataclass(frozen=True)
class Groups:
    """N rows in groups: the group of each, `number` (N,) int64 from 0 on, the largest first; how near it is to the
    middle of its group, `nearness` (N,), 1 at most.
    """

    number: Int
    nearness: Float


def group_alike(rows: Ragged, documents: Int, texts: int) -> Groups:
    """Group N `rows` of token ids by TF-IDF vectors: spherical k-means for 2 to 4 groups, of which the number with the
    best silhouette is taken; one group where none is clearly better.

    `documents` (V,) int64 counts the texts that have a token, among as many as `texts`. Equal rows give equal groups:
    nothing is drawn by chance. Source: Dhillon & Modha 2001, "Concept decompositions for large sparse text data using
    clustering"; Rousseeuw 1987, "Silhouettes".
    """
    space = _token_space(rows, documents, texts)
    some = _vectors(rows, space, np.arange(0, len(rows), max(1, -(-len(rows) // COMPARED))))
    best, centres = APART / len(some) ** 0.5, _unit(some.mean(axis=0, keepdims=True))
    similar = some @ some.T
    places = _principal(similar)
    for count in range(2, min(MOST_GROUPS, len(rows) // ROWS_A_GROUP) + 1):
        found = _k_means(some, places, count)
        score = _silhouette(similar, (some @ found.T).argmax(axis=1))
        if score > best:
            best, centres = score, found
    parts = range(0, len(rows), COMPARED)
    nearness = [
        _vectors(rows, space, np.arange(first, min(first + COMPARED, len(rows)))) @ centres.T for first in parts
    ]
    return _assign(np.concatenate(nearness))


@dataclass(frozen=True)
class _Space:
    """The `column` (V,) of each token in vectors of as many numbers as `size`, -1 of none; its `rarity` (V,)."""

    column: Int
    rarity: NDArray[np.float64]
    size: int


def _token_space(rows: Ragged, documents: Int, texts: int) -> _Space:
    """The tokens that stand in two rows at least, those that weigh most."""
    row = np.repeat(np.arange(len(rows)), rows.lengths)
    ids = np.unique(row * len(documents) + rows.flat[: rows.offsets[-1]]) % len(documents)
    rarity = np.log((1 + texts) / (1 + documents)) + 1e-3
    held = np.bincount(ids, minlength=len(documents))
    held[:FIRST_TOKEN_ID] = 0
    weight = np.where(held >= 2, held * rarity**2, 0.0)
    chosen = np.argsort(-weight, kind="stable")[:MOST_TOKENS]
    chosen = chosen[weight[chosen] > 0]
    column = np.full(len(documents), -1)
    column[chosen] = np.arange(len(chosen))
    return _Space(column, rarity, max(len(chosen), 1))


def _vectors(rows: Ragged, space: _Space, which: Int) -> Float:
    """TF-IDF vectors (M, size) of unit length of the rows `which` (M,)."""
    vectors = np.zeros((len(which), space.size), np.float32)
    for place, row in enumerate(which.tolist()):
        ids = rows[row]
        ids = ids[space.column[ids] >= 0]
        vectors[place, space.column[ids]] = space.rarity[ids]
    return _unit(vectors)


def _unit(vectors: Float) -> Float:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)


def _principal(similar: Float) -> Float:
    """The rows (N, P) along the principal axes of their vectors, from the products of these, `similar` (N, N)."""
    means = similar.mean(axis=0)
    centred = (similar - means[:, None] - means + means.mean()).astype(np.float64)
    values, axes = np.linalg.eigh(centred)
    return np.asarray(axes[:, -AXES:] * np.sqrt(np.maximum(values[-AXES:], 0)), np.float32)


def _k_means(vectors: Float, places: Float, count: int) -> Float:
    """The centres (K, T) of `count` groups. They start from groups of the `places` (N, P) of the rows along few axes,
    around the row that is farthest out, each next one the farthest from those before it.
    """
    chosen = [int((places**2).sum(axis=1).argmax())]
    for _ in range(count - 1):
        distance = ((places[:, None] - places[chosen]) ** 2).sum(axis=2).min(axis=1)
        chosen.append(int(distance.argmax()))
    middles = places[chosen]
    for _ in range(ROUNDS):
        group = ((places[:, None] - middles) ** 2).sum(axis=2).argmin(axis=1)
        middles = np.stack(
            [places[group == each].mean(axis=0) if (group == each).any() else middles[each] for each in range(count)]
        )
    centres = vectors[chosen]
    for _ in range(ROUNDS):
        sums = np.stack([vectors[group == each].sum(axis=0) for each in range(count)])
        centres = _unit(np.where(sums.any(axis=1, keepdims=True), sums, centres))
        group = (vectors @ centres.T).argmax(axis=1)
    return centres


def _silhouette(similar: Float, group: Int) -> float:
    """How much more like its own group than the next one a row is, on average, from -1 to 1; -1 of a single group."""
    sizes = np.bincount(group)
    if (sizes > 0).sum() < 2:
        return -1.0
    member = np.eye(len(sizes), dtype=np.float32)[group]
    sums = similar @ member
    rows = np.arange(len(group))
    means = sums / np.maximum(sizes, 1)
    means[:, sizes == 0] = -1
    own = (sums[rows, group] - similar[rows, rows]) / np.maximum(sizes[group] - 1, 1)
    means[rows, group] = -1
    apart, together = 1 - means.max(axis=1), 1 - own
    return float(np.mean((apart - together) / np.maximum(np.maximum(apart, together), 1e-12)))


def _assign(nearness: Float) -> Groups:
    """Each row to the nearest centre by its `nearness` (N, K); a centre with too few rows is left out."""
    while True:
        group = nearness.argmax(axis=1)
        sizes = np.bincount(group, minlength=nearness.shape[1])
        if len(sizes) == 1 or sizes.min() >= FEWEST:
            break
        nearness = np.delete(nearness, int(sizes.argmin()), axis=1)
    rank = np.empty(len(sizes), np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return Groups(rank[group], nearness[np.arange(len(group)), group])
