"""The decision: softmax of the weighed sum; what is kept comes back; what is none is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import Decision, accepts, compute_scores, confidence, from_bytes, to_bytes
from textrnn.errors import ModelError

FACTOR = st.floats(0, 1000)


def test_probabilities_are_the_softmax_of_the_weighed_sum() -> None:
    logits = BranchLogits(np.array([[1.0, 2.0]]), np.array([[3.0, 1.0]]))
    a, b = 0.5 * 1 + 2 * 3, 0.5 * 2 + 2 * 1
    expected = np.exp([a, b]) / np.exp([a, b]).sum()
    np.testing.assert_allclose(compute_scores(Decision(0.5, 2.0), logits)[0], expected, rtol=1e-12)


@given(FACTOR.filter(bool), FACTOR)
def test_what_is_written_is_read(recurrent: float, ngram_branch: float) -> None:
    assert from_bytes(to_bytes(Decision(recurrent, ngram_branch))) == Decision(recurrent, ngram_branch)


@given(st.floats(-100, 100))
def test_a_bound_is_kept(min_confidence: float) -> None:
    written = to_bytes(Decision(1.0, 0.5, min_confidence))
    assert from_bytes(written) == Decision(1.0, 0.5, min_confidence)


def test_a_prediction_is_accepted_where_the_joined_logit_reaches_the_bound() -> None:
    logits = BranchLogits(
        np.array([[1.0, 2.0], [0.0, -3.0], [0.5, 0.0]]), np.array([[0.0, 4.0], [0.0, 0.0], [9.0, 0.0]])
    )
    found = confidence(Decision(1.0, 0.5), logits)
    assert found.tolist() == [4.0, 0.0, 5.0]
    assert accepts(Decision(1.0, 0.5, 4.0), logits).tolist() == [True, False, True]
    assert accepts(Decision(1.0, 0.5), logits).all()


def test_on_disk(tmp_path: Path) -> None:
    Decision(0.25, 1.5).save(tmp_path)
    assert Decision.load(tmp_path) == Decision(0.25, 1.5)


def test_a_temperature_of_format_1_is_one_factor() -> None:
    assert from_bytes(b'{"rule": "argmax", "temperature": 4}') == Decision(0.25, 0.0)


BAD = [
    {"rule": "argmax"},
    {"rule": "argmax", "temperature": 0},
    {"rule": "argmax", "temperature": -1},
    {"rule": "argmax", "temperature": 10**400},
    {"rule": "argmax", "temperature": "hot"},
    {"rule": "threshold", "recurrent": 1, "ngram_branch": 1},
    {"recurrent": 1, "ngram_branch": 1},
    {"rule": "argmax or none", "recurrent": 1, "ngram_branch": 1},
    {"rule": "argmax or none", "recurrent": 1, "ngram_branch": 1, "min_confidence": "low"},
    {"rule": "argmax or none", "recurrent": 1, "ngram_branch": 1, "min_confidence": 1e9},
    {"rule": "argmax", "recurrent": 1},
    {"rule": "argmax", "recurrent": 0, "ngram_branch": 0},
    {"rule": "argmax", "recurrent": -1, "ngram_branch": 1},
    {"rule": "argmax", "recurrent": 1, "ngram_branch": 1e7},
    {"rule": "argmax", "recurrent": None, "ngram_branch": 1},
    {"rule": "argmax", "recurrent": True, "ngram_branch": 1},
    {"rule": "argmax", "recurrent": "1", "ngram_branch": 1},
    {"rule": "argmax", "recurrent": 1, "ngram_branch": 1, "accept": [3.0]},
    {"rule": "argmax", "recurrent": 1, "ngram_branch": 1, "accept": 0.5},
    {"rule": "argmax", "recurrent": 1, "ngram_branch": 1, "costs": [[1, 2], [3]]},
    {"rule": "argmax", "recurrent": 1, "ngram_branch": 1, "costs": [[1, 2, 3, 4], [1, 2, 3, 4]]},
    {"rule": "argmax", "recurrent": 1, "ngram_branch": 1, "costs": [[-1, 2], [0, 1]]},
    {"rule": "argmax", "recurrent": 1, "ngram_branch": 1, "calibration": {"scales": [1.0], "offsets": []}},
    {"rule": "argmax", "recurrent": 1, "ngram_branch": 1, "promises": [{"measure": "luck"}]},
    {"rule": "argmax", "recurrent": 1, "ngram_branch": 1, "weights": "x" * 65},
    {"rule": "thresholds", "recurrent": 1, "ngram_branch": 1, "accept": [0.5]},
    {"rule": "value", "recurrent": 1, "ngram_branch": 1, "lowered": [0.5]},
    [],
    None,
    "argmax",
]


@pytest.mark.parametrize("content", [json.dumps(bad).encode() for bad in BAD])
def test_what_is_no_decision_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"decision\.json: expected a rule"):
        from_bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"rule": "argmax", "recurrent": NaN, "ngram_branch": 1}',
        b'{"rule": "argmax", "recurrent": 1, "ngram_branch": 1, "accept": [NaN]}',
        b'{"rule": "argmax", "recurrent": 1, "ngram_branch": 1, "accept": [-Infinity]}',
        b'{"rule": "argmax", "recurrent": 1, "ngram_branch": 1, "costs": [[0, NaN], [1, 0]]}',
        b'{"rule": "argmax", "recurrent": 1, "ngram_branch": 1, "calibration": {"scales": [NaN], "offsets": [0]}}',
    ],
    ids=["empty", "cut", "no UTF-8", "deep", "NaN", "NaN accepted", "infinite", "NaN cost", "NaN scale"],
)
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"decision\.json"):
        from_bytes(content)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=5))
def test_thresholds_of_labels_are_kept(thresholds: list[float]) -> None:
    decision = Decision(rule="thresholds", thresholds=tuple(thresholds))
    assert from_bytes(to_bytes(decision)) == decision
