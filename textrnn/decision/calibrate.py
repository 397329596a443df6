"""Calibration: how much each branch counts, found on the validation split."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from textrnn.decision.branches import BranchLogits, classifier_logits
from textrnn.decision.decision import Decision
from textrnn.metrics.softmax import softmax
from textrnn.nn.artifact import Classifier
from textrnn.text.ids import Ids
from textrnn.wide.branch import WideBranch

DIGITS = 4  # an optimizer's last digits are nobody's business


def calibrate(ids: Ids, classifier: Classifier, wide: WideBranch) -> Decision:
    """The decision whose probabilities have the lowest log loss on the validation split of `ids`.

    Without validation examples both branches count alike.
    """
    logits = classifier_logits(classifier, wide, ids.splits["validation"])
    return fit_decision(logits, ids.labels["validation"], has_wide=wide.ngrams.features > 0)


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
