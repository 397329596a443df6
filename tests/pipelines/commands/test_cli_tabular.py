"""Columns beside the text on the command line: run, predict, score, plan; what is wrong, in one line."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_goods import make_goods
from made_kinds import write_jsonlines
from running import Call

from textrnn import TextClassifier
from textrnn.errors import DataWarning

NAMES = ("--text-column", "title", "--text-column", "body", "--numeric", "price", "--categorical", "shop")
QUICK = ("-s", "train.epochs=2", "-s", "model.hidden_size=8", "-s", "model.embedding_size=8", "-s", "embeddings.size=0",
         "-s", "embeddings.vectors=none", "-s", "evaluate.bootstrap=50")  # fmt: skip


def write_table(path: Path, rows: list[dict[str, Any]]) -> Path:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("beside")
    write_table(folder / "goods.csv", make_goods(300))
    return folder


@pytest.fixture
def trained(home: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(home)
    ended = textrnn("run", "--data", "goods.csv", *NAMES, *QUICK)
    assert ended.code == 0, ended.err
    return home


def test_tickets_without_a_title_and_a_body_are_told_of(
    textrnn: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By `init`, which checks the data, and by `fit`."""
    monkeypatch.chdir(tmp_path)
    rows = [{name: row[name] for name in ("title", "body", "label")} for row in make_goods(60)]
    rows[4] |= {"title": " ", "body": ""}
    rows[9] |= {"title": ""}
    write_table(tmp_path / "goods.csv", rows)
    told = "1 text without a visible character (row 5; counted from 1"
    ended = textrnn("init", "goods.csv", "--text-column", "title", "--text-column", "body", "--label-column", "label")
    assert ended.code == 0, ended.err
    assert told in ended.out + ended.err
    small = TextClassifier(text_column=["title", "body"], epochs=1, hidden_size=8, embedding_size=8, vectors="none")
    with pytest.warns(DataWarning, match=re.escape(told.partition(" (")[0])):
        small.fit(rows, [row["label"] for row in rows])


def test_the_readme_of_a_model_names_its_columns(trained: Path) -> None:
    card = (trained / "models" / "goods" / "README.md").read_text(encoding="utf-8")
    assert re.search(r'predict\(\[\{"title": "...", "body": "...", "price": [0-9.]+, "shop": "..."\}\]\)', card)
    assert '"title" (text), "body" (text), "price" (number), "shop" (category).' in card


def test_every_way_in_says_the_same(trained: Path, textrnn: Call) -> None:
    rows = make_goods(12, seed=3)
    new = write_table(trained / "new.csv", rows)
    lines = write_jsonlines(trained / "new.jsonl", rows)
    plain = trained / "new.txt"
    plain.write_text(lines.read_text())
    said = textrnn("predict", "--input", str(lines)).out
    for way in (("--input", str(plain)), tuple(json.dumps(row) for row in rows)):
        assert textrnn("predict", *way).out == said
    by_cells = [json.loads(line) for line in textrnn("predict", "--input", str(new)).out.splitlines()]
    for row, line in zip(by_cells, said.splitlines(), strict=True):
        said_of = json.loads(line)
        assert {**said_of, "price": row["price"], "shop": said_of["shop"] or ""} == row
    model = TextClassifier.load(trained / "models" / "goods")
    wanted = model.predict_proba(rows)
    said = textrnn("predict", "--input", str(lines), "--all").out
    found = [list(json.loads(line)["probabilities"].values()) for line in said.splitlines()]
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_run_reports_the_tabular_columns_and_nothing_runs_twice(trained: Path, textrnn: Call) -> None:
    again = textrnn("run", "--json")
    assert (again.code, again.ran()) == (0, [])
    checks = json.loads((trained / "runs" / "goods" / "report.json").read_text())["checks"]
    assert checks["tabular"]["train"]["shop"]["different"] == 5
    assert checks["tabular"]["train"]["price"]["empty"] > 0
    planned = {row["stage"]: row for row in json.loads(textrnn("plan", "-s", "data.numeric=[]", "--json").out)}
    assert planned["load"]["status"] == "runs"
    assert "data.numeric was ['price'], is []" in json.dumps(planned["load"]).replace('\\"', "'")


def test_score_reads_the_columns_of_the_training(trained: Path, textrnn: Call) -> None:
    rows = [row | {"kept?": row.pop("label")} for row in make_goods(60, seed=5)]
    path = write_table(trained / "scored.csv", rows)
    ended = textrnn("score", str(path), "--label-column", "kept?", "--json")
    assert ended.code == 0, ended.err
    model = TextClassifier.load(trained / "models" / "goods")
    score = json.loads(ended.out)["metrics"]["accuracy"]["value"]
    assert score == pytest.approx(model.score(rows, [row["kept?"] for row in rows]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("predict", "a lamp"), "text 1: expected a JSON object with the columns that this model reads (title, body,"),
        (("predict", "a"), """found 'a'; write '{"title": "...", "body": "...", "price": 0, "shop": "..."}'"""),
        (("predict", "goods.csv"), "found 'goods.csv'; goods.csv is a file here: to classify what it holds, use --inp"),
        (("predict", '{"title": "a"}'), "text 1: expected a column 'body', found 'title'"),
        (("predict", '{"title": "a", "body": "b", "price": "dear"}'), "text 1, column 'price': expected a number"),
        (("predict", "--input", "bad.csv", "--on-bad-row", "refuse"), "bad.csv, row 2 after the header, column"),
        (("predict", "--text-column", "a", "{}"), "--text-column: expected 2 of them"),
        (("load", "--data", "bad.csv", *NAMES), "bad.csv, row 2 after the header (line 3), column 'price'"),
        (("load", "--data", "goods.csv", "--text-column", "body", "--numeric", "cost"), "expected a column 'cost'"),
        (("load", "--data", "goods.csv", "--text-column", "body", "--numeric", "body"), "found 'body' twice"),
        (("load", "--data", "empty.csv", *NAMES), "the column 'price': expected numbers in --numeric, found all"),
        (("load", "--config", "sentiment", "--numeric", "price"), "expected one text column and a label column"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(arguments: tuple[str, ...], message: str, trained: Path, textrnn: Call) -> None:
    rows = make_goods(8)
    write_table(trained / "bad.csv", [rows[0], rows[1] | {"price": "dear"}])
    write_table(trained / "empty.csv", [row | {"price": ""} for row in rows])
    ended = textrnn(*arguments)
    assert ended.code in (2, 3), ended
    assert message in ended.err
    assert len([line for line in ended.err.splitlines() if line.startswith("error:")]) == 1


def test_init_writes_them_down(home: Path, textrnn: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = textrnn("init", str(home / "goods.csv"), *NAMES)
    assert ended.code == 0, ended.err
    assert "shop: 5 categories (" in ended.out
    config = (tmp_path / "textrnn.toml").read_text()
    assert 'text_column = ["title", "body"]' in config
    assert 'numeric = ["price"]' in config
    assert textrnn("load").code == 0
