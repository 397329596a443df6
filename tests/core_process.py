"""Second processes in which no library is to be had that textrnn-core lacks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from running import Ended, environment

# what importing any of them raises is what Python raises where they are not installed
WITHOUT = """
import sys
from textrnn.machine.optional_packages import TRAINING_PACKAGES

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in TRAINING_PACKAGES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""
COMMAND = "from pipelines.app import main; sys.argv = ['textrnn', *sys.argv[1:]]; main()"


def run_without(code: str, *arguments: str, cwd: Path, stdin: str = "") -> Ended:
    """Run `code` in a process of its own, in `cwd`, that cannot import what textrnn-core lacks."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT + code, *arguments],
        cwd=cwd, input=stdin, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr)


ALL = """
import contextlib, io, json
from pipelines.app import run_app

ended = []
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_app(arguments)
    ended.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(ended))
"""


def commands_without(commands: list[list[str]], cwd: Path) -> list[Ended]:
    """Run one command line after another in one such process."""
    ended = run_without(ALL, json.dumps(commands), cwd=cwd)
    assert ended.code == 0, ended.err
    return [Ended(*each) for each in ended.json]


def command_without(*arguments: str, cwd: Path, stdin: str = "") -> Ended:
    """Run the command line with these `arguments` so."""
    return run_without(COMMAND, *arguments, cwd=cwd, stdin=stdin)
