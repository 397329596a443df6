"""`textrnn explain`: coloured in a terminal, a page, JSON with offsets; classes by name."""

from __future__ import annotations

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


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch, textrnn: Call) -> None:
    assert "\x1b" not in textrnn("explain", TEXT, "--model", MODEL).out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert explain.takes_colours()
    for name, value, shown in (("NO_COLOR", "1", False), ("NO_COLOR", "", True), ("TERM", "dumb", False)):
        monkeypatch.setenv(name, value)
        assert explain.takes_colours() == shown
    monkeypatch.delenv("TERM")
    monkeypatch.setattr(explain, "takes_colours", lambda: True)
    assert "\x1b[" in textrnn("explain", TEXT, "--model", MODEL).out
