"""A warm process: it has imported the heavy libraries, and forks a child for each run of tests.

It reads one request a line (JSON) and answers each with one line: `{"tests": {file: [node, ...] | null}, "limit":
seconds, "reach": bool, "examples": bool}`. `null` is all tests of a file; with `reach` the answer says which lines each
test came to; with `examples` those in docstrings are the tests.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

# what tests import beside our own code, which each child imports afresh from the copy
HEAVY = (
    "numpy", "scipy.sparse", "scipy.optimize", "scipy.stats", "torch", "torch.nn", "torch.distributed", "sklearn.base",
    "sklearn.linear_model", "sklearn.feature_extraction.text", "sklearn.metrics", "sklearn.utils.extmath",
    "sklearn.model_selection", "sklearn.utils.estimator_checks", "pyarrow", "pyarrow.csv", "pyarrow.parquet",
    "pyarrow.json", "datasets", "tokenizers", "safetensors.numpy", "safetensors.torch",
    "filelock", "typer", "typer.testing", "rich.console", "rich.progress", "hypothesis", "hypothesis.extra.numpy",
    "threadpoolctl", "matplotlib", "matplotlib.pyplot", "rjieba", "opencc", "pandas", "coverage", "pytest", "_pytest",
    "torch._dynamo", "torch.testing",
)  # fmt: skip


def serve(place: Path) -> None:
    """Answer requests from standard input about the copy `place` until it ends."""
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "TRITON_INTERPRET": "1", "MPLBACKEND": "Agg"}
    os.environ["PYTHONPATH"] = str(place)
    os.chdir(place)
    sys.path[0:0] = [str(place)]
    for name in HEAVY:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    threads = len(os.listdir("/proc/self/task"))
    print(json.dumps({"ready": threads}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(place, json.loads(line))), flush=True)


def answer(place: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Run the tests of one request in a child, and say what came of it."""
    room = place / ".room"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.setsid()
            code = run_tests(place, room, request)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    status = wait_for(child, request["limit"])
    seconds = round(time.monotonic() - started, 2)
    found = read_report(room / "report.jsonl")
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)  # what a test has left running
    said = (room / "said").read_text(errors="replace")[-4000:] if (room / "said").is_file() else ""
    shutil.rmtree(room, ignore_errors=True)
    outcome = "late" if status is None else {0: "passed", 5: "passed"}.get(status, "failed")
    failed = [row["test"] for row in found if row.get("failed")]
    return {"outcome": outcome, "status": status, "seconds": seconds, "failed": failed, "rows": found, "said": said}


def wait_for(child: int, limit: float) -> int | None:
    """The exit status of `child`, or None where it ran past `limit` seconds and was killed."""
    ends = time.monotonic() + limit
    pause = 0.005
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(pause * 1.3, 0.2)
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def read_report(path: Path) -> list[dict[str, Any]]:
    """The rows that a child wrote, one a test."""
    if not path.is_file():
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def run_tests(place: Path, room: Path, request: dict[str, Any]) -> int:
    """What a child does: the tests of the request, in their order, in this process; pytest's exit code."""
    output = os.open(room / "said", os.O_WRONLY | os.O_CREAT)
    silence = os.open(os.devnull, os.O_RDONLY)
    for to, descriptor in ((silence, 0), (output, 1), (output, 2)):
        os.dup2(to, descriptor)
    temporary = room / "tmp"
    temporary.mkdir()
    os.environ["TMPDIR"] = str(temporary)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(room / "hypothesis")
    import tempfile

    tempfile.tempdir = None
    measure = None
    if request.get("reach"):
        import coverage

        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the copy is whole: what is compiled now serves all mutants
        sys.dont_write_bytecode = False
        measure = coverage.Coverage(data_file=None, source=[str(place / "textrnn"), str(place / "pipelines")])
        measure.start()
    else:
        sys.dont_write_bytecode = True
    import pytest

    from mutants.plugin import Plugin

    with open(room / "report.jsonl", "w", encoding="utf-8") as report:
        plugin = Plugin(request["tests"], report, measure, place)
        options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", "-p", "no:randomly", "--no-header", "-q"]
        options += ["--tb=line", f"--basetemp={temporary / 'pytest'}", "--hypothesis-seed=0", "-W", "ignore"]
        if not request.get("reach"):
            options.append("-x")
        if request.get("examples"):
            options.append("--doctest-modules")
        code = int(pytest.main([*options, *request["tests"]], plugins=[plugin]))
        if measure is not None:
            measure.stop()
            plugin.write_reach(measure)
    return code


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
