"""Branch weights with the lowest loss on labelled rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.branch_prior import EQUAL, BranchPrior
from textrnn.decision.decision import RULES, Decision, Rule, compute_scores
from textrnn.metrics.losses import binary_cross_entropy, sigmoid
from textrnn.metrics.predictions import fit_thresholds
from textrnn.metrics.softmax import softmax

WEIGHT_DIGITS = 4  # of branch weights: an optimizer's last digits are noise


def fit_decision(
    logits: BranchLogits,
    labels: NDArray[Any],
    *,
    has_ngrams: bool,
    target: Target | None = None,
    weights: NDArray[np.float64] | None = None,
    prior: BranchPrior = EQUAL,
) -> Decision:
    """Fit the decision, with non-negative branch weights, of lowest loss on N texts with `labels` of `target` (None:
    single).

    This is stacking with non-negative weights (Breiman 1996, "Stacked regressions"); with one branch it is temperature
    scaling (Guo et al. 2017). A penalty of the strength of `prior` / 2 times the squared distance from its weights
    keeps the weights finite where a few texts are separable, and keeps a few texts from removing a branch by
    chance; with thousands of texts it is negligible. The loss is convex in the weights. The thresholds of a `multi`
    target have the best F1 on the same texts.
    """
    branches = np.stack([logits.recurrent, logits.ngram_branch] if has_ngrams else [logits.recurrent])
    kind = "single" if target is None else target.kind
    each = np.ones(len(labels)) if weights is None else weights * (len(weights) / weights.sum())
    if target is not None and target.kind == "number":
        return _fit_value(branches, labels, target, each)
    start = np.array([prior.recurrent, prior.ngram_branch] if has_ngrams else [1.0])
    nats_of = _binary_nats if kind == "multi" else summed_loss

    def loss(factors: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        nats, surprise = nats_of((factors[:, None, None] * branches).sum(axis=0), labels, each)
        pull = factors - start
        return nats + prior.strength / 2 * float((pull**2).sum()), (branches * surprise).sum(
            axis=(1, 2)
        ) + prior.strength * pull

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(branches))
    factors = [round(float(x), WEIGHT_DIGITS) for x in found.x]
    if not max(factors) > 0:  # all worse than chance: keep those of the prior
        factors = start.tolist()
    decision = _decision_of(factors, rule=RULES[kind])
    if kind != "multi":
        return decision
    thresholds = (
        fit_thresholds(labels, compute_scores(decision, logits), each)
        if len(labels)
        else np.full(branches.shape[2], 0.5)
    )
    return replace(decision, thresholds=tuple(thresholds.tolist()))


def summed_loss(
    mixed: NDArray[np.float64], labels: NDArray[np.int64], each: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the summed log loss of logits (N, C) and its gradient; `each` (N,) are sample weights."""
    rows = np.arange(len(labels))
    surprise = softmax(mixed)
    highest = mixed.max(axis=1, initial=-np.inf)
    nats = np.log(np.exp(mixed - highest[:, None]).sum(axis=1)) + highest - mixed[rows, labels]
    surprise[rows, labels] -= 1
    return float((nats * each).sum()), surprise * each[:, None]


def _binary_nats(
    mixed: NDArray[np.float64], labels: NDArray[Any], each: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the summed binary log loss of logits (N, C) and its gradient; `each` (N,) are sample weights."""
    column = each[:, None]
    return float((binary_cross_entropy(mixed, labels) * column).sum()), (sigmoid(mixed) - labels) * column


def _fit_value(
    branches: NDArray[np.float64], labels: NDArray[np.float64], target: Target, each: NDArray[np.float64]
) -> Decision:
    """Fit non-negative weights and the offset by least squares, in units of the labels; `branches` (K, N, 1) are
    standardised, `each` (N,) are sample weights.
    """
    wanted = (labels - target.centre) / target.scale
    start = np.full(len(branches), 1 / len(branches))

    def loss(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        error = x[:-1] @ branches[:, :, 0] + x[-1] - wanted
        pull = x[:-1] - start
        counted = error * each
        gradient = np.append(branches[:, :, 0] @ counted + EQUAL.strength * pull, counted.sum())
        return 0.5 * float((counted * error).sum() + EQUAL.strength * (pull**2).sum()), gradient

    bounds = [(0, None)] * len(branches) + [(None, None)]
    found = minimize(loss, np.append(start, 0.0), jac=True, method="L-BFGS-B", bounds=bounds).x
    if not found[:-1].max() > 0:
        found = np.append(start, 0.0)
    factors = [float(f"{x * target.scale:.6g}") for x in found[:-1]]
    offset = float(f"{target.centre + found[-1] * target.scale:.9g}")
    return _decision_of(factors, rule="value", offset=offset)


def _decision_of(factors: list[float], *, rule: Rule, offset: float = 0.0) -> Decision:
    recurrent, ngram_branch = [*factors, 0.0][:2]
    return Decision(recurrent, ngram_branch, rule=rule, offset=offset)
