"""Five ways of asking one model give the same answers to the same 2,000 odd texts; the last is the page in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from served import MODEL, PATIENCE, start
from ways_of_asking import by_command, by_http, by_inference, by_page, by_python, odd_texts, require_agreement

import textrnn
from textrnn.export.html_file import export_html
from textrnn.kernels.build import wasm_build_obstacle

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("uvicorn", reason="the extra serve is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(wasm_build_obstacle()), reason=wasm_build_obstacle())]
KNOWN = ["good", "dull", "soup", "not", "song", "broken", "so", "the"]


def test_five_ways_agree_on_2000_odd_texts(chromium: Any, tmp_path: Path) -> None:
    texts, classes = odd_texts(2000, KNOWN), textrnn.load(MODEL).classes_.tolist()
    export_html(MODEL, tmp_path / "page.html")
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector("#one")
    with start(tmp_path) as server:
        told = [
            by_python(MODEL, texts),
            by_command(MODEL, texts, classes, tmp_path),
            by_http(server, texts, classes),
            by_inference(server, MODEL.name, texts),
            by_page(page, texts, classes),
        ]
    context.close()
    require_agreement(told)
