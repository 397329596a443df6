"""Python, the command line, HTTP and the Open Inference Protocol give the same answers to the same 2,000 odd texts."""

from __future__ import annotations

from pathlib import Path

from served import MODEL, start
from ways_of_asking import by_command, by_http, by_inference, by_python, odd_texts, require_agreement

import textrnn

KNOWN = ["good", "dull", "soup", "not", "song", "broken", "so", "the"]


def test_four_ways_agree_on_2000_odd_texts(tmp_path: Path) -> None:
    """The fifth, the page in one file, is compared in a browser (tests/textrnn/page/test_ways_of_asking.py)."""
    texts, classes = odd_texts(2000, KNOWN), textrnn.load(MODEL).classes_.tolist()
    with start(tmp_path) as server:
        told = [
            by_python(MODEL, texts),
            by_command(MODEL, texts, classes, tmp_path),
            by_http(server, texts, classes),
            by_inference(server, MODEL.name, texts),
        ]
    require_agreement(told)
