"""A head on a sentence encoder: multinomial logistic regression on the vectors of labelled texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from textrnn.machine.process_settings import ignore_warnings, one_blas_thread
from textrnn.metrics.softmax import softmax

INVERSE_PENALTIES = (1.0, 4.0, 16.0, 64.0, 256.0)  # of vectors of norm 1; validation chooses
PASSES = 1000


@dataclass(frozen=True)
class EncoderHead:
    """`weights` (H, C) and `bias` (C,) of the classes that have training rows; -inf is the bias of the others.
    `inverse_penalty` is the C that validation chose.
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    inverse_penalty: float

    def logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """The logits (N, C) float64 of the vectors (N, H) of texts."""
        with one_blas_thread():  # sums of several threads differ in their last bits
            found: NDArray[np.float64] = vectors.astype(np.float64) @ self.weights + self.bias
        return found


def fit_encoder_head(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    validation: tuple[NDArray[np.float32], NDArray[np.int64]],
    classes: int,
    *,
    weights: NDArray[np.float64] | None = None,
    inverse_penalties: Sequence[float] = INVERSE_PENALTIES,
) -> EncoderHead:
    """Fit a head on `vectors` (N, H) with class numbers `labels` (N,), each row by its sample weight; of the
    `inverse_penalties` that of the lowest log loss on `validation` (M, H), (M,) is taken, without such rows the first.
    """
    known = np.unique(labels)
    shown = np.isin(validation[1], known)
    held_out, true = validation[0][shown], validation[1][shown]
    fitted: list[tuple[float, EncoderHead]] = []
    for inverse_penalty in inverse_penalties if len(true) and len(known) > 1 else inverse_penalties[:1]:
        head = _fit(vectors, labels, classes, known, weights, inverse_penalty)
        loss = log_loss(true, softmax(head.logits(held_out)[:, known]), labels=known) if len(true) else 0.0
        fitted.append((loss, head))
    return min(fitted, key=lambda pair: pair[0])[1]


def _fit(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    classes: int,
    known: NDArray[np.int64],
    sample_weight: NDArray[np.float64] | None,
    inverse_penalty: float,
) -> EncoderHead:
    weights, bias = np.zeros((vectors.shape[1], classes)), np.full(classes, -np.inf)
    bias[known] = 0.0
    if len(known) > 1:
        with one_blas_thread(), ignore_warnings(Warning, "sklearn"):  # the last passes change no label
            model = LogisticRegression(C=inverse_penalty, max_iter=PASSES).fit(
                vectors.astype(np.float64), labels, sample_weight=sample_weight
            )
        if len(known) == 2:  # scikit-learn keeps the second class's alone
            weights[:, known[1]], bias[known[1]] = model.coef_[0], model.intercept_[0]
        else:
            weights[:, known], bias[known] = model.coef_.T, model.intercept_
    return EncoderHead(weights, bias, inverse_penalty)
