"""Every kind of target on the command line: from made-up rows to a report, a model and its answers."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import Call, Ended

from textrnn import TextClassifier
from textrnn.settings.command_line_only import COMMAND_LINE_ONLY
from textrnn.settings.python_settings import resolve
from textrnn.settings.sections import SECTIONS

pytestmark = pytest.mark.usefixtures("without_plots")

KINDS = {"feelings": "multi", "stars": "ordinal", "rating": "number", "wishes": "path"}
COLUMNS = {"feelings": "labels", "stars": "stars", "rating": "stars", "wishes": "label"}
TEXTS = ["I was happy, I was annoyed", "the lamp was useless and poor", "superb", "I forgot my pin", ""]
QUICK = ("-s", "train.epochs=3", "-s", "evaluate.bootstrap=50", "-s", "baseline.nb_inverse_penalties=[4.0]")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kinds")


@pytest.fixture
def run(trained: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(trained)

    def call(name: str) -> Ended:
        return textrnn("run", "--config", name, "--json", *QUICK)

    return call


@pytest.mark.parametrize("name", KINDS)
def test_a_config_runs_to_a_model_that_says_what_python_says(name: str, run: Any, textrnn: Call, trained: Path) -> None:
    ended = run(name)
    assert ended.code == 0, ended.err
    report = json.loads((trained / "runs" / name / "report.json").read_text("utf-8"))
    assert report["target"]["kind"] == KINDS[name]
    page = (trained / "runs" / name / "report.html").read_text("utf-8")
    assert not re.search(r"\bNone\b|\bnan\b|undefined", page)
    model = trained / "models" / name
    every = () if KINDS[name] == "number" else ("--all",)
    lines = [json.loads(line) for line in textrnn("predict", "-m", str(model), *TEXTS, *every).out.splitlines()]
    loaded = TextClassifier.load(model)
    said, chosen = loaded.predict_proba(TEXTS), loaded.predict(TEXTS)
    for line, row, answer in zip(lines, said, chosen, strict=True):
        if KINDS[name] == "number":
            assert list(line) == ["value", "tokens", "cut", "unknown", "model"]
            assert line["value"] == answer
            continue
        np.testing.assert_allclose(list(line["probabilities"].values()), row, atol=1e-6)
        key = "labels" if KINDS[name] == "multi" else "label"
        assert line[key] == (list(answer) if key == "labels" else answer)
    again = run(name)
    assert (again.code, again.ran()) == (0, [])
    configured = textrnn("config", "show", "--config", name, "--json", *QUICK).json
    of_the_machine = {"train.device", "train.processes", "train.precision"}
    kept = {name: dataclasses.asdict(section) for name, section in resolve(loaded.get_params(deep=False)).items()}
    for section in set(SECTIONS) - {"unlabelled", "baseline", "evaluate"}:
        for key, value in configured[section].items():
            if (setting := f"{section}.{key}") not in COMMAND_LINE_ONLY.keys() | of_the_machine:
                assert json.loads(json.dumps(kept[section][key])) == value, setting


@pytest.mark.parametrize("name", KINDS)
def test_scoring_the_same_rows_gives_the_same_scores(name: str, run: Any, textrnn: Call, trained: Path) -> None:
    run(name)
    source = Path(__file__).parents[3] / "configs" / f"{'stars' if name == 'rating' else name}.jsonl"
    rows = [json.loads(line) for line in source.read_text("utf-8").splitlines()][:80]
    held = trained / f"{name}.jsonl"
    held.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    column, model = COLUMNS[name], str(trained / "models" / name)
    found = textrnn("score", str(held), "--label-column", column, "-m", model, "--json").json["metrics"]
    loaded = TextClassifier.load(model)
    score = loaded.score([row["text"] for row in rows], [row[column] for row in rows])
    same = {"multi": "exact_match", "number": "r2"}.get(KINDS[name], "accuracy")
    assert found[same]["value"] == pytest.approx(score, rel=1e-5)


def test_csv_has_labels_in_one_cell_and_values_in_theirs(run: Any, textrnn: Call, trained: Path) -> None:
    run("feelings")
    out = textrnn("predict", "-m", "models/feelings", "--format", "csv", *TEXTS).out
    rows = list(csv.DictReader(out.splitlines()))
    chosen = TextClassifier.load(trained / "models" / "feelings").predict(TEXTS)
    assert [tuple(filter(None, row["labels"].split(","))) for row in rows] == list(chosen)
    run("rating")
    values = textrnn("predict", "-m", "models/rating", "--format", "csv", *TEXTS).out.splitlines()
    assert values[0] == "value,tokens,cut,unknown,model"
    assert all(float(value.split(",")[0]) for value in values[1:])
    for wrong in (("--all",), ("--top", "2")):
        refused = textrnn("predict", "-m", "models/rating", "a", *wrong)
        assert (refused.code, f"{wrong[0]}: expected a model of classes" in refused.error) == (2, True)


def test_a_win_is_by_the_score_of_the_kind(run: Any, textrnn: Call) -> None:
    run("rating")
    blind = ("--config", "rating", *QUICK, "-s", "baseline.min_documents=1000000", "--require-win", "--json")
    ended = textrnn("run", *blind)
    assert (ended.code, ended.json["win"]["score"]) == (0, "mean_absolute_error")
    stunted = ("-s", "train.learning_rate=1e-6", "-s", "ngram_branch.enabled=false")
    lost = textrnn("run", "--config", "rating", *QUICK, *stunted, "--require-win")
    assert lost.code == 4
    assert "mean absolute error on the test split below the baseline's" in lost.error


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (("data.target=several",), "data.target"),
        (("data.target=number", "train.sampling=balanced"), "train.sampling: expected a target with one class a text"),
        (("data.target=multi", "self_training.teachers=1"), "self_training.teachers"),
        (('data.classes=["bad", "good"]',), "data.classes: expected the order of an ordinal target"),
    ],
)
def test_settings_that_do_not_fit_are_exit_2(changes: tuple[str, ...], said: str, fresh: Path, textrnn: Call) -> None:
    ended = textrnn("run", *(part for change in changes for part in ("-s", change)))
    assert ended.code == 2
    assert said in ended.error


@pytest.mark.parametrize(
    ("kind", "label", "said"),
    [
        ("number", "many", "row 3"),
        ("ordinal", "good", "the lowest first"),
        ("path", "a > > b", "row 3"),
        ("multi", "a,,b", "row 3"),
    ],
)
def test_labels_that_do_not_fit_are_exit_3(kind: str, label: str, said: str, fresh: Path, textrnn: Call) -> None:
    rows = "".join(f"text {number},{label if number == 2 else number % 3}\n" for number in range(60))
    (fresh / "data.csv").write_text("text,label\n" + rows.replace(label, f'"{label}"'), "utf-8")
    ended = textrnn("run", "-s", f"data.target={kind}")
    assert ended.code == 3
    assert said in ended.error
