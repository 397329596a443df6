"""The child's end: a program that answers requests, a line of JSON each. Needs the standard library alone."""

from __future__ import annotations

import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

Action = Callable[..., dict[str, Any]]


def serve(actions: Mapping[str, Action], libraries: Sequence[str]) -> None:
    """Answer requests from standard input until it ends.

    A request `{"do": name, ...}` is answered by `actions[name](folder, ...)`, where `folder` (the first
    argument of the command line) holds the data. What fails is answered by `{"failed": ...}`. Between
    requests the process waits on its standard input and uses no processor.
    """
    folder = Path(sys.argv[1])
    # a library that prints must not print among the answers
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    known: dict[str, Action] = {"about": lambda _: about(libraries), "peak": lambda _: {"mib": peak_mib()}, **actions}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = known[request.pop("do")](folder, **request)
        except Exception as error:
            traceback.print_exc()
            answer = {"failed": f"{type(error).__name__}: {error}"[:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def measured(seconds: float, work: float) -> dict[str, Any]:
    """The answer of a measurement: `work` (tokens, texts) done in `seconds`."""
    return {"seconds": seconds, "work": work}


def about(libraries: Sequence[str]) -> dict[str, Any]:
    """The versions of `libraries` in this environment."""
    return {"libraries": {name: metadata.version(name) for name in libraries}}


def peak_mib() -> float:
    """The most memory that this process ever held, in MiB; 0 where the system does not say.

    Read from /proc: `getrusage` also counts what the parent held when it forked.
    """
    try:
        found = re.search(r"^VmHWM:\s*(\d+)", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0
