"""The report, the audit: axe finds nothing serious in a real browser, and nothing is outside the view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser import serious
from whole_pages import KINDS, audit_page, whole_page

pytestmark = pytest.mark.slow
WIDTHS = (400, 800, 1200)
OUTSIDE = """[...document.querySelectorAll("body *")]
    .filter((e) => !e.closest(".wide, svg") && e.getBoundingClientRect().right > innerWidth + 0.5)
    .map((e) => e.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module", params=[*KINDS, "audit"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("pages")
    page = audit_page() if request.param == "audit" else whole_page(request.param)
    (folder / "page.html").write_text(page, encoding="utf-8")
    return folder / "page.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_is_outside_the_view(chromium: Any, place: Path, scheme: str) -> None:
    context = chromium.new_context(bypass_csp=True, color_scheme=scheme)
    try:
        page = context.new_page()
        page.goto(place.as_uri())
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(OUTSIDE) == [], width
            assert serious(page) == [], width
    finally:
        context.close()
