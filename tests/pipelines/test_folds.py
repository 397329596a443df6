"""A run with folds: every row predicted by a model that has not seen it, one model of all rows, nothing made twice."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import make_rows, write_csv
from made_kinds import make_feelings, make_stars, write_jsonlines
from running import SMALL, Call

from pipelines.caching.cache import Cache
from pipelines.caching.file_memo import FileMemo
from pipelines.config import build_config
from pipelines.running.display import LineDisplay
from pipelines.running.run_state import RunState
from pipelines.running.runner import run_stages
from pipelines.stages import find_stage, needed_for
from textrnn.data.examples import select_examples
from textrnn.data.fold_splits import deal_corpus
from textrnn.decision.decision import choose, compute_scores
from textrnn.evaluation import explained
from textrnn.evaluation.fold_model import FoldModel
from textrnn.storage.files import read_json
from textrnn.storage.tensors import load_arrays

pytestmark = pytest.mark.usefixtures("without_plots")

FOLDS = 2
TREE: dict[str, Any] = {
    "data": {"folds": FOLDS},
    "vocabulary": {"min_count": 1},
    "embeddings": {"vectors": "none", "size": 4},
    "ngram_branch": {"inverse_penalties": [4.0]},
    "model": {"embedding_size": 4, "hidden_size": 4},
    "train": {
        "epochs": 1, "batch_size": 32, "max_tokens": 12, "learning_rate": 0.01, "precision": "float32", "device": "cpu",
        "adversarial": 0.0,
    },
    "baseline": {"inverse_penalties": [1.0], "nb_inverse_penalties": [4.0]},
    "evaluate": {"bootstrap": 20, "errors": 3},
}  # fmt: skip
REPEATED = ("vocabulary", "numericalize", "embeddings", "ngram_branch", "train", "decide", "baseline")


class Killed(BaseException):
    """What ends a run in the middle."""


class Stopping(LineDisplay):
    """Ends the run as the stage `at` begins."""

    def __init__(self, at: str) -> None:
        super().__init__(io.StringIO())
        self.at = at

    def started(self, stage: str, reasons: Any) -> None:
        if stage == self.at:
            raise Killed


def run(root: Path, data: Mapping[str, Any], *, until: str = "bundle", stop: str = "") -> RunState:
    tree = {**TREE, "data": {**TREE["data"], **data}}
    config = build_config(tree, (), name="folds", root=root, base=root)
    cache = Cache(root / "cache")
    memo = FileMemo(cache.root / "memo.json")
    stages = needed_for(until, config.data.folds)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explained, "MAX_TEXTS", 2)  # that are explained for their words
        return run_stages(config, stages, cache=cache, memo=memo, display=Stopping(stop))


def contents(state: RunState) -> dict[str, str]:
    return {name: outcome.entry.content for name, outcome in state.outcomes.items()}


class Done:
    """A run with folds that was interrupted, and another that finished it, with its nouns."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = {"source": str(write_csv(root / "rows.csv", [*make_rows(70), *make_rows(6)]))}
        with pytest.raises(Killed):
            run(root, self.data, stop="train.2")
        self.state = run(root, self.data)

    def noun(self, stage: str, fold: int | None = None) -> Any:
        name = stage if fold is None else f"{stage}.{fold}"
        return self.state.cache.read(self.state.outcomes[name].entry, find_stage(stage))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return Done(tmp_path_factory.mktemp("folds"))


def test_texts_are_tokenized_once_the_rest_in_every_fold_and_nothing_twice(done: Done) -> None:
    ran = [name for name, outcome in done.state.outcomes.items() if outcome.ran]
    assert ran == [
        *(f"{stage}.2" for stage in ("train", "decide", "baseline")),  # where it was interrupted
        *(stage for stage in REPEATED if stage != "baseline"),
        "evaluate",
        "bundle",
    ]
    made = {path.parent.name for path in done.state.cache.root.glob("entries/*/*")}
    assert {"load", "tokenize", *(f"{stage}.{fold}" for fold in (1, 2) for stage in ("fold", *REPEATED))} <= made
    assert not any(name.startswith("tokenize.") for name in made)
    again = run(done.root, done.data)
    assert not any(outcome.ran for outcome in again.outcomes.values())
    assert again.kept == done.state.kept, "and it is the same run"


def test_a_fold_is_the_run_of_files_of_its_rows(done: Done, tmp_path: Path) -> None:
    folds = deal_corpus(done.noun("load"), FOLDS, 0)
    named = {}
    for name, rows in (("train", folds.fold != 2), ("test", folds.fold == 2)):
        some = select_examples(folds.examples, np.flatnonzero(rows).tolist())
        pairs = [(text, str(label)) for text, label in zip(some.texts, some.labels, strict=True)]
        named[name] = str(write_csv(tmp_path / f"{name}.csv", pairs))
    files = contents(run(tmp_path, {"folds": 0, **named}, until="evaluate"))
    own = contents(done.state)
    assert {stage: own[f"{stage}.2"] for stage in REPEATED} == {stage: files[stage] for stage in REPEATED}
    assert own["fold.2"] == files["tokenize"]


def test_the_report_is_on_each_row_by_the_model_that_has_not_seen_it(done: Done) -> None:
    report, corpus = done.noun("evaluate").data, done.noun("load")
    folds = deal_corpus(corpus, FOLDS, 0)
    right = theirs = 0
    for fold in (1, 2):
        stages = ("vocabulary", "numericalize", "train", "ngram_branch", "decide", "baseline")
        model = FoldModel(*(done.noun(stage, fold) for stage in stages))
        texts, labels = (select_examples(folds.examples, folds.tested(fold).tolist()) for _ in range(2))
        truth = np.array([corpus.target.classes.index(label) for label in labels.labels])
        assert (model.ids.labels["test"] == truth).all()
        assert len(texts) == report["folds"][fold - 1]["rows"]
        scores = compute_scores(model.decision, model.logits(model.ids.splits["test"]))
        hits = int((choose(model.decision, scores) == truth).sum())
        assert report["folds"][fold - 1]["value"] == pytest.approx(hits / len(truth), abs=1e-5)
        right, theirs = right + hits, theirs + int((model.baseline.scores["test"].argmax(axis=1) == truth).sum())
    assert report["examples"] == 76
    assert report["split"] == "out-of-fold"
    assert report["metrics"]["accuracy"]["value"] == pytest.approx(right / 76, abs=1e-5)
    assert report["baseline"]["metrics"]["accuracy"]["value"] == pytest.approx(theirs / 76, abs=1e-5)
    found = report["comparison"]
    assert found["only_classifier"] - found["only_baseline"] == right - theirs
    by_row = dict(zip(folds.examples.rows.tolist(), folds.examples.labels, strict=True))
    assert [error["true"] for error in report["errors"]] == [by_row[error["row"]] for error in report["errors"]]
    assert report["checked"]["TR001"] == "passed"
    assert len(report["explained"]["errors"]) == 3
    page = done.noun("evaluate").html
    assert "The 2 folds" in page
    assert "76 out-of-fold examples" in page


def test_the_model_is_the_one_of_all_rows(done: Done) -> None:
    train = done.noun("train")
    assert not any(
        (train.weights["head.weight"] == done.noun("train", fold).weights["head.weight"]).all() for fold in (1, 2)
    )
    kept = done.state.kept
    assert kept is not None
    assert sum(map(len, done.noun("numericalize").splits.values())) == 76
    shipped = load_arrays(kept.model / "model.safetensors")
    assert {name: array.tobytes() for name, array in shipped.items()} == {
        name: array.tobytes() for name, array in train.weights.items()
    }
    assert json.loads((kept.folder / "run.json").read_text("utf-8"))["held_out"] == {
        "split": "out-of-fold",
        "examples": 76,
    }


@pytest.mark.parametrize(
    ("rows", "data"),
    [
        (make_stars(60), {"label_column": "stars", "target": "number"}),
        (make_feelings(60), {"label_column": "labels", "target": "multi"}),
    ],
    ids=["number", "multi"],
)
def test_other_kinds_of_target(rows: list[dict[str, Any]], data: dict[str, Any], tmp_path: Path) -> None:
    for number, row in enumerate(rows):
        row["price"] = number % 7
    path = write_jsonlines(tmp_path / "rows.jsonl", rows)
    state = run(tmp_path, {"source": str(path), "numeric": ["price"], **data}, until="evaluate")
    report = read_json(state.outcomes["evaluate"].entry.folder / "data" / "report.json")
    assert report["examples"] == 60
    assert sum(fold["rows"] for fold in report["folds"]) == 60
    assert [part["name"] for part in report["tabular"]] == ["the text", "price"]
    if data["target"] == "number":
        means = [
            state.cache.read(state.outcomes[f"fold.{k}"].entry, find_stage("tokenize")).target.centre for k in (1, 2)
        ]
        assert means[0] != means[1], "each fold standardises by its own training rows"
        weighted = sum(fold["rows"] * fold["value"] for fold in report["folds"]) / 60
        assert report["metrics"]["mean_absolute_error"]["value"] == pytest.approx(weighted, rel=1e-4)


def test_folds_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, textrnn: Call) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "data.csv", make_rows(60))
    (tmp_path / "textrnn.toml").write_text(SMALL, encoding="utf-8")
    planned = textrnn("plan", "--folds", "3", "--json").json
    names = [row["stage"] for row in planned]
    assert names[:3] == ["load", "tokenize", "fold.1"]
    assert len([name for name in names if name.startswith("train.")]) == 3
    assert textrnn("run", "--folds", "3", "--dry-run", "--json").json == planned
    assert "fold.2 would run:" in textrnn("why", "fold.2", "--folds", "3").out
    for arguments, told in (
        (("plan", "--folds", "1"), "data.folds: expected at least 2, or 0 for one test split, found 1"),
        (("why", "train.4", "--folds", "3"), "why train.4: expected a stage of the run, found 3 folds"),
        (("why", "train.2"), "found no folds (--folds N, or data.folds)"),
        (("benchmark", "--set", "data.folds=3"), "benchmark: expected one test split, found data.folds = 3"),
        (
            ("load", "--set", "data.folds=3", "--set", "data.train=data.csv", "--set", "data.test=data.csv"),
            "data: expected exactly one of",
        ),
    ):
        assert told in textrnn(*arguments).error, arguments
    forced = textrnn("run", "--folds", "3", "--dry-run", "--force", "load", "--force", "train", "--json").json
    assert [row["stage"] for row in forced if row["reasons"] == ["forced"]] == [
        "load",
        "train.1",
        "train.2",
        "train.3",
        "train",
    ]
