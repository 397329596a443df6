"""The page of `textrnn serve` itself, in a browser, over a real socket."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import environment
from served import MODEL, PATIENCE, until

import textrnn

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("uvicorn", reason="the extra serve is not installed")
pytestmark = pytest.mark.slow


@contextlib.contextmanager
def serving(port: int, folder: Path) -> Iterator[None]:
    """`textrnn serve` at `port`, in a process of its own, ready."""
    command = [sys.executable, "-m", "pipelines.app", "serve", "--model", str(MODEL), "--port", str(port)]
    with (folder / "log.txt").open("a") as log:
        process = subprocess.Popen(command, env=environment(), stderr=log)
    try:
        until(lambda: is_ready(port))
        yield
    finally:
        process.kill()
        process.wait()


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_text_is_answered_and_a_server_that_was_killed_may_come_back(chromium: Any, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = chromium.new_context(locale="en-GB")
    page, errors, model = context.new_page(), [], textrnn.load(MODEL)
    page.set_default_timeout(PATIENCE * 1000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Security Policy" in message.text else None)
    with serving(port, tmp_path):
        page.goto(f"http://127.0.0.1:{port}/")
        page.fill("#one", "The soup was good 👍🏽, so good")
        page.wait_for_selector(".spoken")
        assert page.locator(".spoken").inner_text() == page.locator("#one").input_value()
        assert page.locator(".label").inner_text() == str(model.predict(["The soup was good 👍🏽, so good"])[0])
        file = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"text\n" + b"good\ndull\n" * 40}
        page.set_input_files("input[type=file]", files=[file])
        page.get_by_role("button", name="Predict 80 rows").click()
        page.wait_for_selector("tbody tr")
    page.fill("#one", "so dull")
    page.get_by_text("The server does not answer").wait_for()
    with serving(port, tmp_path):
        page.get_by_role("alert").wait_for(state="hidden")
        page.wait_for_function("() => document.querySelector('.spoken')?.textContent === 'so dull'")
        assert page.locator(".label").inner_text() == str(model.predict(["so dull"])[0])
    context.close()
    assert errors == []
