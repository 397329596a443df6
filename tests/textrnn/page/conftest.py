"""Chromium for the tests of this folder: Debian's, headless, driven by Playwright; without one of them they skip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browser import OPTIONS, find_browser

from textrnn.page.bundle import bundle_modules


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, started once."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed (pip install playwright)"
    )
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium here (Debian, Ubuntu: apt install chromium)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def engine(chromium: Any) -> Any:
    """An empty page in which the engine's modules are loaded: `load(about, files)` gives `window.predictor`."""
    page = chromium.new_page()
    page.goto("about:blank")
    script = bundle_modules("engine/predictor.js")
    page.add_script_tag(
        type="module",
        content=script
        + """
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
window.load = async (about, files) => {
  const found = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, bytes(text)]));
  window.predictor = await loadPredictor(about, found);
};""",
    )
    page.wait_for_function("window.load !== undefined")
    return page
