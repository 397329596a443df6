"""Word vectors learned from the texts: truncated SVD of positive pointwise mutual information."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from textrnn.machine.process_settings import one_blas_thread
from textrnn.text.ragged import Ragged, slices_of
from textrnn.text.special_tokens import FIRST_TOKEN_ID

SMOOTHING = 0.75  # exponent of context counts: without it rare contexts have too high PMI
SLICE_TOKENS = 1 << 22  # tokens per slice: some 100 MB of temporaries
POWER_ITERATIONS = 4


def factorize_cooccurrences(rows: Ragged, vocabulary_size: int, *, size: int, window: int) -> NDArray[np.float32]:
    """Learn vectors (V, D) float32 from the token ids of `rows`; D is `size`, at most the size of the vocabulary.

    A truncated SVD of the positive pointwise mutual information of tokens at most `window` apart (Levy & Goldberg
    2014, "Neural word embedding as implicit matrix factorization"); near tokens count more, contexts are smoothed, and
    singular values have the exponent 1/2 (Levy, Goldberg & Dagan 2015). The SVD is randomized (Halko,
    Martinsson & Tropp 2011), seeded. As good as skip-gram on little text, and some seconds for five million tokens.
    """
    mutual = positive_pmi(count_cooccurrences(rows, vocabulary_size, window=window))
    found = min(size, vocabulary_size - 1)
    vectors = np.zeros((vocabulary_size, size), np.float32)
    if not mutual.nnz:
        return vectors
    with one_blas_thread():  # sums of several threads differ in their last bits
        left, values, _ = randomized_svd(mutual, found, n_iter=POWER_ITERATIONS, random_state=0)
    kept = np.diff(mutual.indptr) > 0  # of the others rounding leaves traces
    vectors[kept, :found] = (left * np.sqrt(values))[kept]
    return vectors


def count_cooccurrences(rows: Ragged, vocabulary_size: int, *, window: int) -> sparse.csr_array:
    """Count the weighted cooccurrences of tokens, symmetric float64 CSR (V, V).

    Two tokens at the distance d in a text count (window + 1 - d) / window, for d from 1 to `window`; never across texts
    or with PAD and UNK.
    """
    shape = (vocabulary_size, vocabulary_size)
    total = sparse.csr_array(shape, dtype=np.float64)
    for start, stop in slices_of(rows, SLICE_TOKENS):
        flat = np.asarray(rows.flat[rows.offsets[start] : rows.offsets[stop]])
        row_of = np.repeat(np.arange(stop - start, dtype=np.int32), rows.lengths[start:stop])
        for apart in range(1, window + 1):
            left, right = flat[:-apart], flat[apart:]
            kept = (row_of[:-apart] == row_of[apart:]) & (left >= FIRST_TOKEN_ID) & (right >= FIRST_TOKEN_ID)
            weights = np.full(np.count_nonzero(kept), (window + 1 - apart) / window)
            total += sparse.coo_array((weights, (left[kept], right[kept])), shape=shape).tocsr()
    return (total + total.T).tocsr()


def positive_pmi(cooccurrences: sparse.csr_array) -> sparse.csr_array:
    """Return max(0, log p(a, b) / (p(a) p(b))) of cooccurring tokens, with p(b) smoothed: float32 CSR (V, V)."""
    pairs = cooccurrences.tocoo()
    alone = np.asarray(cooccurrences.sum(axis=1)).ravel()
    smoothed = alone**SMOOTHING
    row, column = pairs.coords
    information = np.log(pairs.data * smoothed.sum() / (alone[row] * smoothed[column]))
    kept = information > 0
    found = information[kept].astype(np.float32)
    return sparse.coo_array((found, (row[kept], column[kept])), shape=cooccurrences.shape).tocsr()
