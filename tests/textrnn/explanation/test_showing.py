"""Explanations as shown: in a terminal, on a page, in a notebook, to a program; texts that would do harm."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.explanation.explanation import Explanation
from textrnn.explanation.page import show_page
from textrnn.explanation.parts import ColumnPart, PhrasePart, WordPart
from textrnn.explanation.sanitize import sanitize, split_at
from textrnn.explanation.terminal import show_lines

HOSTILE = "a\x1b[31m</mark><script>x()</script>\u202e b\r\n\x00\x9b2Jc\ud800&amp;\"'"
SIGNED = re.compile(r"\x1b\[[0-9;]*m")


def made(text: str = "a good <br> but\tlate lamp", **changed: Any) -> Explanation:
    spans = [(found.start(), found.end()) for found in re.finditer(r"\S+", text)]
    parts = [0.1, 2.0, -0.5, 0.6, -1.5, 0.01, *[0.0] * len(spans)]
    words = tuple(WordPart(text[a:b], a, b, "text", part, 0.0) for (a, b), part in zip(spans, parts, strict=False))
    values: dict[str, Any] = {
        "texts": {"text": text}, "label": "good", "against": "bad", "score": 0.8, "score_against": 0.2,
        "difference": 1.5, "base": 0.5, "remainder": -0.25, "words": words, "columns": (), "phrases": (),
        "method": "leave_one_out",
    }  # fmt: skip
    return Explanation(**{**values, **changed})


class Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_terminal_has_colours_or_none() -> None:
    plain, coloured = show_lines(made(), colours=False), show_lines(made(), colours=True)
    assert plain[0] == "good (0.800) against bad (0.200): logit +1.500"
    assert plain[1] == "a good <br> but late lamp"
    assert not any("\x1b" in line for line in plain)
    assert [SIGNED.sub("", line) for line in coloured] == plain
    assert "\x1b[48;5;25;38;5;231mgood\x1b[0m" in coloured[1]  # the largest: for it
    assert "\x1b[48;5;166;38;5;231;4mlate\x1b[0m" in coloured[1]  # against it
    assert "lamp\x1b" not in coloured[1]
    assert [line.split()[:2] for line in plain[2:4]] == [["+2.000", "good"], ["-1.500", "late"]]
    assert plain[-2:] == ["   +0.500  without words", "   -0.250  words together: what none adds alone"]


def test_few_words_are_listed_and_the_others_counted() -> None:
    lines = show_lines(made(), colours=False, top=2)
    assert lines[4] == f"{0.1 - 0.5 + 0.6 + 0.01:+9.3f}  4 other words"
    assert len(lines) == 7


def test_columns_and_numbers_are_named() -> None:
    two = made(texts={"title": "a good", "body": "x"}, columns=(ColumnPart("price", "7.5", 0.25, 0.5),))
    lines = show_lines(two, colours=False)
    assert "title: a good" in lines
    assert any("price = 7.5" in line and "+0.750" in line for line in lines)
    assert "price = 7.5" in Tags(two._repr_html_()).text
    number = made(label=None, against=None, score=4.5, score_against=None, difference=4.5, base=3.0)
    assert number.headline() == "4.5, of which +1.5 by words or columns"
    assert made(against=None, score_against=None).headline() == "good (0.800): logit +1.500"


@pytest.mark.parametrize("where", ["text", "class", "column"])
def test_hostile_texts_do_no_harm(where: str) -> None:
    named = {"text": {}, "class": {"label": HOSTILE}, "column": {"columns": (ColumnPart(HOSTILE, HOSTILE, 1.0, 1.0),)}}
    found = made(HOSTILE if where == "text" else "a b", **named[where])
    for colours in (False, True):
        lines = [SIGNED.sub("", line) for line in show_lines(found, colours=colours)]
        assert not any(set("\x1b\x00\x9b\u202e\r\n\ud800") & set(line) for line in lines)
    page = show_page([found])
    page.encode()
    assert set(Tags(page).tags) <= {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "p", "div", "b", "bdi", "mark", "table",
        "tbody", "tr", "td",
    }  # fmt: skip
    assert "<script>x()</script>" in Tags(page).text
    assert not set("\x1b\x00\x9b\u202e\ud800") & set(page)


@given(st.text(), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=4))
def test_pieces_are_the_text_whatever_the_spans(text: str, ends: list[tuple[int, int]]) -> None:
    spans = [(a, b) for a, b in sorted((min(pair), max(pair)) for pair in ends) if b <= len(text)]
    assert "".join(piece for piece, _ in split_at(text, spans)) == sanitize(text)


def test_a_page_has_each_explanation_with_its_colours() -> None:
    page = show_page([made(), made("late late good")])
    assert page.count('<div class="explanation">') == 2
    assert '<mark style="background:rgba(47,111,208,0.60)' in page
    assert page.count("underline dotted") >= 2
    assert 'title="+2.000: recurrent branch +2.000, n-grams +0.000"' in page
    assert "all other words" not in page


def test_what_remains_is_named_where_it_is_anything() -> None:
    assert made(method="shapley", remainder=1e-6).rest() == [("without words", 0.5)]
    assert made(method="shapley", remainder=0.01).rest()[1] == ("rounding", 0.01)
    assert made(method="integrated_gradients").rest()[1] == ("error of the integral", -0.25)
    assert made(remainder=0.0).rest()[1] == ("words together: what none adds alone", 0.0)
    assert made().remainder_share == 0.25 / (0.1 + 2.0 + 0.5 + 0.6 + 1.5 + 0.01 + 0.25)


def test_json_has_offsets_and_sums() -> None:
    phrase = PhrasePart("good", 2, 6, "text", 1.0)
    found = json.loads(json.dumps(made(HOSTILE, phrases=(phrase,)).to_json()))
    assert found["texts"] == {"text": HOSTILE}
    assert all(HOSTILE[word["start"] : word["end"]] == word["text"] for word in found["words"])
    assert found["words"][1]["part"] == 2.0
    assert found["phrases"] == [{"text": "good", "start": 2, "end": 6, "column": "text", "part": 1.0}]
    assert (found["base"], found["remainder"], found["method"]) == (0.5, -0.25, "leave_one_out")
