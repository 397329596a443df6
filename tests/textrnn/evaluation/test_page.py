"""The page is well-formed, self-contained, and no text of a user can be markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.evaluation.build_report import build_report

VOID = {"meta", "br", "wbr", "link", "img", "input", "hr"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style></svg><b>out</b>",
    "<!-- --><![CDATA[ ]]> --> &lt; &amp;",
    "$\\frac{1}{0}$ $unclosed {x} %s #0a0b0c",
    'style="font: 9px x; fill: #010203" id="axes_1" font: 1px y',
    "\u202eright to left\u2066 \x00\x07\x1b[31m \ud800 \ufffe",
    "体育 🏳️‍🌈 e\u0301 \u200b ﷽",
    " \n\t ",
    "x" * 500,
]


class Outline(HTMLParser):
    """The elements of a page, checked for balance."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def hostile_report(classes: list[str]):
    random = np.random.default_rng(0)
    size = 80
    target = Target("single", tuple(classes))
    labels = random.integers(0, len(classes), size)
    texts = [HOSTILE[i % len(HOSTILE)] for i in range(size)]
    about = {
        "features": 3,
        "inverse_penalty": 1.0,
        "top_features": [{"class": name, "features": [[text, 1.0] for text in HOSTILE]} for name in classes],
    }
    split = {"rows": 3, "empty": 0, "duplicates": 1, "characters": {"median": 3, "max": 9}}
    return build_report(
        Examples({"text": texts}, [target.classes[i] for i in labels], np.arange(size)),
        labels,
        random.dirichlet(np.ones(len(classes)), size),
        target,
        random.integers(1, 30, size),
        config=EvaluateConfig(bootstrap=10, errors=40),
        settings={"model": dict.fromkeys(HOSTILE, HOSTILE[0]), HOSTILE[1]: HOSTILE[2]},
        checks={"splits": {HOSTILE[0]: split}, "warnings": HOSTILE},
        baseline_probabilities=random.dirichlet(np.ones(len(classes)), size),
        baseline=about,
    )


@pytest.mark.parametrize("count", [2, 10, 20, 40])
def test_hostile_texts_and_labels_stay_text(count, tmp_path):
    classes = [HOSTILE[i] if i < len(HOSTILE) else f"{HOSTILE[i % len(HOSTILE)]}{i}" for i in range(count)]
    report = hostile_report(classes)
    parsed = outline(report.html)
    tags = {tag for tag, _ in parsed.seen}
    assert not tags & {"script", "img", "link", "iframe", "object", "embed", "form", "base"}
    assert not any(name.startswith("on") for _, attributes in parsed.seen for name in attributes)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]", report.html)
    assert "<script>alert(1)</script>" in "".join(parsed.text)
    codes = {finding["code"] for finding in report.data["findings"]}
    assert codes
    assert codes == {attributes["href"][1:] for tag, attributes in parsed.seen if tag == "a"}
    assert all(f"docs/reference/checks.md#{code.lower()}" in report.html for code in codes)
    report.save(tmp_path)  # and it can be written as UTF-8


def test_nothing_is_fetched():
    html = hostile_report(HOSTILE[:2]).html
    parsed = outline(html)
    for tag, attributes in parsed.seen:
        assert not attributes.keys() & {"src", "srcset", "action", "poster", "data"}
        if link := attributes.get("href") or attributes.get("xlink:href"):
            assert link.startswith("#"), (tag, link)
    assert not re.search(r"url\((?!#)|@import|@font-face", re.sub(r"<bdi>.*?</bdi>", "", html))
    assert "default-src 'none'" in html


def test_ids_are_there_once_and_references_have_their_target():
    html = hostile_report(["a", "b", "c"]).html
    parsed = outline(html)
    ids = [attributes["id"] for _, attributes in parsed.seen if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = set(re.findall(r"url\(#([^)]*)\)", html)) | set(re.findall(r'href="#([^"]*)"', html))
    assert used <= set(ids)
    assert used


def test_colours_are_the_pages():
    """No colour is fixed in a picture: light and dark take theirs from the style sheet."""
    html = hostile_report(["a", "b"]).html
    for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        assert not re.findall(r"(?:fill|stroke): #", svg)
        assert "font-family" not in svg
        assert "<text" in svg
    for name in set(re.findall(r"var\(--([a-z]+)\)", html)):
        assert html.count(f"--{name}:") >= 1


def test_numbers_are_shown_as_measured():
    report = hostile_report(["a", "b"])
    accuracy = report.data["metrics"]["accuracy"]
    assert f"{accuracy['value']:.3f}" in report.html
    assert f"{accuracy['low']:.3f} to {accuracy['high']:.3f}" in report.html
    for row in report.data["classes"]:
        assert f'<td class="n" data-head="Recall">{row["recall"]:.3f}<br>' in report.html
