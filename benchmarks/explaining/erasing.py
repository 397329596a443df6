"""Words erased from a text in some order, and what that does to a prediction: curves, the best order, the worst one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from textrnn.decision.decision import compute_scores
from textrnn.explanation.word_spans import GroupedText
from textrnn.model.predictor import Predictor
from textrnn.text.ragged import Ragged, offsets_of
from textrnn.text.special_tokens import UNK

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Way = Literal["deletion", "unknown"]
WAYS: tuple[Way, ...] = ("deletion", "unknown")
BEAMS = 3
Score = Callable[[Bool], Float]  # which of G words are erased, (K, G) -> the probability without them, (K,)


def score_erased(predictor: Predictor, text: GroupedText, label: int, way: Way) -> Score:
    """Returns the probability of the class `label`, where words are deleted or become unknown."""
    ids, groups = text.tokens.ids, text.groups

    def score(erased: Bool) -> Float:
        gone = erased[:, groups]
        if way == "unknown":
            rows = Ragged(np.where(gone, UNK, ids).astype(np.int32).reshape(-1), _even(len(erased), len(ids)))
        else:
            kept = np.broadcast_to(ids, gone.shape)[~gone]
            rows = Ragged(kept.astype(np.int32), offsets_of((~gone).sum(axis=1).astype(np.int64)))
        return compute_scores(predictor.decision, predictor.encoded_logits(rows))[:, label]

    return score


def _even(rows: int, length: int) -> NDArray[np.int64]:
    return np.arange(rows + 1, dtype=np.int64) * length


@dataclass(frozen=True)
class Areas:
    """The mean drop of the probability while G words are erased one by one: by an order, and by its reverse.

    The first is comprehensiveness as an area over the perturbation curve (AOPC, Samek et al. 2017); the second, but for
    a constant, sufficiency (DeYoung et al. 2020, "ERASER").
    """

    order: float
    reverse: float


def areas_of(score: Score, order: NDArray[np.int64]) -> Areas:
    """Returns the areas of an `order` (G,): the word that is erased first stands first."""
    size = len(order)
    rank = np.argsort(order)
    erased = np.concatenate(
        [rank[None, :] < np.arange(size + 1)[:, None], size - 1 - rank[None, :] < np.arange(size + 1)[:, None]]
    )
    values = score(erased)
    drops = values[0] - values
    return Areas(float(drops[1 : size + 1].mean()), float(drops[size + 2 :].mean()))


def search_extreme(score: Score, size: int, sign: int, beams: int = BEAMS) -> float:
    """Returns the largest area (`sign` 1) or the smallest (-1) of all orders of `size` words that is found."""
    start = float(score(np.zeros((1, size), bool))[0])
    states, sums = np.zeros((1, size), bool), np.zeros(1)
    for _ in range(size):
        which, word = np.nonzero(~states)
        nexts = states[which]
        nexts[np.arange(len(word)), word] = True
        nexts = np.unique(nexts, axis=0)
        totals = _best_totals(states, sums, nexts, sign) + (start - score(nexts))
        best = np.argsort(-sign * totals, kind="stable")[:beams]
        states, sums = nexts[best], totals[best]
    return float(sign * np.max(sign * sums)) / size


def _best_totals(states: Bool, sums: Float, nexts: Bool, sign: int) -> Float:
    """Of each of `nexts`, the best sum of a state that it comes from."""
    found = np.full(len(nexts), -np.inf)
    for state, total in zip(states, sums, strict=True):
        comes = (nexts >= state).all(axis=1)
        found[comes] = np.maximum(found[comes], sign * total)
    return sign * found
