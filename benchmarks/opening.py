"""How large a report on many rows is, how long Chromium takes to open it: `python -m benchmarks.opening [ROWS]`."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.evaluation.build_report import build_report

CLASSES, TIMES = 20, 7
PROGRAM = "/usr/bin/chromium"
OPENED = """new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(
    [performance.getEntriesByType("navigation")[0].loadEventEnd, performance.now()]))))"""


def made_page(rows: int) -> str:
    """A report on made rows of 20 classes, with all pictures."""
    random = np.random.default_rng(0)
    target = Target("single", tuple(f"class {i}" for i in range(CLASSES)))
    labels = random.integers(0, CLASSES, rows)
    scores = random.random((rows, CLASSES)) ** 6
    scores[np.arange(rows), labels] += 0.5
    texts = [f"a made-up text, number {i}, of some words " * 8 for i in range(rows)]
    examples = Examples({"text": texts}, [target.classes[i] for i in labels], np.arange(1, rows + 1))
    plain = EvaluateConfig(bootstrap=0)
    lengths = random.integers(1, 300, rows)
    scores /= scores.sum(axis=1, keepdims=True)
    return build_report(examples, labels, scores, target, lengths, config=plain, settings={}, checks={}).html


def open_page(path: Path) -> list[list[float]]:
    """Milliseconds until the page is loaded, and until a frame of it is shown, of each time in a new window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox", "--disable-gpu"])
        found = []
        for _ in range(TIMES):
            page = browser.new_page()
            page.goto(path.as_uri())
            found.append(page.evaluate(OPENED))
            page.close()
        browser.close()
    return found


def main(arguments: list[str]) -> None:
    """Make a page, open it some times, print the medians."""
    rows = int(arguments[0]) if arguments else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(made_page(rows), encoding="utf-8")
        loaded, shown = (statistics.median(times) for times in zip(*open_page(path), strict=True))
        size = path.stat().st_size / 1e6
    print(f"{rows:,} rows: {size:.2f} MB, loaded in {loaded:.0f} ms, shown in {shown:.0f} ms (median of {TIMES})")


if __name__ == "__main__":
    main(sys.argv[1:])
