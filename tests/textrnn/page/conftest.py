"""Chromium for the tests of this folder: Debian's, headless, driven by Playwright; without one of them they skip."""

from __future__ import annotations

from typing import Any

import pytest
from browser import chromium as chromium

from textrnn.page.bundle import bundle_modules


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
