"""A request becomes thresholds, which mean what they say, and promises, which count what the rows show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrnn.data.target import Target
from textrnn.decision.apply_request import apply_request
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.cost_matrix import cost_matrix, read_costs
from textrnn.decision.decision import Decision, accepts, choose, compute_scores, from_bytes, to_bytes
from textrnn.decision.describe import describe_promises
from textrnn.decision.extend_classes import extend_classes
from textrnn.decision.request import Request, previous_request
from textrnn.decision.threshold_search import UNREACHABLE_THRESHOLD
from textrnn.errors import ConfigError

NAMES = ("ham", "spam", "other")
SINGLE, MULTI = Target("single", NAMES), Target("multi", NAMES)
PLAIN = Decision(1.0, 0.0)


def made(rows: int, seed: int = 0, target: Target = SINGLE) -> tuple[BranchLogits, Any]:
    """Logits of which the labels are drawn."""
    chance = np.random.default_rng(seed)
    logits = chance.normal(0, 4, (rows, target.outputs))
    of = BranchLogits(logits, np.zeros_like(logits))
    scores = compute_scores(Decision(rule="thresholds" if target.kind == "multi" else "argmax"), of)
    if target.kind == "multi":
        return of, (chance.random(scores.shape) < scores).astype(np.float32)
    return of, (scores.cumsum(axis=1) < chance.random((rows, 1))).sum(axis=1).clip(max=target.outputs - 1)


def test_a_precision_accepts_by_the_probability_of_the_prediction() -> None:
    logits, labels = made(800)
    found = apply_request(PLAIN, logits, labels, SINGLE, Request(precision=0.95))
    scores, (promise,) = compute_scores(found, logits), found.promises
    standing = accepts(found, logits)
    assert (standing == (scores.max(axis=1) >= found.accept[0])).all()
    assert promise.reached == standing.sum() > 200
    assert promise.wrong == (scores.argmax(axis=1) != labels)[standing].sum()
    assert (promise.at_least, promise.confidence, promise.rows, promise.holds) == (0.95, 0.9, 800, True)


def test_a_precision_for_a_class_leaves_the_others_alone() -> None:
    logits, labels = made(1500, 1)
    found = apply_request(PLAIN, logits, labels, SINGLE, Request(precision=0.95, for_class=("spam",)))
    chosen, standing = choose(found, compute_scores(found, logits)), accepts(found, logits)
    assert found.accept[0] == found.accept[2] == 0 < found.accept[1] < 1
    assert standing[chosen != 1].all()
    assert found.promises[0].label == 1
    assert found.promises[0].rows == (chosen == 1).sum() > found.promises[0].reached == standing[chosen == 1].sum()


def test_a_recall_adds_rows_to_a_class_and_takes_none_away() -> None:
    logits, labels = made(1500, 2)
    found = apply_request(PLAIN, logits, labels, SINGLE, Request(recall=0.97, for_class=("spam",)))
    scores = compute_scores(found, logits)
    before, chosen = scores.argmax(axis=1), choose(found, scores)
    assert (chosen[before == 1] == 1).all()
    assert ((chosen == before) | (chosen == 1)).all()
    assert (chosen[labels == 1] == 1).mean() >= 0.97 > (before[labels == 1] == 1).mean()
    assert accepts(found, logits).all()
    assert found.promises[0].reached <= (chosen[labels == 1] == 1).sum()


@pytest.mark.parametrize("measure", ["precision", "recall"])
def test_each_label_of_several_has_a_threshold_of_its_own(measure: str) -> None:
    logits, labels = made(1500, 3, MULTI)
    plain = Decision(rule="thresholds", thresholds=(0.5, 0.6, 0.7))
    found = apply_request(plain, logits, labels, MULTI, Request(**{measure: 0.9}))  # type: ignore[arg-type]
    predicted, members = choose(found, compute_scores(found, logits)), labels > 0
    for label, promise in enumerate(found.promises):
        hits = (predicted & members)[:, label].sum()
        assert promise.label == label
        assert hits / (predicted if measure == "precision" else members)[:, label].sum() >= 0.9
    one = apply_request(plain, logits, labels, MULTI, Request(**{measure: 0.9}, for_class=("spam",)))  # type: ignore[arg-type]
    assert one.thresholds == (0.5, found.thresholds[1], 0.7)


def test_where_nothing_is_guaranteed_nothing_is_accepted_and_that_is_said() -> None:
    logits, labels = made(30)
    found = apply_request(PLAIN, logits, labels, SINGLE, Request(precision=0.95))
    assert found.accept == (UNREACHABLE_THRESHOLD,)
    assert not accepts(found, logits).any()
    assert not found.promises[0].holds
    assert (found.promises[0].needed or 0) > 0
    assert (
        "no threshold guarantees a precision of 0.95 on 30 labelled rows; about" in describe_promises(found, NAMES)[0]
    )
    worse = apply_request(
        PLAIN, logits, (choose(PLAIN, compute_scores(PLAIN, logits)) + 1) % 3, SINGLE, Request(precision=0.9)
    )
    assert worse.promises[0].needed is None
    assert "too few to tell how many would" in describe_promises(worse, NAMES)[0]
    few = apply_request(PLAIN, logits, labels, SINGLE, Request(recall=0.99, for_class=("spam",)))
    assert (choose(few, compute_scores(few, logits)) == choose(PLAIN, compute_scores(PLAIN, logits))).all()
    assert not few.promises[0].holds


def test_the_cheapest_prediction_is_the_one_and_none_where_that_is_cheaper() -> None:
    costs = cost_matrix({"ham": {"spam": 10.0, "abstain": 0.5}, "other": {"abstain": 0.2}}, NAMES)
    assert costs == ((0.0, 10.0, 1.0, 0.5), (1.0, 0.0, 1.0, 1.0), (1.0, 1.0, 0.0, 0.2))
    logits, labels = made(400, 4)
    found = apply_request(PLAIN, logits, labels, SINGLE, Request(costs=costs))
    scores = compute_scores(found, logits)
    for row, chosen, stands in zip(
        scores, np.asarray(choose(found, scores)).tolist(), accepts(found, logits), strict=True
    ):
        each = [sum(p * costs[i][j] for i, p in enumerate(row)) for j in range(4)]
        assert each[chosen] == pytest.approx(min(each[:3]))
        assert stands == (each[chosen] <= each[3])
    assert found.promises[0].confidence is None


def test_a_fixed_bound_has_the_lower_limit_of_its_precision() -> None:
    logits, labels = made(500, 5)
    promise = apply_request(PLAIN, logits, labels, SINGLE, Request(abstain_below=0.8)).promises[0]
    assert promise.at_least is not None
    assert promise.at_least < 1 - promise.wrong / promise.reached
    share = apply_request(PLAIN, logits, labels, SINGLE, Request(coverage=0.8)).promises[0]
    assert (share.reached, share.confidence) == (400, None)


def test_a_later_request_takes_the_place_of_the_one_before() -> None:
    logits, labels = made(800)
    first = apply_request(PLAIN, logits, labels, SINGLE, Request(recall=0.9, for_class=("ham",)))
    later = apply_request(first, logits, labels, SINGLE, Request(precision=0.9))
    assert later == apply_request(PLAIN, logits, labels, SINGLE, Request(precision=0.9))
    assert previous_request(later, NAMES) == Request(precision=0.9)
    assert previous_request(first, NAMES) == Request(recall=0.9, for_class=("ham",))
    assert previous_request(PLAIN, NAMES) is None
    assert apply_request(later, logits, labels, SINGLE, Request(coverage=1.0)).accept == ()


REQUESTS = st.sampled_from(
    [
        Request(precision=0.9), Request(precision=0.8, for_class=("ham", "other")),
        Request(recall=0.9, for_class=("ham",)),
        Request(coverage=0.7), Request(abstain_below=0.6),
        Request(costs=((0.0, 1.0, 2.0, 1.0), (3.0, 0.0, 1.0, 1.0), (1.0, 1.0, 0.0, 1.0))),
    ]
)  # fmt: skip


@settings(max_examples=30)
@given(REQUESTS, st.integers(0, 50), st.integers(60, 200))
def test_what_is_decided_is_written_and_read_and_widened(request: Request, seed: int, rows: int) -> None:
    logits, labels = made(rows, seed)
    found = apply_request(PLAIN, logits, labels, SINGLE, request)
    again = from_bytes(to_bytes(found))
    assert again == found
    assert to_bytes(again) == to_bytes(found)
    places, never = [2, 0, 3], -1e4
    wide = np.full((rows, 5), never)
    wide[:, places] = logits.recurrent
    more, of = extend_classes(found, places, 5), BranchLogits(wide, np.zeros((rows, 5)))
    before = np.asarray(choose(found, compute_scores(found, logits)))
    assert np.asarray(choose(more, compute_scores(more, of))).tolist() == [places[c] for c in before.tolist()]
    assert (accepts(more, of) == accepts(found, logits)).all()
    assert from_bytes(to_bytes(more)) == more


BAD: list[tuple[Request, Target, str]] = [
    (Request(), SINGLE, "expected one of precision, recall, coverage, abstain_below, costs, found none"),
    (Request(precision=0.9, coverage=0.5), SINGLE, "found precision and coverage"),
    (Request(precision=1.0), SINGLE, "precision: expected a share above 0 and below 1, found 1"),
    (Request(precision=float("nan")), SINGLE, "precision: expected a share"),
    (Request(precision=0.9, confidence=1.0), SINGLE, "confidence: expected a share"),
    (Request(precision=0.9, for_class=("eggs",)), SINGLE, "for_class: expected one of .*, found 'eggs'"),
    (Request(coverage=0.9, for_class=("ham",)), SINGLE, "for_class: expected precision or recall with it"),
    (Request(recall=0.9), SINGLE, "recall: expected one class"),
    (Request(costs=((0.0, 1.0),)), SINGLE, "costs: expected a row for each of 3 classes"),
    (Request(coverage=0.9), MULTI, "coverage: expected a model of exclusive classes"),
    (Request(precision=0.9), Target("number", ()), "precision: expected a model of classes, found one of numbers"),
]


@pytest.mark.parametrize(("request_", "target", "words"), BAD)
def test_what_has_no_meaning_is_refused(request_: Request, target: Target, words: str) -> None:
    logits, labels = made(20)
    with pytest.raises(ConfigError, match=words):
        apply_request(PLAIN, logits, labels, target, request_)


def test_costs_come_from_a_file(tmp_path: Any) -> None:
    file = tmp_path / "costs.csv"
    file.write_text("true,ham,spam,abstain\nham,0,9,\nspam,1,0,0.5\n")
    assert read_costs(file) == {"ham": {"ham": 0, "spam": 9}, "spam": {"ham": 1, "spam": 0, "abstain": 0.5}}
    for text, words in (
        ("", "expected a header"),
        ("true,ham\nham,x\n", "row 1, column 'ham': expected a number"),
        ("true,ham\nham,1,2\n", "row 1: expected 2 cells"),
        ("true,ham\nham,1\nham,2\n", "row 2: .* another row"),
    ):
        file.write_text(text)
        with pytest.raises(ConfigError, match=words):
            read_costs(file)
    with pytest.raises(ConfigError, match=r"expected a class, .* found 'eggs'"):
        cost_matrix({"eggs": {}}, NAMES)
    with pytest.raises(ConfigError, match="expected a number from 0"):
        cost_matrix({"ham": {"spam": -1.0}}, NAMES)


def test_where_no_threshold_holds_at_least_a_tenth_more_rows_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    logits, labels = made(100)
    for needed, more in ((1, 10), (250, 150), (None, None)):
        monkeypatch.setattr("textrnn.decision.apply_request.rows_for_precision", lambda *_, needed=needed: needed)
        (promise,) = apply_request(PLAIN, logits, labels, SINGLE, Request(precision=0.9999)).promises
        assert (promise.holds, promise.needed) == (False, more)
