"""`--require-win`: exit 4 unless the classifier beats the baseline; whatever is made stays."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from made import write_csv
from running import TREE, Call

pytestmark = pytest.mark.usefixtures("without_plots")

BLIND = ("-s", "baseline.min_documents=1000000")  # a baseline that sees no word
STUNTED = ("-s", "train.learning_rate=1e-6", "-s", "ngram_branch.enabled=false")  # a classifier that learns nothing


@pytest.mark.parametrize("command", ["run", "evaluate", "bundle"])
def test_a_win_is_exit_0(place: Path, textrnn: Call, command: str) -> None:
    ended = textrnn(command, "--require-win", "--json", *BLIND)
    assert ended.code == 0, ended.err
    win = ended.json["win"]
    report = read_report(place)
    assert win == {
        "won": True,
        "split": "test",
        "classifier": report["metrics"]["accuracy"]["value"],
        "baseline": report["baseline"]["metrics"]["accuracy"]["value"],
        "p_value": report["comparison"]["p_value"],
        "score": "accuracy",
        "test": "McNemar",
        "verdict": report["comparison"]["verdict"],
        "shown": report["comparison"]["winner"] is not None,
    }
    assert win["classifier"] > win["baseline"]
    easy = textrnn(command, "--require-win")
    assert easy.code == 0, "as in the last run, or with the config's own baseline"
    assert ("--require-win: passed, but no difference shown" in ended.err) == (not win["shown"])


@pytest.mark.parametrize("command", ["run", "evaluate", "bundle"])
def test_no_win_is_exit_4_and_loses_nothing(place: Path, textrnn: Call, command: str) -> None:
    first = textrnn(command, "--require-win", "--json", *STUNTED)
    win = first.json["win"]
    assert (first.code, win["won"]) == (4, False)
    assert win["classifier"] < win["baseline"]
    assert first.err.count("error: ") == 1
    for said in (f"{win['classifier']:.4f} against {win['baseline']:.4f}", "test split", win["verdict"]):
        assert said in first.error
    assert read_report(place)["metrics"]["accuracy"]["value"] == win["classifier"]
    assert "evaluate" in first.ran()

    again = textrnn(command, "--require-win", "--json", *STUNTED)
    assert (again.code, again.ran(), again.json["win"], again.error) == (4, [], win, first.error)
    easy = textrnn(command, "--json", *STUNTED)
    assert (easy.code, easy.ran(), easy.json["win"]) == (0, [], win)
    if command != "evaluate":
        assert json.loads((place / "models" / "textrnn" / "metrics.json").read_text("utf-8"))
        assert textrnn("predict", "a good soup").code == 0


def test_a_draw_is_no_win(fresh: Path, textrnn: Call) -> None:
    """Both are right on every text: one word tells the class."""
    rows = [(f"a {word} dish {number}", word) for number in range(60) for word in ("good", "bad")]
    write_csv(fresh / "data.csv", rows)
    ended = textrnn("run", "--require-win", "--json")
    assert (ended.json["win"]["classifier"], ended.json["win"]["baseline"]) == (1.0, 1.0)
    assert ended.code == 4
    assert (
        "found 1.0000 against 1.0000 (no difference: the classifier and the baseline are right on the same"
        in ended.error
    )


def test_the_verdict_of_a_finished_run_needs_no_torch(place: Path, textrnn: Call, process: Call) -> None:
    assert textrnn("run", *STUNTED).code == 0
    (place / "heavy").mkdir()
    for name in ("torch", "numpy"):
        (place / "heavy" / f"{name}.py").write_text("raise SystemExit(f'{__name__} was imported')\n", encoding="utf-8")
    ended = process("run", "--require-win", *STUNTED, cwd=place, PYTHONPATH=f"{place / 'heavy'}{os.pathsep}{TREE}")
    assert ended.code == 4, ended.err
    assert ended.out == "model   models/textrnn\nreport  runs/textrnn/report.html\n"


def test_the_model_card_names_the_baseline_and_what_was_tried(place: Path, textrnn: Call) -> None:
    assert textrnn("run").code == 0
    card = (place / "models" / "textrnn" / "README.md").read_text("utf-8")
    assert f"the baseline is {read_report(place)['baseline']['name']}\n" in card
    assert "- TF-IDF, C = 1: accuracy " in card
    assert "- NB-LR, C = 4: accuracy " in card


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--until", "train"), "expected evaluate or bundle among the stages, found load, tokenize"),
        (("baseline",), "expected evaluate or bundle among the stages, found load, tokenize, baseline"),
        (("run", "--dry-run"), "expected a run to judge, found --dry-run"),
    ],
)
def test_without_a_report_it_is_a_mistake(fresh: Path, textrnn: Call, arguments: tuple[str, ...], said: str) -> None:
    ended = textrnn(*arguments, "--require-win")
    assert ended.code == 2
    assert said in ended.error
    assert not (fresh / ".textrnn").exists()


def test_it_is_offered_where_it_can_be_used(textrnn: Call) -> None:
    offered = [
        name for name in ("run", "evaluate", "bundle", "train") if "--require-win" in textrnn(name, "--help").out
    ]
    assert offered == ["run", "evaluate", "bundle"]


def read_report(place: Path) -> dict[str, dict[str, dict[str, float]]]:
    found: dict[str, dict[str, dict[str, float]]] = json.loads(
        (place / "runs" / "textrnn" / "report.json").read_text("utf-8")
    )
    return found
