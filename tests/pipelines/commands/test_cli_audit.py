"""`textrnn audit`: rows that look wrong are written, decisions about them are read back."""

from __future__ import annotations

import csv
import html
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from made import make_rows, write_csv
from running import Call

from textrnn.data.row_digest import row_digest

pytestmark = pytest.mark.usefixtures("without_plots")

pytest.importorskip("cleanlab", reason="the extra audit is not installed")
TURNED = {"good": "bad", "bad": "good"}


def decide(path: Path, decisions: dict[int, str]) -> None:
    """Fill in an audit as a spreadsheet saves it: a right label a row, or an x under drop."""
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    for number, decision in decisions.items():
        rows[number]["drop" if decision == "x" else "right_label"] = decision
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


def test_an_audit_its_decisions_and_the_next_one(
    tmp_path: Path, textrnn: Call, process: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = make_rows(300)
    wrong = set(range(3, 300, 29))
    write_csv(tmp_path / "r.csv", [(t, TURNED[label] if i in wrong else label) for i, (t, label) in enumerate(made)])
    source = Path("r.csv").read_bytes()
    first = textrnn("audit", "--data", "r.csv", "--json")
    assert first.code == 0, first.err
    rows = first.json["rows"]
    assert {row["row"] - 1 for row in rows if "label" in row["kinds"]} & wrong
    table, page = Path("runs/r/audit.csv"), Path("runs/r/audit.html")
    assert json.loads(Path("runs/r/audit.json").read_text())["rows"] == rows
    written = [path.read_bytes() for path in (table, page)]
    again = textrnn("audit")  # the last run's data
    assert again.code == 0
    assert "suspicious labels" in again.out
    assert [path.read_bytes() for path in (table, page)] == written
    nothing = textrnn("audit", "--apply", "runs/r/audit.csv")
    assert (nothing.code, "expected at least one decision, found none" in nothing.error) == (3, True)

    decide(table, {0: rows[0]["suggested"], 1: "x"})
    waiting = textrnn("audit")
    assert (waiting.code, "expected no decisions that wait, found 2" in waiting.error) == (2, True)
    applied = textrnn("audit", "--apply", "runs/r/audit.csv")
    assert applied.code == 0, applied.err
    assert "1 label changed (1 as the audit suggested), 1 row dropped" in applied.out
    assert Path("r.csv").read_bytes() == source
    loaded = process("load", cwd=tmp_path)
    assert loaded.code == 0, loaded.err
    assert re.search(r"labels changed by data.fixes: \w+ 1 \(1 as the audit suggested\)", loaded.err)
    assert "left out: 1 row, by data.fixes" in loaded.err
    assert "does not use" not in loaded.err
    forgotten = textrnn("load", "--data", "r.csv", "--quiet")
    assert (forgotten.code, forgotten.err) == (
        0,
        "warning: r.fixes.csv has fixes of labels that this run does not use; "
        "add --set 'data.fixes=\"r.fixes.csv\"', or move the file\n",
    )
    assert process("load", "--set", 'data.fixes="r.fixes.csv"', cwd=tmp_path).code == 0  # as it was
    fixed = textrnn("audit", "--json")
    assert fixed.code == 0, fixed.err
    assert fixed.json["summary"]["rows"] == 299
    assert rows[1]["row"] not in [row["row"] for row in fixed.json["rows"]]
    assert [row["label"] for row in fixed.json["rows"] if row["row"] == rows[0]["row"]] in ([], [rows[0]["suggested"]])
    assert textrnn("why", "load").out.count("up to date") == 1

    itself = textrnn("audit", "--apply", "r.fixes.csv")
    assert (itself.code, "expected decisions to add to data.fixes, found that file" in itself.error) == (2, True)
    unset = textrnn("audit", "--data", "r.csv", "--apply", "runs/r/audit.csv")
    assert (unset.code, "data.fixes is not set, found one" in unset.error) == (2, True)
    write_csv(tmp_path / "r.csv", [(f"{text} then", label) for text, label in made])
    changed = textrnn("load", "--data", "r.csv", "--set", "data.fixes=r.fixes.csv")
    assert (changed.code, "as it was looked at" in changed.error) == (3, True)
    gone = textrnn("load", "--data", "r.csv", "--set", "data.fixes=none.csv")
    assert (gone.code, "none.csv: expected a file of fixes, found none" in gone.error) == (3, True)
    missing = textrnn("audit", "--apply", "none.csv")
    assert (missing.code, "--apply none.csv: expected a CSV file, found none" in missing.error) == (2, True)


def test_the_report_tells_of_an_audit_of_the_same_rows_and_keeps_its_bytes(place: Path, textrnn: Call) -> None:
    told = "audit.html lists them, with "
    rows = [(text, label if i % 16 else TURNED[label]) for i, (text, label) in enumerate(make_rows(200))]
    write_csv(Path("data.csv"), rows)
    assert textrnn("run", "--quiet").code == 0
    page, made = Path("runs/textrnn/report.html"), Path(".textrnn/entries/evaluate").glob("*/data/report.html")
    before = {path: path.read_bytes() for path in made}
    assert told not in page.read_text("utf-8")
    assert "No audit of these rows was made." in page.read_text("utf-8")
    assert textrnn("audit", "--quiet").code == 0
    again = textrnn("run", "--json")
    assert again.ran() == []
    assert told in page.read_text("utf-8")
    about = json.loads(Path("runs/textrnn/audit.json").read_text("utf-8"))["summary"]
    found = [each["seen"] for each in again.json["findings"] if each["code"] == "TR013"]
    labels, seen = about["labels"], "The audit finds {:,} suspicious labels among {:,} rows"
    assert sum(labels["by_split"].values()) == labels["suspicious"]
    assert found[0].startswith(seen.format(labels["suspicious"], about["rows"]))
    assert found[0] in again.err
    assert found[0] in html.unescape(page.read_text("utf-8"))
    gated = textrnn("run", "--fail-on", "TR013")
    assert (gated.code, "found TR013: The audit finds" in gated.error) == (4, True)
    assert {path: path.read_bytes() for path in before} == before
    decide(Path("runs/textrnn/audit.csv"), {0: "x"})
    other = textrnn("run", "--quiet", "-s", "data.split_seed=5")
    assert (other.code, "The last audit was of other rows" in page.read_text("utf-8")) == (0, True)
    until = textrnn("run", "--until", "audit", "--quiet", "-s", "audit.similarity=0.5")
    assert (until.code, "expected no decisions that wait, found 1" in until.error) == (2, True)


def test_a_score_on_labels_that_the_audit_suggested_is_told_wherever_it_is_shown(place: Path, textrnn: Call) -> None:
    assert textrnn("runs").err == ""
    rows = list(csv.DictReader(Path("data.csv").read_text().splitlines()))
    test = pq.read_table(next(Path(".textrnn/entries/load").glob("*/data/test.parquet")))["row"].to_pylist()[:4]
    lines = ["row,split,check,right_label,drop,suggested"]
    for number in test:
        text, label = rows[number - 1]["text"], rows[number - 1]["label"]
        suggested = TURNED[label] if number != test[0] else ""  # the first is a person's own idea
        lines.append(f"{number},test,{row_digest(text, label)},{TURNED[label]},,{suggested}")
    Path("decided.csv").write_text("\n".join(lines))
    applied = textrnn("audit", "--apply", "decided.csv", "--json").json
    assert (applied["relabelled"], applied["as_suggested"], applied["accepted"]) == (4, 3, 0)
    alone = textrnn("audit", "--accept-above", "0.9")
    assert (alone.code, "--accept-above: expected --apply FILE.csv with it" in alone.error) == (2, True)
    told = "4 test labels were corrected, 3 of them as the audit suggested: the score is flattered"
    run = textrnn("run", "-s", f"data.fixes={applied['file']}", "-s", "train.epochs=1", "--json")
    assert run.code == 0, run.err
    assert "TR016" in [finding["code"] for finding in run.json["findings"]]
    assert f"warning: {told}" in run.err
    assert f'<p class="warning">{told}' in Path("runs/textrnn/report.html").read_text("utf-8")
    listed = textrnn("runs")
    assert [line for line in listed.err.splitlines() if told in line] == [
        f"warning: {run.json['run']}: {told}, since a model agrees with what models suggested"
    ]
