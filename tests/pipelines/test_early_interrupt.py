"""A Ctrl-C while the command is imported, wherever it comes: exit 130, one line, no traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest
from running import environment

CODE = """
import signal, sys
class Meta:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            sys.meta_path.remove(self)
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Meta())
from pipelines.app import main
sys.argv = ["textrnn", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("name", ["typer", "pipelines.caching.keys", "torch", "numpy"])
def test_in_any_import(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(name=name), "doctor"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert done.stderr in ("error: interrupted\n", "")  # "": a library swallowed it, and the command went on to its end
