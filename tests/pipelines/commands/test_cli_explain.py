"""`textrnn explain`: coloured in a terminal, a page, JSON with offsets; classes by name."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest
from running import Call

import textrnn as package
from pipelines.commands import explain

MODEL = str(Path(__file__).parents[2] / "formats" / "model-5")
TEXT = "The soup<br />was NOT good, e\u0301h \U0001f600"


def test_words_are_listed_with_what_they_add(textrnn: Call) -> None:
    ended = textrnn("explain", TEXT, "--model", MODEL, "--top", "2")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    (expected,) = package.load(MODEL).explain([TEXT])
    assert lines[0] == expected.headline()
    assert lines[1] == TEXT
    assert [line.split()[1] for line in lines[2:4]] == [word.text for word in expected.top(2)]
    parts = [float(line.split()[0]) for line in lines[2:]]
    assert sum(parts) == pytest.approx(expected.difference, abs=0.005)


def test_json_has_the_offsets_of_the_text_as_it_was_typed(textrnn: Call) -> None:
    ended = textrnn("explain", TEXT, "b", "--model", MODEL, "--json", "--class", "bad", "--against", "good")
    assert ended.code == 0
    found = [json.loads(line) for line in ended.out.splitlines()]
    assert [(row["label"], row["against"]) for row in found] == [("bad", "good")] * 2
    words = found[0]["words"]
    assert [TEXT[word["start"] : word["end"]] for word in words] == [word["text"] for word in words]
    assert [word["text"] for word in words] == ["The", "soup", "was", "NOT", "good", ",", "e\u0301h", "\U0001f600"]


def test_a_page_is_written_and_no_other_file_replaced(textrnn: Call, tmp_path: Path) -> None:
    page, other = tmp_path / "why.html", tmp_path / "other.html"
    other.write_text("mine", encoding="utf-8")
    for _ in range(2):  # the second time the page is ours
        ended = textrnn("explain", TEXT, "--model", MODEL, "--html", str(page))
        assert (ended.code, ended.out) == (0, f"page  {page}\n")
    assert "<mark" in page.read_text(encoding="utf-8")
    ended = textrnn("explain", TEXT, "--model", MODEL, "--html", str(other))
    assert ended.code == 2
    assert ended.err.startswith(f"error: --html {other}:")
    assert other.read_text(encoding="utf-8") == "mine"
    assert textrnn("explain", TEXT, "--model", MODEL, "--html", str(other), "--overwrite").code == 0
    ended = textrnn("explain", TEXT, "--model", MODEL, "--html", str(tmp_path / "no" / "x" / ".." / "y" / "\0"))
    assert ended.code in (1, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--class", "god"], "error: --class: expected a class of the model, found 'god'; did you mean 'good'?"),
        (["--against", "x"], "error: --against: expected a class of the model, found 'x'"),
        (["--method", "shap"], "leave_one_out"),
    ],
)
def test_what_there_is_not_is_told_by_its_option(options: list[str], message: str, textrnn: Call) -> None:
    ended = textrnn("explain", TEXT, "--model", MODEL, *options)
    assert ended.code == 2
    assert message in ended.err


ROWS = [("T1", "good soup"), ("T2", TEXT), ("007", "not good, \ufb01ne"), ("T2b", "bad"), ("T9", "a"), ("T9", "b")]


@pytest.fixture
def tickets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "in.csv").open("w", encoding="cp1252", errors="xmlcharrefreplace", newline="") as file:
        csv.writer(file, delimiter=";").writerows([("ticket", "body"), *ROWS])
    rows = [{"id": name, "text": text} for name, text in ROWS]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"id": "X", "text": None}]))
    (tmp_path / "in.txt").write_text("".join(f"{text}\n" for _, text in ROWS), encoding="utf-8")
    return tmp_path


def test_rows_of_a_file_are_named_by_id_or_number(tickets: Path, textrnn: Call) -> None:
    expected = [each.to_json() for each in package.load(MODEL).explain([ROWS[3][1], ROWS[1][1], ROWS[2][1]])]
    names = [(4, "T2b"), (2, "T2"), (3, "007")]
    chosen = ("--row", "4", "--id", "T2", "--id", "007", "--id-column", "id")
    ended = textrnn("explain", "-i", "in.jsonl", *chosen, "--model", MODEL, "--json")
    assert ended.code == 0, ended.err
    found = [json.loads(line) for line in ended.out.splitlines()]
    assert [(each.pop("row"), each.pop("id")) for each in found] == names
    assert found == json.loads(json.dumps(expected))
    ended = textrnn("explain", "-i", "in.txt", "--row", "4", "--row", "2", "--row", "3", "--model", MODEL, "--json")
    assert [json.loads(line)["words"] for line in ended.out.splitlines()] == [each["words"] for each in expected]
    how = ("--encoding", "cp1252", "--delimiter", ";", "--text-column", "body", "--id-column", "ticket")
    ended = textrnn("explain", "-i", "in.csv", "--id", "T1", "--row", "4", *how, "--model", MODEL)
    assert ended.code == 0, ended.err
    typed = [textrnn("explain", text, "--model", MODEL).out for text in ("bad", "good soup")]
    assert ended.out == "row 4, id 'T2b'\n" + typed[0] + "\nrow 1, id 'T1'\n" + typed[1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "explain: expected texts, or --input FILE with --id or --row"),
        (("a", "-i", "in.txt", "--row", "1"), 2, "expected texts, or --input FILE"),
        (("-i", "in.txt"), 2, "--input in.txt: expected --id or --row with it, found neither"),
        (("a", "--delimiter", ";"), 2, "--delimiter: expected --input FILE with it"),
        (("a", "--row", "1"), 2, "--row: expected --input FILE with it"),
        (("-i", "in.txt", "--row", "7"), 3, "in.txt: expected a row from 1 to 6, found --row 7"),
        (("-i", "in.jsonl", "--id", "T1"), 2, "--id: expected a model whose data has an id column, found none; name"),
        (("-i", "in.jsonl", "--id", "T1", "--id-column", "idd"), 3, "expected the id column 'idd', found 'id', 'text'"),
        (("-i", "in.jsonl", "--id", "T22", "--id-column", "id"), 3, "whose id is 'T22', found none in 7 rows; did you"),
        (("-i", "in.jsonl", "--id", "T9", "--id-column", "id"), 3, "whose id is 'T9', found 2 (row 5, row 6); choose"),
        (("-i", "in.jsonl", "--id", "X", "--id-column", "id"), 3, "in.jsonl, row 7, id 'X': column 'text': expected"),
        (("-i", "*.txt*", "--row", "0"), 2, "--row"),
    ],
)
def test_rows_that_are_not_there_are_told(
    arguments: tuple[str, ...], code: int, words: str, tickets: Path, textrnn: Call
) -> None:
    ended = textrnn("explain", *arguments, "--model", MODEL)
    assert (ended.code, words in ended.err) == (code, True), ended.err


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch, textrnn: Call) -> None:
    assert "\x1b" not in textrnn("explain", TEXT, "--model", MODEL).out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert explain.supports_colour()
    for name, value, shown in (("NO_COLOR", "1", False), ("NO_COLOR", "", True), ("TERM", "dumb", False)):
        monkeypatch.setenv(name, value)
        assert explain.supports_colour() == shown
    monkeypatch.delenv("TERM")
    monkeypatch.setattr(explain, "supports_colour", lambda: True)
    assert "\x1b[" in textrnn("explain", TEXT, "--model", MODEL).out
