"""The report as a browser lays it out: no column outside the view, no word broken, on a desk and in a hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser import find_browser, measure
from made_reports import INTENTS, TICKETS, make_report

WIDTHS = (400, 500, 1200)
SNAKES = tuple(
    f"{verb}_{what}_not_working_again" for verb in ("card", "transfer", "top_up") for what in ("fee", "payment")
)
CHINESE = ("体育新闻", "财经", "国际与地区事务综合报道栏目的其他内容", "科技", "教育 / 考试")
ODD = (
    "Donaudampfschifffahrtsgesellschaftskapitänsmütze",
    "a",
    "MMMMMMMMMMMMMMMMMMMM",
    "ไม่มีช่องว่างระหว่างคำในภาษาไทย",
    "🏳️‍🌈🏳️‍🌈",
)
PATHS = ("bank > card > lost", "bank > card > stolen_abroad", "home > heating > boiler_does_not_start")


def make_page(kind: Any, names: tuple[str, ...], size: int = 160) -> str:
    """Its page."""
    return make_report(kind, names, size).html


@pytest.mark.skipif(find_browser() is None, reason="no chromium here")
def test_every_column_is_in_view_and_no_word_is_broken(tmp_path: Path) -> None:
    pages = {
        "names": make_page("single", TICKETS + SNAKES + CHINESE + ODD),
        "two": make_page("single", ("no", "yes")),
        "many": make_page("single", INTENTS, 300),
        "several": make_page("multi", SNAKES + CHINESE),
        "number": make_page("number", ()),
    }
    found = measure(list(pages.values()), WIDTHS, tmp_path)
    assert len(found) == len(pages) * len(WIDTHS)
    cases = [(name, width) for name in pages for width in WIDTHS]
    for (name, width), page in zip(cases, found, strict=True):
        assert page["view"] in (width, width - 15), (name, width)  # less the bar for scrolling down
        for what in ("outside", "hidden", "broken"):
            assert page[what] == [], (name, width, what)
