"""The whole classifier against the better of its branches: no win is told where one of them alone does as well."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import RULES, Decision
from textrnn.evaluation.branch_scores import measure_branches
from textrnn.evaluation.build_report import build_report
from textrnn.evaluation.headline import HEADLINES
from textrnn.evaluation.measure import measure_scores
from textrnn.evaluation.summary import summarise
from textrnn.metrics.predictions import predict_from_scores, scores_of_logits

NAMES = ("a", "b", "c")
CONFIG = EvaluateConfig(bootstrap=30)
CALLED = {"recurrent": "its recurrent network alone", "ngram_branch": "its n-gram branch alone"}


def encoded_logits(labels: np.ndarray[Any, Any], wrong: int, seed: int) -> np.ndarray[Any, Any]:
    """Logits that are right of all but the first `wrong` examples."""
    said = np.eye(3)[labels] * 4 + np.random.default_rng(seed).random((len(labels), 3))
    said[:wrong] = np.roll(said[:wrong], 1, axis=1)
    return said


@pytest.mark.parametrize(
    ("recurrent", "ngram_branch", "better"), [(5, 20, "recurrent"), (20, 5, "ngram_branch"), (9, 9, "ngram_branch")]
)
def test_a_branch_that_does_as_well_as_the_whole_is_what_it_is_compared_with(
    recurrent: int, ngram_branch: int, better: str
) -> None:
    labels = np.arange(60) % 3
    logits = BranchLogits(encoded_logits(labels, recurrent, 1), encoded_logits(labels, ngram_branch, 2))
    decision = Decision(float(better == "recurrent"), float(better == "ngram_branch"), rule="argmax")
    target = Target("single", NAMES)
    whole = scores_of_logits(target, getattr(logits, better))
    gain = measure_branches(labels, whole, logits, decision, CONFIG, target)["gain"]
    assert (gain["branch"], gain["winner"], gain["difference"]) == (better, None, 0)
    assert gain["verdict"] == f"no difference: the whole classifier and {CALLED[better]} are right on the same examples"


@pytest.mark.parametrize("better", ["recurrent", "ngram_branch"])
def test_a_win_says_over_what_everywhere(better: str) -> None:
    labels = np.arange(100) % 3
    wrong = {name: 7 if name == better else 12 for name in CALLED}
    logits = BranchLogits(*(encoded_logits(labels, wrong[name], 1) for name in ("recurrent", "ngram_branch")))
    target, whole = Target("single", NAMES), scores_of_logits(Target("single", NAMES), encoded_logits(labels, 0, 3))
    branches = measure_branches(labels, whole, logits, Decision(rule=RULES[target.kind]), CONFIG, target)
    examples = Examples({"text": [f"text {i}" for i in labels]}, [NAMES[i] for i in labels], np.arange(1, 101))
    report = build_report(
        examples,
        labels,
        whole,
        target,
        np.ones(100, np.int64),
        config=CONFIG,
        settings={},
        checks={},
        branches=branches,
    )
    said = f"the whole classifier wins by 0.070 over {CALLED[better]} (95 % 0.0"
    assert report.data["branches"]["gain"]["verdict"].startswith(said)
    assert sum(line.startswith(said) for line in summarise(report.data)) == 1
    assert said.replace("95 %", "95\u00a0%") in report.html or said in report.html
    assert "the interval ends at the difference itself" in report.html, "7 against 0"


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["single", "ordinal", "path", "multi"]), st.integers(0, 10**6), st.floats(0, 3), st.floats(0, 3))
def test_no_win_is_told_where_a_branch_alone_has_the_score(kind: Any, seed: int, first: float, second: float) -> None:
    random = np.random.default_rng(seed)
    target = Target(kind, ("a > b", "a > c", "d") if kind == "path" else NAMES)
    codes = random.integers(0, 3, 40)
    labels = np.eye(3, dtype=np.float32)[codes] if kind == "multi" else codes
    signal = np.eye(3)[codes] * 2 - 1
    logits = BranchLogits(*(noise * random.normal(size=(40, 3)) + signal for noise in (first, second)))
    whole = scores_of_logits(
        target, random.choice([0.0, 0.5]) * logits.recurrent + random.choice([0.5, 1.0]) * logits.ngram_branch
    )
    found = measure_branches(labels, whole, logits, Decision(rule=RULES[target.kind]), CONFIG, target)
    name = HEADLINES[target.kind].name
    alone = {part["name"]: part[name]["value"] for part in found["parts"]}
    reached = measure_scores(labels, whole, CONFIG, target=target, predictions=predict_from_scores(target, whole))[
        name
    ]["value"]
    gain = found["gain"]
    assert alone[gain["branch"]] == max(alone.values())
    assert gain["difference"] == pytest.approx(reached - max(alone.values()))
    assert CALLED[gain["branch"]] in gain["verdict"]
    assert {"only_first", "only_second", "p_value", "low", "high"} <= gain.keys()
    if gain["winner"] == "first":
        assert reached > max(alone.values())
