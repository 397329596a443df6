"""A real browser, headless: what of a page is outside the view, which words are broken, what shuts people out."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
_MEASURE = """
const words = /\\S+/g, cjk = /[\\u3040-\\u30ff\\u3400-\\u9fff\\uac00-\\ud7af\\uff00-\\uffef]/;
function look(frame) {
  const doc = frame.contentDocument, view = doc.documentElement.clientWidth, outside = [], broken = [], hidden = [];
  const name = el => el.tagName.toLowerCase() + ' ' + el.textContent.slice(0, 40);
  for (const el of doc.body.querySelectorAll('*')) {
    const box = el.getBoundingClientRect();
    if (box.width && (box.right > view + 0.5 || box.left < -0.5)) outside.push(name(el));
    if (el.clientWidth && el.scrollWidth > el.clientWidth + 1 && getComputedStyle(el).overflowX != 'visible')
      hidden.push(name(el));
  }
  // a word of Thai is where a dictionary says so: a browser may break between two
  const walker = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const parent = node.parentElement, cell = parent.closest('th, td');
    if (parent.closest('svg, blockquote, style')) continue;
    for (const found of node.textContent.matchAll(words)) {
      const drawn = doc.createRange();
      drawn.setStart(node, found.index); drawn.setEnd(node, found.index + found[0].length);
      if ([...drawn.getClientRects()].some(r => r.right > view + 0.5)) outside.push(found[0]);
      if (/[\\u0e00-\\u0e7f]/.test(found[0])) continue;
      if (!cell && (found[0].length > 24 || cjk.test(found[0]))) continue;
      const lines = new Set([...drawn.getClientRects()].filter(r => r.width).map(r => Math.round(r.bottom / 4)));
      // a word broken at the end of a line stands on lines that are a line's height apart
      if (Math.max(...lines) - Math.min(...lines) > 2 && !/-|\\u2013/.test(found[0])) broken.push(found[0]);
    }
  }
  return {view: view, outside: outside, hidden: hidden, broken: broken,
          columns: [...doc.querySelectorAll('table')].map(t => t.rows[0].cells.length)};
}
addEventListener('load', () => {
  const found = [...document.querySelectorAll('iframe')].map(look);
  document.body.textContent = JSON.stringify(found);
});
"""


def find_browser() -> str | None:
    """The browser's program, None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def measure(pages: Sequence[str], widths: Sequence[int], folder: Path) -> list[Mapping[str, Any]]:
    """For each page at each width (page by page): `outside`, what crosses the view's edges; `hidden`, what has to be
    scrolled to, sideways; `broken`, words that stand on two lines.
    """
    frames = [
        f'<iframe style="border:0;width:{width}px;height:600px" srcdoc="{html.escape(page, quote=True)}"></iframe>'
        for page in pages
        for width in widths
    ]
    # the pages' own rule lets no script run in them; the one outside may look in
    host = folder / "host.html"
    host.write_text(f'<!doctype html><meta charset="utf-8"><body>{"".join(frames)}<script>{_MEASURE}</script>')
    browser = find_browser()
    assert browser is not None
    ended = subprocess.run(
        [browser, *OPTIONS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", host.as_uri()],
        capture_output=True,
        timeout=120,
        check=True,
    )
    body = re.search(rb"<body>(.*)</body>", ended.stdout, re.DOTALL)
    assert body is not None, ended.stderr[-2000:]
    found: list[Mapping[str, Any]] = json.loads(html.unescape(body[1].decode("utf-8")))
    return found


_STARTED: list[Any] = []


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real browser, started once, headless, driven by Playwright; without one of them its tests skip."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed (pip install playwright)"
    )
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium here (Debian, Ubuntu: apt install chromium)")
    if _STARTED:  # by the tests of another folder: one process drives one browser
        yield _STARTED[0]
        return
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(OPTIONS))
        _STARTED.append(browser)
        yield browser
        _STARTED.clear()
        browser.close()


def serious(page: Any) -> list[str]:
    """What axe finds on a page that is serious or critical."""
    axe = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{each['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:200]}"
        for each in found["violations"]
        for node in each["nodes"][:3]
        if each["impact"] in ("serious", "critical")
    ]
