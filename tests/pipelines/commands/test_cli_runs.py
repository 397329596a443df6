"""`runs`, `compare`, `promote`: what they say is what the models do; what they refuse stays as it was."""

from __future__ import annotations

import csv
import html
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from made import make_rows, write_csv
from running import Call, Ended

import textrnn as library
from pipelines.app import run_app
from pipelines.running.model_run import read_result
from pipelines.runs.references import find_run_of
from pipelines.runs.run import Run, list_kept
from textrnn.data.corpus import Corpus

pytestmark = pytest.mark.usefixtures("without_plots")

NAME = "textrnn"


@pytest.fixture(scope="module")
def trained(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: the finished one, one with another seed, one on twice the rows. Copy it, do not write to it."""
    folder = tmp_path_factory.mktemp("trained") / "place"
    shutil.copytree(finished, folder)
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert run_app(["run", "--quiet", "--set", "train.seed=5", "--set", "train.epochs=2"]) == 0
        noisy = [(text, label if i % 5 else "good") for i, (text, label) in enumerate(make_rows(400))]
        write_csv(Path("data.csv"), noisy)
        assert run_app(["run", "--quiet"]) == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def three(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "three"
    shutil.copytree(trained, folder)
    monkeypatch.chdir(folder)
    return folder


def runs_of(place: Path) -> list[Run]:
    return list_kept(place, NAME)


def corpus_of(run: Run) -> Corpus:
    key = next(line["key"] for line in run.record["stages"] if line["stage"] == "load")
    return Corpus.load(run.root / ".textrnn" / "entries" / "load" / key[:32] / "data")


def probability(ended: Ended) -> float:
    return float(json.loads(ended.out)["probability"])


def test_the_list_is_of_the_runs_reports(three: Path, textrnn: Call) -> None:
    listed = textrnn("runs", "--json").json
    assert [row["run"] for row in listed] == [run.id for run in runs_of(three)]
    assert len(listed) == 3
    for row, run in zip(listed, runs_of(three), strict=True):
        report = json.loads((run.folder / "report.json").read_text("utf-8"))
        assert {name: row["score"][name] for name in ("value", "low", "high")} == report["metrics"]["accuracy"]
        assert row["bytes"] == sum(path.stat().st_size for path in run.folder.rglob("*") if path.is_file())
        assert row["seconds"] > 0
    assert [row["promoted"] for row in listed] == [None, None, "run"]
    assert [sum(row["data"]["rows"].values()) for row in listed] == [200, 200, 400]
    assert listed[0]["data"]["digest"] == listed[1]["data"]["digest"] != listed[2]["data"]["digest"]
    assert listed[0]["changed"] is None
    assert listed[1]["changed"] == {
        "settings": ["train.epochs was 1, is 2", "train.seed was 0, is 5"], "data": [], "code": [], "libraries": [],
    }  # fmt: skip
    assert listed[2]["changed"]["data"] == ["the source data changed: 200 rows became 400"]
    lines = textrnn("runs").out.splitlines()
    assert lines[0].split()[:3] == ["run", "name", "finished"]
    assert "train.epochs was 1, is 2; train.seed was 0, is 5" in lines[2]
    assert textrnn("runs", "--name", "none").out == "no runs are kept here; `textrnn run` keeps one\n"


def test_a_run_with_nothing_to_do_keeps_its_id_and_says_it(three: Path, textrnn: Call) -> None:
    before = [run.id for run in runs_of(three)]
    for _ in range(2):
        ended = textrnn("run", "--json")
        assert ended.json["run"] == before[-1]
    assert f"kept as run {before[-1]}" in textrnn("run").err
    assert [run.id for run in runs_of(three)] == before
    assert json.loads((three / "runs" / NAME / "run.json").read_text("utf-8"))["run"] == before[-1]
    assert textrnn("run", "--until", "train", "--json").json["run"] is None


def test_results_of_a_layout_before_runs_were_kept_are_kept_by_the_next_run(place: Path, textrnn: Call) -> None:
    for run in runs_of(place):
        shutil.rmtree(run.folder)
    (place / "runs" / NAME / "promotions.json").unlink()
    assert textrnn("predict", "a good soup").code == 0
    assert textrnn("score", "data.csv").code == 0
    assert read_result(place / "models" / NAME, "numericalize", None) is not None
    assert textrnn("runs").out.startswith("no runs are kept")
    ended = textrnn("run", "--json")
    assert ended.ran() == []
    assert [run.id for run in runs_of(place)] == [ended.json["run"]]


def test_the_promoted_run_predicts_and_others_leave_it(three: Path, textrnn: Call) -> None:
    first, _, last = runs_of(three)
    alone = {run.id: probability(textrnn("predict", "a good soup", "-m", str(run.model))) for run in (first, last)}
    assert alone[first.id] != alone[last.id]
    assert probability(textrnn("predict", "a good soup")) == alone[last.id]
    bundled = textrnn("predict", "x", "-m", str(first.model)).out
    ended = textrnn("promote", first.id[-4:])
    assert ended.code == 0, ended.err
    assert ended.out.startswith(f"models/textrnn is the model of run {first.id} (bundled ")
    assert f"`textrnn promote --latest {NAME}` ends that" in ended.err
    assert probability(textrnn("predict", "a good soup")) == alone[first.id]
    assert textrnn("predict", "x", "-q").out == bundled
    found = read_result(three / "models" / NAME, "numericalize", None)
    assert found is not None
    assert sum(map(len, found.splits.values())) == 200, "export --small measures on the rows of that run"
    again = textrnn("run", "--json")
    assert again.json["run"] == last.id
    assert again.json["model"] == str(last.model)
    assert f"models/textrnn stays the model of run {first.id}, promoted by hand" in again.json["warnings"][0]
    assert probability(textrnn("predict", "a good soup")) == alone[first.id]
    assert textrnn("promote", "--latest").code == 0
    assert probability(textrnn("predict", "a good soup")) == alone[last.id]
    assert textrnn("run", "--json").json["warnings"] == []
    assert textrnn("promote", "--previous", "--json").json["run"] == first.id
    history = textrnn("promote", "--history", "--json").json
    assert [(row["run"], row["by"]) for row in history][-3:] == [
        (first.id, "hand"), (last.id, "run"), (first.id, "hand"),
    ]  # fmt: skip


def test_a_promoted_run_of_another_name_predicts_too(three: Path, textrnn: Call) -> None:
    assert textrnn("run", "--quiet", "--set", "name=other").code == 0
    last = json.loads((three / "runs" / "last.json").read_text("utf-8"))
    assert last["model"] == "models/other"
    assert textrnn("promote", NAME).code == 0
    last = json.loads((three / "runs" / "last.json").read_text("utf-8"))
    assert last["model"] == f"models/{NAME}"
    assert last["changes"], "the configuration of the last run stays"


def test_runs_are_removed_but_the_promoted_one(three: Path, textrnn: Call) -> None:
    first, second, last = runs_of(three)
    ended = textrnn("runs", "rm", first.id, last.id)
    assert (ended.code, f"{last.id}: expected a run that is not promoted" in ended.error) == (2, True)
    assert runs_of(three) == [first, second, last]
    dry = textrnn("runs", "rm", first.id[-4:], "--dry-run")
    assert dry.out.splitlines()[-1].endswith("MB would be removed")
    assert runs_of(three) == [first, second, last]
    assert [row["run"] for row in textrnn("runs", "rm", first.id, "--json").json] == [first.id]
    assert textrnn("runs", "rm", first.id).code == 2
    assert [row["run"] for row in textrnn("runs", "gc", "--keep", "0", "--json").json] == [second.id]
    assert runs_of(three) == [last]
    assert find_run_of(three / "models" / NAME) == last
    assert textrnn("compare").error == (
        f"error: compare: expected two kept runs of {NAME}, found 1; train another, or name two models"
    )


def test_runs_on_the_same_data_are_compared_on_all_test_rows(three: Path, textrnn: Call) -> None:
    first, second, _ = runs_of(three)
    found = textrnn("compare", first.id, second.id, "--json").json
    assert found["compared_on"] == "on the 20 test rows of both"
    assert found["rows"] == 20
    for name, run in (("a", first), ("b", second)):
        report = json.loads((run.folder / "report.json").read_text("utf-8"))
        assert found[name]["score"]["value"] == pytest.approx(report["metrics"]["accuracy"]["value"])
        assert (found[name]["run"], found[name]["name"]) == (run.id, NAME)
    assert found["changed"]["settings"] == ["train.epochs was 1, is 2", "train.seed was 0, is 5"]
    same = textrnn("compare", first.id, first.id)
    assert "no difference: B and A are right on the same examples" in same.out
    assert "they differ on 0 of 20 texts" in same.out
    assert "settings, data, code and libraries are the same" in same.out


def test_data_that_grew_is_compared_on_what_both_held_out(three: Path, textrnn: Call) -> None:
    first, _, last = runs_of(three)
    corpora = [corpus_of(run) for run in (first, last)]
    tested = [{*corpus.splits["test"].texts} for corpus in corpora]
    seen = {text for corpus in corpora for name in ("train", "validation") for text in corpus.splits[name].texts}
    wanted = (tested[0] & tested[1]) - seen
    newest = corpora[1].splits["test"]
    rows = [(text, label) for text, label in zip(newest.texts, newest.labels, strict=True) if text in wanted]
    assert 0 < len(rows) < 20
    found = textrnn("compare", first.id, last.id, "-o", "differ.csv", "--json").json
    assert found["rows"] == len(rows)
    texts, labels = [text for text, _ in rows], np.array([label for _, label in rows])
    said = [library.load(run.model).predict(texts) for run in (first, last)]
    assert found["a"]["score"]["value"] == pytest.approx((said[0] == labels).mean())
    assert found["b"]["score"]["value"] == pytest.approx((said[1] == labels).mean())
    assert (found["only_a"], found["only_b"]) == (
        int(((said[0] == labels) & (said[1] != labels)).sum()), int(((said[1] == labels) & (said[0] != labels)).sum()),
    )  # fmt: skip
    counts = found["held_out"]
    assert (counts["a_rows"], counts["b_rows"], counts["new"], counts["gone"]) == (200, 400, 200, 0)
    assert counts["seen_by_one"] == len((tested[0] | tested[1]) & seen)
    with open("differ.csv", encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert {row["text"] for row in written} == {t for t, a, b in zip(texts, *said, strict=True) if a != b}
    assert [row["row"] for row in written] == [str(row["row"]) for row in found["differing"]]
    shown = textrnn("compare").out
    assert "that both held out, of 20 of A, 40 of B" in shown
    assert "the data grew from 200 to 400 rows (200 new)" in shown
    assert textrnn("compare", first.id, last.id, "-o", "differ.csv").code == 2
    assert textrnn("compare", first.id, last.id, "-o", "differ.csv", "--overwrite").code == 0


def test_without_the_cache_the_source_is_read_again(three: Path, textrnn: Call) -> None:
    first, _, last = runs_of(three)
    before = textrnn("compare", first.id, last.id, "--json").json
    shutil.rmtree(three / ".textrnn")
    assert textrnn("compare", first.id, last.id, "--json").json == before
    for run in (first, last):  # the source is where it was when the run was made
        record = json.loads((run.folder / "run.json").read_text("utf-8"))
        record["config"]["data"]["source"] = str(three / "gone.csv")
        (run.folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    ended = textrnn("compare", first.id, last.id)
    assert (ended.code, "expected its held-out rows in the cache or in its source" in ended.error) == (3, True)


def test_what_cannot_be_compared_is_said(three: Path, textrnn: Call) -> None:
    first, _, last = runs_of(three)
    shutil.copytree(first.model, "alone")
    ended = textrnn("compare", "alone", last.id)
    assert (ended.code, "alone: expected a kept run, whose held-out rows are known" in ended.error) == (2, True)
    found = textrnn("compare", "alone", NAME, "--data", "data.csv", "--json").json
    assert (found["rows"], found["a"]["run"], found["b"]["run"], found["changed"]) == (400, None, last.id, None)
    assert textrnn("compare", "models/textrnn", last.id, "--json").json["b"]["run"] == last.id
    texts = [f"{label} thing {i}" for i, label in enumerate(["red", "blue"] * 60)]
    write_csv(Path("other.csv"), [(text, text.split()[0]) for text in texts])
    assert textrnn("run", "--quiet", "--set", "name=other", "--set", "data.source=other.csv").code == 0
    ended = textrnn("compare", "other", NAME)
    assert (ended.code, "expected models that share classes, found blue, red against bad, good" in ended.error) == (
        2,
        True,
    )
    write_csv(Path("fresh.csv"), [(f"new {text}", label) for text, label in make_rows(120, seed=9)])
    assert textrnn("run", "--quiet", "--set", "name=fresh", "--set", "data.source=fresh.csv").code == 0
    ended = textrnn("compare", "fresh", NAME)
    assert (ended.code, "expected rows that both held out, found none" in ended.error) == (2, True)
    for arguments, said in (
        (("compare", last.id), "expected two runs or models, found one"),
        (("compare", "none", last.id), "none: expected the id of a kept run, or a name, found none"),
        (("promote",), "expected the id of a run, or --latest, found neither"),
        (("promote", "--latest", "--previous"), "expected one of --latest, --previous, --history, found several"),
        (("promote", "--latest"), ""),
        (("promote", "--latest", "none"), "expected a name that has kept runs, found none"),
        (("runs", "gc", "--name", "none"), "expected a name that has runs, found none"),
    ):
        ended = textrnn(*arguments)
        assert ended.code == (2 if said else 0), arguments
        assert said in (ended.error if said else ""), arguments


def test_the_report_says_how_a_run_compares_with_the_one_before(three: Path, textrnn: Call) -> None:
    first, second, last = runs_of(three)
    found = json.loads((last.folder / "comparison.json").read_text("utf-8"))
    assert found["compared_with"] == second.id
    assert {name: value for name, value in textrnn("compare", second.id, last.id, "--json").json.items()
            if name in ("difference", "only_a", "only_b", "p_value", "rows")}.items() <= found.items()  # fmt: skip
    told = found["told"]
    assert told.startswith(f"Compared with run {second.id} on ")
    assert "the data grew from 200 to 400 rows (200 new): " in told
    for page in (last.folder / "report.html", three / "runs" / NAME / "report.html"):
        assert told in html.unescape(page.read_text("utf-8"))
    page = (three / "runs" / NAME / "report.html").read_bytes()
    assert textrnn("run", "--json").ran() == []
    assert (three / "runs" / NAME / "report.html").read_bytes() == page
    assert not (first.folder / "comparison.json").exists(), "nothing was before it"
    assert "on the 20 test rows of both: " in json.loads((second.folder / "comparison.json").read_text("utf-8"))["told"]


def test_what_cannot_be_compared_keeps_no_run_from_ending(three: Path, textrnn: Call) -> None:
    write_csv(Path("fresh.csv"), [(f"new {text}", label) for text, label in make_rows(120, seed=9)])
    last = runs_of(three)[-1]
    ended = textrnn("run", "--set", "data.source=fresh.csv")
    assert ended.code == 0
    assert f"Not compared with run {last.id}: " in ended.err
    assert "expected rows that both held out, found none" in ended.err
    assert "Not compared with run" in (three / "runs" / NAME / "report.html").read_text("utf-8")
