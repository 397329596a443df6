"""The runner's end of a warm process: ask it for tests, and start another where it has gone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mutants.tree import ROOT, WORK, copy_tree

START = "import sys; sys.path.insert(0, sys.argv[2]); from mutants.server import serve, Path; serve(Path(sys.argv[1]))"


class Worker:
    """A copy of the tree, and the warm process that runs tests in it."""

    def __init__(self, number: int) -> None:
        self.place = copy_tree(WORK / f"tree-{number}")
        self._process: subprocess.Popen[str] | None = None

    def ask(
        self,
        tests: Mapping[str, Sequence[str] | None],
        limit: float,
        *,
        reach: bool = False,
        examples: bool = False,
    ) -> dict[str, Any]:
        """What came of these tests, or of the examples in the docstrings of these files: outcome (passed, failed,
        late), seconds, failed, rows, said.
        """
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", START, str(self.place), str(ROOT / "tests")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._read()
        assert self._process.stdin is not None
        request = {"tests": tests, "limit": limit, "reach": reach, "examples": examples}
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the warm process in {self.place} has ended; run again to go on")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End the warm process."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()
            self._process = None


def worker_place(number: int) -> Path:
    """Where the copy of the worker `number` stands."""
    return WORK / f"tree-{number}"
