"""The server of a documentation page: a real one in a process of its own, and what `curl` of the page gets of it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from running import START, environment

WRITTEN = "http://127.0.0.1:8000"  # the address in the pages


class DocServer:
    """`textrnn serve` as a page starts it, but at a free port, until `stop`."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        command = [sys.executable, "-c", START, *arguments, "--port", "0"]
        self.process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, env=environment())
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        assert " at http://" in line, line + self.process.stderr.read()
        self.address = line.partition(" at ")[2].partition(";")[0]

    def curl(self, words: Sequence[str]) -> str:
        """What `curl -s [--json BODY] URL` prints."""
        *options, url = words
        assert options[:1] == ["-s"], options
        assert url.startswith(WRITTEN), url
        body = None if "--json" not in options else options[options.index("--json") + 1].encode()
        sent = {} if body is None else {"content-type": "application/json"}
        request = urllib.request.Request(self.address + url.removeprefix(WRITTEN), body, sent)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                found = answer.read()
        except urllib.error.HTTPError as error:
            found = error.read()
        return str(found, "utf-8")

    def stop(self) -> None:
        """End it, as Ctrl-C does."""
        self.process.terminate()
        assert self.process.wait(60) == 0


def shape_of(text: str) -> Any:
    """The JSON `text` with the kinds of its values in their place: of another model they are others.

    >>> shape_of('{"label": "good", "probability": 0.7, "classes": [{"label": "bad"}]}')
    {'label': 'str', 'probability': 'float', 'classes': [{'label': 'str'}]}
    """
    return _shape(json.loads(text))


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in value.items()}
    return [_shape(item) for item in value] if isinstance(value, list) else type(value).__name__
