"""Which labels look wrong, from scores made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.auditing.label_errors import find_label_errors
from textrnn.data.target import Target

pytest.importorskip("cleanlab")


def test_a_label_that_no_other_fold_has_is_not_judged() -> None:
    """Its score was made by a model that never saw the label, and says nothing of it."""
    labels, folds = np.zeros((40, 2), np.float32), np.arange(40) % 4
    labels[:20, 0] = 1
    labels[0, 1] = 1  # the only row of its label
    scores = np.where(labels > 0, 0.95, 0.05)
    scores[0, 1] = 0.001
    scores[5, 0], scores[7, 1] = 0.01, 0.97  # errors
    found = find_label_errors(Target("multi", ("food", "room")), labels, scores, folds)
    assert np.flatnonzero(found.flagged).tolist() == [5, 7]
    assert found.expected[5].tolist() == [0, 0]
    assert found.expected[0].tolist() == [1, 1]
