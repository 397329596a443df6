"""Tabular features as a sparse matrix."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from textrnn.data.tabular import TabularFeatures


def tabular_matrix(tabular: TabularFeatures) -> sparse.csr_array:
    """Return the features of a linear model, float64 CSR (N, S): numbers, then one-hot categories."""
    rows = len(tabular)
    parts = [sparse.csr_array(tabular.numbers.astype(np.float64))]
    for i, size in enumerate(tabular.sizes):
        ones = (np.ones(rows), (np.arange(rows, dtype=np.int32), tabular.codes[:, i]))  # as liblinear wants indices
        parts.append(sparse.csr_array(ones, shape=(rows, size)))
    return sparse.csr_array(sparse.hstack(parts, format="csr"))
