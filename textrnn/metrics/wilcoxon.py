"""Wilcoxon's signed-rank test of two sets of errors on the same examples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wilcoxon


def signed_rank_p(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The two-sided p value that errors `first` and `second` (N,) differ by chance; 1 where they are all equal.

    Source: Wilcoxon 1945; pairs of equal errors are left out, the normal approximation above 50 pairs (scipy).
    """
    differences = first - second
    if not np.any(differences):
        return 1.0
    return float(wilcoxon(differences).pvalue)
