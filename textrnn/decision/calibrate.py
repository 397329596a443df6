"""Calibration: how much each branch counts, found on the validation split."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from textrnn.config.calibrate import CalibrateConfig
from textrnn.decision.branches import BranchLogits, classifier_logits
from textrnn.decision.decision import Decision, sureness
from textrnn.metrics.softmax import softmax
from textrnn.nn.artifact import Classifier
from textrnn.text.ids import Ids
from textrnn.wide.branch import WideBranch

DIGITS = 4  # an optimizer's last digits are nobody's business


def calibrate(ids: Ids, classifier: Classifier, wide: WideBranch, config: CalibrateConfig | None = None) -> Decision:
    """The decision whose probabilities have the lowest log loss on the validation split of `ids`.

    Without validation examples both branches count alike. Where `config.accept` is below 1, the answers that are less
    sure than that share of them are rejected.
    """
    logits = classifier_logits(classifier, wide, ids.splits["validation"])
    decision = fit_decision(logits, ids.labels["validation"], has_wide=wide.ngrams.features > 0)
    return decision if config is None else reject_below(decision, logits, config.accept)


def reject_below(decision: Decision, logits: BranchLogits, accept: float) -> Decision:
    """`decision` with the highest bound under which it still accepts the share `accept` of texts with these `logits`.

    A text of another kind than all those learned from shows as an answer that is less sure than is usual (Hendrycks &
    Gimpel 2017, "A baseline for detecting misclassified and out-of-distribution examples").
    """
    sure = np.sort(sureness(decision, logits))[::-1]
    if accept == 1 or not len(sure):
        return decision
    last = float(sure[math.ceil(accept * len(sure)) - 1])
    return replace(decision, least=math.floor(last * 10**DIGITS) / 10**DIGITS)


def fit_decision(logits: BranchLogits, labels: NDArray[np.int64], *, has_wide: bool) -> Decision:
    """The factors, none below 0, with the lowest log loss on N texts whose class numbers are `labels` (N,).

    A stack of linear models held to weights from 0 (Breiman 1996, "Stacked regressions"), which with one branch is
    temperature scaling (Guo et al. 2017). A pull towards equal factors that sum to 1, as strong as half a nat a unit
    squared, keeps them finite where a few texts are all told apart. The loss is convex in the factors.
    """
    branches = np.stack([logits.recurrent, logits.wide] if has_wide else [logits.recurrent])
    start = np.full(len(branches), 1 / len(branches))
    rows = np.arange(len(labels))

    def loss(factors: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        mixed = (factors[:, None, None] * branches).sum(axis=0)
        surprise = softmax(mixed)
        highest = mixed.max(axis=1, initial=-np.inf)
        nats = np.log(np.exp(mixed - highest[:, None]).sum(axis=1)) + highest - mixed[rows, labels]
        surprise[rows, labels] -= 1
        pull = factors - start
        gradient = (branches * surprise).sum(axis=(1, 2)) + pull
        return float(nats.sum() + 0.5 * (pull**2).sum()), gradient

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(branches))
    factors = [round(float(x), DIGITS) for x in found.x]
    if not max(factors) > 0:  # worse than chance, all of them: leave them as they are
        factors = start.tolist()
    return Decision(*factors)
