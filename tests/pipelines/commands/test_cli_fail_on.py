"""`--fail-on`: exit 4 where a check of the report finds something; whatever is made stays."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from running import Call

from pipelines.runs.run_id import is_run_id
from textrnn.evaluation.origin import remove_origin

MODEL = "models/textrnn"


def read_report(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "runs" / "textrnn" / "report.json").read_text("utf-8"))
    return found


def test_a_run_exits_4_on_what_was_found_and_only_on_that(place: Path, textrnn: Call) -> None:
    everything = textrnn("run", "--fail-on", "all", "--json")
    report = read_report(place)
    found = [finding["code"] for finding in report["findings"]]
    assert found, "a few dozen rows are too few to tell"
    assert everything.json["findings"] == report["findings"]
    assert everything.code == 4
    assert f"--fail-on: expected no finding, found {found[0]}: " in everything.error

    passed = next(code for code, status in report["checked"].items() if status == "passed")
    assert textrnn("evaluate", "--fail-on", passed.lower()).code == 0
    skipped = next(code for code, status in report["checked"].items() if status == "skipped")
    ended = textrnn("run", "--fail-on", f"{passed},{skipped}")
    assert ended.code == 0
    assert f"warning: --fail-on: {skipped} was not checked; it needs " in ended.err
    assert textrnn("run", "--fail-on", f"{passed},{found[-1]}").code == 4
    assert "<h2>Checks</h2>" in (place / "runs" / "textrnn" / "report.html").read_text("utf-8")


def read_rows(place: Path) -> list[tuple[str, str]]:
    with (place / "data.csv").open(encoding="utf-8") as file:
        return [(row["text"].replace(",", " "), row["label"]) for row in csv.DictReader(file)]


def test_new_rows_are_checked_too(place: Path, textrnn: Call) -> None:
    assert textrnn("run").code == 0
    ended = textrnn("score", "data.csv", "--model", MODEL, "--json")
    report = ended.json
    assert report["checked"]["TR001"] == "skipped", "its training texts are not there"
    rows = [f"{text},{label},{'east' if i % 2 else 'west'}" for i, (text, label) in enumerate(read_rows(place))]
    (place / "new.csv").write_text("\n".join(["text,label,region", *rows]), "utf-8")
    sliced = textrnn("score", "new.csv", "--model", MODEL, "--slice-by", "region", "--json").json
    names = {row["name"] for row in sliced["diagnosis"]["slices"]["rows"]}
    assert {"region = east", "region = west"} <= names
    codes = {
        status: [code for code, each in report["checked"].items() if each == status] for status in ("found", "passed")
    }
    assert textrnn("score", "data.csv", "--model", MODEL, "--fail-on", codes["passed"][0]).code == 0
    for code in codes["found"]:
        ended = textrnn("score", "data.csv", "--model", MODEL, "-o", "out", "--fail-on", code)
        assert ended.code == 4
        assert f"found {code}: " in ended.error
        assert (place / "out" / "report.html").exists()


def test_runs_that_differ_in_their_seed_alone_are_compared(place: Path, textrnn: Call) -> None:
    skipped = "--fail-on: TR011 was not checked"
    for first in ((), ("-s", "train.seed=1", "-s", "train.batch_size=7")):
        assert skipped in textrnn("run", *first, "--fail-on", "TR011").err, "another setting differs too"
    other = ("run", "-s", "train.seed=1", "--fail-on", "TR011")
    ended = textrnn(*other)
    assert skipped not in ended.err
    assert ended.code in (0, 4)
    assert textrnn(*other).code == ended.code, "nothing runs, and the runs are still there"

    runs = place / "runs" / "textrnn"
    first_id, odd_id, other_id = sorted(path.name for path in runs.iterdir() if is_run_id(path.name))
    page = (runs / "report.html").read_text("utf-8")
    assert page == (runs / other_id / "report.html").read_text("utf-8")
    shown = ">TR011</span> Seeds disagree" if ended.code else "TR011 by other runs: nothing found."
    assert shown in page
    assert f"(run {first_id})" in page
    assert f"(run {odd_id})" not in page
    bare = remove_origin(page)
    assert first_id not in bare
    assert "TR011</" not in bare
    assert textrnn("run", "--json").ran() == []
    again = (runs / "report.html").read_text("utf-8")
    assert f"(run {other_id})" in again, "the page of the first run knows of the later one once it is published again"
    assert f"(run {first_id})" not in again


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--fail-on", "TR999"), "--fail-on: expected codes from TR001 to TR0"),
        (("score", "data.csv", "--fail-on", "TR001,"), "found nothing"),
        (("run", "--until", "train", "--fail-on", "TR001"), "--fail-on: expected evaluate or bundle among the stages"),
        (("run", "--dry-run", "--fail-on", "TR001"), "--fail-on: expected a run to judge, found --dry-run"),
    ],
)
def test_a_wrong_gate_is_told_before_any_work(
    fresh: Path, textrnn: Call, arguments: tuple[str, ...], said: str
) -> None:
    ended = textrnn(*arguments)
    assert ended.code == 2
    assert said in ended.error
    assert not (fresh / ".textrnn").exists()
