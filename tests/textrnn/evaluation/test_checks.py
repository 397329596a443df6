"""The checks' matrix: each check has a report that fires it, and a sound report that passes them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target, encode_labels
from textrnn.errors import ConfigError, FindingError
from textrnn.evaluation import build_report as compose
from textrnn.evaluation.build_report import build_report
from textrnn.evaluation.checks import truncation, unfinished_training, weak_slices
from textrnn.evaluation.checks.all_checks import CHECKS
from textrnn.evaluation.conclusion import conclude
from textrnn.evaluation.diagnosis.diagnose import ScoredRows, TrainingData, diagnose
from textrnn.evaluation.diagnosis.thresholds import measure_thresholds
from textrnn.evaluation.findings import parse_codes, require_no_findings, run_checks
from textrnn.evaluation.sections.audit import show_audit
from textrnn.evaluation.sections.seeds import show_seeds
from textrnn.metrics.predictions import predict_from_scores
from textrnn.text.ragged import Ragged, ragged

SIZE, MAX_TOKENS = 600, 20
TARGET = Target("single", ("bad", "good"))
TAGS = Target("multi", ("food", "room", "staff"))
CONFIG = EvaluateConfig(bootstrap=40, errors=2)
DATA_CHECK = {
    "splits": {name: {"rows": rows} for name, rows in (("train", 2000), ("validation", 300), ("test", SIZE))},
    "shared": {"train-test": {"rows": 0, "share": 0.0}},
    "conflicting_texts": 0,
    "warnings": [],
}
GAIN = {"branch": "ngram_branch", "winner": "first", "verdict": "the whole wins", "p_value": 0.01}
PART = {"value": 0.8, "low": 0.7, "high": 0.9}
BRANCHES = {
    "parts": [{"name": name, "factor": 0.5, "accuracy": PART} for name in ("recurrent", "ngram_branch")],
    "gain": {**GAIN, "only_first": 30, "only_second": 5},
    "idle": None,
}


def predict_well(labels: np.ndarray, share: float = 0.93, confidence: float = 0.93) -> np.ndarray:
    """Probabilities (N, 2) of which `share` are right, each with the `confidence`."""
    right = np.random.default_rng(1).random(len(labels)) < share
    chosen = np.where(right, labels, 1 - labels)
    scores = np.full((len(labels), 2), 1 - confidence)
    scores[np.arange(len(labels)), chosen] = confidence
    return scores


def token_ids(*, unknown: float = 0.0, longest: int = 15) -> Ragged:
    random = np.random.default_rng(2)
    return ragged(
        [
            np.where(random.random(size := int(random.integers(4, longest))) < unknown, 1, random.integers(2, 99, size))
            for _ in range(SIZE)
        ]
    )


def make(**changes: Any) -> dict[str, Any]:
    """The data of a report on a sound classifier, with `changes` in what it is built from."""
    labels = changes.pop("labels", np.random.default_rng(0).integers(0, 2, SIZE))
    target: Target = changes.pop("target", TARGET)
    scores = changes.pop("scores", None)
    scores = predict_well(labels) if scores is None else scores
    held = changes.pop("validation", None)
    held = (labels[:300], scores[:300]) if held is None else held
    rows: Ragged = changes.pop("rows", token_ids())
    texts = [f"test {i}" for i in range(SIZE)]
    reread = changes.pop("reread", lambda rows, places, longer: predict_from_scores(target, scores[places]))
    training = TrainingData(
        changes.pop("training", [f"train {i}" for i in range(9)]),
        token_ids(),
        ScoredRows(
            ragged(rows[i] for i in range(len(held[0]))),
            *held,
            predict_from_scores(target, held[1]),
            texts[: len(held[0])],
        ),
    )
    scored = ScoredRows(rows, labels, scores, predict_from_scores(target, scores), texts)
    named = [target.classes[i] for i in labels] if target.exclusive else [()] * SIZE
    given: dict[str, Any] = {
        "config": CONFIG,
        "settings": {},
        "checks": DATA_CHECK,
        "baseline_probabilities": predict_well(labels, 0.8, 0.8) if target is TARGET else None,
        "branches": BRANCHES if target is TARGET else None,
        "history": [{"epoch": i, "train_loss": 1 / i, "validation_accuracy": 0.9 + i / 1000} for i in (1, 2, 3)],
        "best_epoch": 3,
        "diagnosis": diagnose(target, scored, max_tokens=MAX_TOKENS, reread=reread, config=CONFIG, training=training),
    }
    examples = Examples({"text": texts}, named, np.arange(1, SIZE + 1))
    later = {name: changes.pop(name) for name in ("seeds", "audit") if name in changes}
    data = dict(build_report(examples, labels, scores, target, rows.lengths, **{**given, **changes}).data)
    if later:  # what a report gets after it was built
        data |= later
        data |= run_checks(data)
    return data


def labels_of(share: float) -> np.ndarray:
    return (np.random.default_rng(0).random(SIZE) < share).astype(np.int64)


def leaked() -> dict[str, Any]:
    shared = {"train-test": {"rows": 12, "share": 0.02}}
    return make(checks={**DATA_CHECK, "shared": shared}, training=[f"test {i}" for i in range(12)])


def never_predicted() -> dict[str, Any]:
    labels = labels_of(0.05)
    return make(labels=labels, scores=np.tile([[0.95, 0.05]], (SIZE, 1)))


def better_when_longer() -> dict[str, Any]:
    labels = np.random.default_rng(0).integers(0, 2, SIZE)
    return make(rows=token_ids(longest=40), reread=lambda rows, places, longer: labels[places])


def thresholds_by_chance() -> dict[str, Any]:
    random = np.random.default_rng(0)
    members = (random.random((SIZE, 3)) < 0.3).astype(np.float32)
    scores = np.clip(0.35 * members + 0.65 * random.random((SIZE, 3)), 0, 1)
    few = random.random((24, 3))
    return make(target=TAGS, labels=members, scores=scores, validation=(few < 0.25, random.random((24, 3))))


def steady_thresholds() -> dict[str, Any]:
    random = np.random.default_rng(0)
    members = (random.random((SIZE, 3)) < 0.3).astype(np.float32)
    scores = np.where(members > 0, 0.8, 0.1) + random.random((SIZE, 3)) * 0.1
    return make(target=TAGS, labels=members, scores=scores, validation=(members[:300], scores[:300]))


def worse_than_validation() -> dict[str, Any]:
    labels = np.random.default_rng(0).integers(0, 2, SIZE)
    scores = predict_well(labels, 0.8, 0.8)
    return make(scores=scores, validation=(labels, predict_well(labels, 0.97)))


def weak_on_long_texts() -> dict[str, Any]:
    labels = np.random.default_rng(0).integers(0, 2, SIZE)
    scores, rows = predict_well(labels), token_ids()
    scores[rows.lengths > 12] = 0.5 + np.array([0.1, -0.1])  # always the same class
    return make(labels=labels, scores=scores, rows=rows)


def few() -> dict[str, Any]:
    labels = np.random.default_rng(0).integers(0, 2, 40)
    examples = Examples({"text": ["a"] * 40}, [TARGET.classes[i] for i in labels], np.arange(1, 41))
    found = build_report(
        examples,
        labels,
        predict_well(labels, 0.75, 0.75),
        TARGET,
        np.full(40, 3),
        config=CONFIG,
        settings={},
        checks=DATA_CHECK,
    )
    return dict(found.data)


def fixed(*, as_suggested: int, split: str = "test") -> dict[str, Any]:
    """The report on rows of which 37 labels of a split were corrected."""
    counts = {"relabelled": 37, "as_suggested": as_suggested, "dropped": 1}
    return make(checks={**DATA_CHECK, "fixes": {split: counts}})


EPOCHS = [{"epoch": i, "train_loss": 1 / i, "validation_accuracy": 0.7 + i / 20} for i in (1, 2, 3)]
NO_GAIN = {"branch": "ngram_branch", "winner": None, "verdict": "no difference shown", "p_value": 0.4}

FIRES: dict[str, Callable[[], dict[str, Any]]] = {
    "TR001": leaked,
    "TR002": lambda: make(checks={**DATA_CHECK, "conflicting_texts": 40}),
    "TR003": lambda: make(baseline_probabilities=predict_well(np.random.default_rng(0).integers(0, 2, SIZE), 0.95)),
    "TR004": few,
    "TR005": better_when_longer,
    "TR006": lambda: make(rows=token_ids(unknown=0.2)),
    "TR007": lambda: make(scores=predict_well(np.random.default_rng(0).integers(0, 2, SIZE), 0.85, 0.99)),
    "TR008": never_predicted,
    "TR009": thresholds_by_chance,
    "TR010": worse_than_validation,
    "TR011": lambda: make(seeds=[{"seed": 1, "value": 0.85}]),
    "TR012": weak_on_long_texts,
    "TR013": lambda: make(
        baseline_probabilities=predict_well(np.random.default_rng(0).integers(0, 2, SIZE), 0.93, 0.95)
    ),
    "TR014": lambda: make(branches={**BRANCHES, "gain": {**BRANCHES["gain"], **NO_GAIN}}),
    "TR015": lambda: make(history=EPOCHS),
    "TR016": lambda: fixed(as_suggested=30),
}
# what a sound report does not hold, and what passes a check instead of skipping it
PASSES: dict[str, Callable[[], dict[str, Any]]] = {
    "TR009": steady_thresholds,
    "TR011": lambda: make(seeds=[{"seed": 1, "value": 0.935}]),
}


@pytest.fixture(scope="module", autouse=True)
def no_pictures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compose, "draw_plots", lambda data: {})
        yield


@pytest.fixture(scope="module")
def sound(no_pictures: None) -> dict[str, Any]:
    return make()


def test_the_codes_are_in_order_and_each_has_a_case() -> None:
    assert [check.code for check in CHECKS] == [f"TR{i:03}" for i in range(1, len(CHECKS) + 1)]
    assert set(FIRES) == {check.code for check in CHECKS}
    assert len({check.name for check in CHECKS}) == len(CHECKS)


def test_a_sound_report_has_no_finding(sound: dict[str, Any]) -> None:
    assert sound["findings"] == []
    assert {code for code, status in sound["checked"].items() if status != "passed"} == set(PASSES)
    assert all(sound["checked"][code] == "skipped" for code in PASSES)


@pytest.mark.parametrize("code", FIRES)
def test_each_check_fires_and_does_not(code: str, sound: dict[str, Any]) -> None:
    data = FIRES[code]()
    assert data["checked"][code] == "found"
    (found,) = (finding for finding in data["findings"] if finding["code"] == code)
    assert found["seen"].endswith(".")
    assert "None" not in found["seen"]
    assert "nan" not in found["seen"].lower().split()
    assert (PASSES[code]() if code in PASSES else sound)["checked"][code] == "passed"


def test_a_report_of_little_skips_what_it_cannot_tell() -> None:
    data = few()
    assert {data["checked"][code] for code in ("TR005", "TR006", "TR009", "TR010", "TR011", "TR012", "TR013")} == {
        "skipped"
    }


AUDIT = {"rows": 2900, "suspicious": 29, "in_split": {"train": 20, "validation": 3, "test": 6}, "told": "More."}


def test_label_errors_are_read_from_the_audit_where_there_is_one(sound: dict[str, Any]) -> None:
    found = make(audit=AUDIT)
    (seen,) = (each["seen"] for each in found["findings"] if each["code"] == "TR013")
    assert seen == "The audit finds 29 suspicious labels among 2,900 rows (1.0%), 6 of them among the 600 test rows."
    assert f"by the audit</h3><p><bdi>{seen}</bdi></p>" in show_audit(found)

    suspected = FIRES["TR013"]()
    assert suspected["checked"]["TR013"] == "found"
    cleared = {**suspected, "audit": {**AUDIT, "suspicious": 28}}
    assert run_checks(cleared)["checked"]["TR013"] == "passed"
    assert "nothing found.</b> 28 of 2,900 labels look wrong" in show_audit(cleared)

    without = {**suspected, "audit": {"reason": "No audit <of> these rows."}}
    assert run_checks(without)["checked"]["TR013"] == "found"
    assert "No audit &lt;of&gt; these rows." in show_audit(without)
    assert show_audit(sound) == ""


def test_a_score_that_may_be_that_of_the_largest_class_is_told_with_its_interval(sound: dict[str, Any]) -> None:
    few_right = {**sound["metrics"]["accuracy"], "value": 0.9, "low": 0.4}
    data = {**sound, "comparison": None, "metrics": {**sound["metrics"], "accuracy": few_right}}
    (seen,) = (each["seen"] for each in run_checks(data)["findings"] if each["code"] == "TR003")
    assert seen.startswith("Accuracy is 0.900, and by its 95 % interval may be as low as 0.400; always predicting ")


def test_the_page_tells_what_other_seeds_reached(sound: dict[str, Any]) -> None:
    assert show_seeds(sound) == "", "no run with another seed"
    assert show_seeds({**sound, "seeds": [{"run": "a", "value": None}]}) == "", "its record holds no score"
    far = show_seeds({**sound, "seeds": [{"run": "early", "value": 0.85}, {"run": "late", "value": 0.93}]})
    assert 'id="TR011"' in far
    assert "3 runs that differ only in their seed reach accuracy from 0.850 to 0." in far
    assert "The others: 0.850 (run early), 0.930 (run late)." in far
    assert "What to do." in far
    near = show_seeds({**sound, "seeds": [{"run": "late", "value": 0.935}]})
    here = sound["metrics"]["accuracy"]["value"]
    assert "TR011 by other runs: nothing found." in near
    assert f"accuracy 0.935 (run late); here {here:.3f}. That is less than 0.03 apart." in near
    assert "findings" not in near
    assert run_checks({**sound, "seeds": [{"run": "<b>", "value": 0.85}]})["checked"]["TR011"] == "found"
    assert "<b>)" not in show_seeds({**sound, "seeds": [{"run": "<b>", "value": 0.85}]})
    several = {**sound, "target": TAGS.to_json(), "diagnosis": {}, "audit": AUDIT}
    assert run_checks(several)["checked"]["TR013"] == "found"


def test_numbers_and_several_labels_are_checked_too() -> None:
    values = np.random.default_rng(0).normal(3, 1, SIZE)
    numbers = Target("number", (), float(values.mean()), float(values.std()))
    near = values[:, None] + np.random.default_rng(1).normal(0, 0.1, (SIZE, 1))
    far = values[:, None] + np.random.default_rng(2).normal(0, 2, (SIZE, 1))
    rows = ragged([np.full(30, 5)] * SIZE)
    texts = [f"test {i}" for i in range(SIZE)]
    scored = ScoredRows(rows, values, far, far[:, 0], texts)
    measured = diagnose(
        numbers, scored, max_tokens=20, reread=lambda rows, places, longer: near[places, 0], config=CONFIG
    )
    examples = Examples({"text": texts}, values.tolist(), np.arange(1, SIZE + 1))
    given: dict[str, Any] = {"config": CONFIG, "settings": {}, "checks": {}, "diagnosis": measured}
    data = build_report(examples, values, far, numbers, rows.lengths, **given).data
    assert [finding["code"] for finding in data["findings"]] == ["TR005"]
    assert encode_labels(TAGS, [("food",)]).shape == (1, 3)


@pytest.mark.parametrize(
    ("as_suggested", "split", "status"), [(6, "test", "found"), (5, "test", "passed"), (37, "train", "passed")]
)
def test_labels_that_a_person_decided_about_do_not_flatter(as_suggested: int, split: str, status: str) -> None:
    data = fixed(as_suggested=as_suggested, split=split)
    assert data["checked"]["TR016"] == status
    if status == "found":
        (found,) = data["findings"]
        assert found["seen"].startswith("37 test labels of 600 were corrected, 6 of them as the audit suggested (1.0% ")
        assert conclude(data).weak.startswith("Scored rows have labels that an audit suggested (TR016)")


def test_the_most_severe_finding_leads_and_decides_what_to_do_next() -> None:
    data = leaked()
    data = {**data, "checks": {**data["checks"], "conflicting_texts": 99}}
    data |= run_checks(data)
    assert [finding["code"] for finding in data["findings"]] == ["TR001", "TR002"]
    found = conclude(data)
    assert found.good.startswith("The classifier is right on 9")
    assert "better than a linear model" in found.good
    assert found.weak.startswith("Scored rows repeat training texts (TR001): 12 of 600 test rows")
    assert "(also TR002)" in found.weak
    assert found.next.startswith("Remove repeated texts")


def test_without_a_finding_the_weakest_class_is_named(sound: dict[str, Any]) -> None:
    found = conclude(sound)
    assert found.weak == "No check found a weakness."
    assert found.next.startswith("Look at the errors of '")


def test_a_gate_is_missed_by_its_codes_alone(sound: dict[str, Any]) -> None:
    data = leaked()
    with pytest.raises(FindingError, match="--fail-on: expected no finding, found TR001: 12 of 600") as caught:
        require_no_findings(data, ("TR001", "TR003"), "--fail-on")
    assert caught.value.exit_code == 4
    assert require_no_findings(data, ("TR003",), "--fail-on") == []
    (told,) = require_no_findings(sound, ("TR003", "TR011"), "--fail-on")
    assert told.startswith("--fail-on: TR011 was not checked; it needs another run")
    old = {name: value for name, value in data.items() if name not in ("findings", "checked")}
    with pytest.raises(FindingError, match="TR001"):
        require_no_findings(old, ("TR001",), "--fail-on")


def test_codes_are_read_as_people_write_them() -> None:
    assert parse_codes("all", "--fail-on") == tuple(check.code for check in CHECKS)
    assert parse_codes("tr003,TR001, TR003", "--fail-on") == ("TR003", "TR001")
    for wrong in ("", "TR999", "TR001;TR002", "TR001,"):
        with pytest.raises(ConfigError, match="--fail-on: expected codes from TR001 to TR0"):
            parse_codes(wrong, "--fail-on")


def test_the_worst_slice_is_the_one_that_costs_the_most_rows() -> None:
    slices = [
        {"name": name, "weak": True, "difference": worse, "count": count, "value": 0.6, "other": 0.9, "p_value": 0.01}
        for name, worse, count in (("a rare word", -0.5, 30), ("long texts", -0.3, 100))
    ]
    data = make()
    found = {**data["diagnosis"], "slices": {"rows": slices, "score": "accuracy"}}
    seen = weak_slices.CHECK.detect(data | {"diagnosis": found})
    assert seen is not None
    assert seen.startswith("Rows with long texts are worse: accuracy 0.600 on 100 of them")


@pytest.mark.parametrize(("last", "fires"), [(9.95, False), (9.0, True)])
def test_an_error_has_to_fall_by_a_share_of_itself(last: float, *, fires: bool) -> None:
    history = [{"epoch": i + 1, "validation_mean_absolute_error": value} for i, value in enumerate((12.0, 10.0, last))]
    assert bool(unfinished_training.CHECK.detect({"history": history, "best_epoch": 3})) == fires


def test_cut_texts_that_are_better_predicted_by_chance_alone_are_no_finding() -> None:
    found = {"reread": 40, "p_value": 0.5, "only_longer": 9, "only_cut": 7, "cut": 50, "share": 0.1, "max_tokens": 20}
    found["longer"] = 80
    data = {"diagnosis": {"truncation": found}}
    assert truncation.CHECK.detect(data) == ""
    found["p_value"] = 0.001
    assert truncation.CHECK.detect(data)
    found["only_cut"] = 12
    assert truncation.CHECK.detect(data) == ""


def test_where_every_class_is_perfect_none_is_named(sound: dict[str, Any]) -> None:
    classes = [{**row, "f1": 1.0} for row in sound["classes"]]
    assert conclude({**sound, "classes": classes}).next == "Look at the largest errors below, then use the model."


def test_a_label_of_four_scored_rows_has_no_range_of_thresholds() -> None:
    random = np.random.default_rng(0)
    members, scores = random.random((60, 3)) < 0.4, random.random((60, 3))
    members[:, 0], members[:, 1] = np.arange(60) < 4, np.arange(60) < 5
    found = measure_thresholds((members, scores), (members, scores), TAGS, 0)
    assert [row["name"] for row in found] == ["room", "staff"]
