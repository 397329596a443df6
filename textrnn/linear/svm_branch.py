"""A linear SVM as the n-gram branch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.data.tabular import TabularFeatures
from textrnn.data.target import Target
from textrnn.linear.centroids import smoothed_idf
from textrnn.linear.linear_svm import class_log_odds, fit_linear_svm, is_constant_class
from textrnn.linear.naive_bayes import append_tabular, normalize_binary_rows
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.character_ngrams import narrow
from textrnn.text.ngrams import Ngrams

C_VALUES = (0.3, 1.0)  # values of C
MAX_PAIRS = 12_000_000  # pairs of a text and an n-gram of characters: longer texts have words enough


def fit_svm_branch(
    ngrams: Ngrams,
    counts: sparse.csr_array,
    spelling: sparse.csr_array,
    labels: NDArray[Any],
    target: Target,
    tabular: TabularFeatures | None = None,
    weights: NDArray[np.floating] | None = None,
    *,
    min_documents: int,
) -> Iterator[tuple[float, NgramBranch]]:
    """Fit linear SVMs on the `counts` (N, F) of `ngrams`; yields C and a branch whose logits are margins, lazily.

    The features of a text are its n-grams (presence, not counts), scaled by their idf and divided by the square root of
    their number; and in the same way the n-grams of characters in them, which `spelling` (F, G) counts
    (`char_ngram_matrix`), those in at least `min_documents` texts. An n-gram of characters adds to a text what the
    n-grams of words that it stands in add: so its weight is added to theirs, and the branch holds n-grams of words
    alone.
    `weights` are sample weights, (N,), (N, 1) or (N, C).
    """
    spread = _spread(normalize_binary_rows(counts), spelling, min_documents)
    features = append_tabular(narrow(sparse.csr_array(normalize_binary_rows(counts) @ spread)), tabular)
    for inverse_penalty in C_VALUES:
        found, bias = fit_linear_svm(features, labels, target, inverse_penalty, weights)
        of_ngrams, of_tabular = spread @ found[: spread.shape[1]], found[spread.shape[1] :]
        bias = np.where(is_constant_class(labels, target), class_log_odds(labels, target), bias)
        yield inverse_penalty, _branch(ngrams, of_ngrams, bias, of_tabular)


def scale_branch(branch: NgramBranch, scale: float, offset: float, labels: NDArray[Any], target: Target) -> NgramBranch:
    """Return `branch` with its margins times `scale` plus `offset`; classes without a margin stay as they are."""
    bias = np.where(is_constant_class(labels, target), branch.bias, branch.bias * scale + offset)
    return _branch(branch.ngrams, branch.weights * scale, bias, branch.tabular * scale)


def _branch(ngrams: Ngrams, weights: NDArray[Any], bias: NDArray[Any], tabular: NDArray[Any]) -> NgramBranch:
    return NgramBranch(ngrams, *(array.astype(np.float32) for array in (weights, bias, tabular)))


def _spread(sets: sparse.csr_array, spelling: sparse.csr_array, min_documents: int) -> sparse.csr_array:
    """Return what each n-gram of words adds to each feature, (F, F + G'), features being about 1 long for a text."""
    blocks = [_weigh(sets, sparse.csr_array(sparse.eye_array(sets.shape[1], format="csr")))]
    if spelling.shape[1] and _count_pairs(sets, spelling) <= MAX_PAIRS:
        documents = np.bincount((sets @ spelling).indices, minlength=spelling.shape[1])
        if (documents >= min_documents).any():
            blocks.append(_weigh(sets, sparse.csr_array(spelling[:, np.flatnonzero(documents >= min_documents)])))
    joined = narrow(sparse.csr_array(sparse.hstack(blocks, format="csr")))
    joined.data *= len(blocks) ** -0.5
    return joined


def _count_pairs(sets: sparse.csr_array, spelling: sparse.csr_array) -> int:
    """Return how many products `sets` @ `spelling` adds up, at least the pairs that it has."""
    return int(np.diff(spelling.indptr).astype(np.int64)[sets.indices].sum())


def _weigh(sets: sparse.csr_array, block: sparse.csr_array) -> sparse.csr_array:
    """Return `block` (F, G) with its columns times their idf in `sets` (N, F) @ `block`, at a mean length of 1."""
    read = narrow(sparse.csr_array(sets @ block))
    rarity = smoothed_idf(read)
    read.data *= rarity[read.indices]
    lengths = np.sqrt(np.asarray(read.multiply(read).sum(axis=1)).ravel())
    usual = float(lengths[lengths > 0].mean()) if lengths.any() else 1.0
    return sparse.csr_array(block @ sparse.diags_array(rarity / usual))
