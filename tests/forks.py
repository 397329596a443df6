"""The real command in forks of a process that has every library already: real processes and kills, cheap imports."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from made import make_rows, write_csv
from running import OFF, SMALL, TREE, run_main

from pipelines.runs.places import LOCK_FILE
from pipelines.stages import STAGES, needed_for
from textrnn.evaluation.origin import remove_origin
from textrnn.storage.files import digest_bytes, digest_file

NAMES = [stage.name for stage in needed_for(STAGES[-1].name) if stage.name not in OFF]
LOADED = [stage.module for stage in STAGES]
DRAWING = [
    "matplotlib.figure",
    "matplotlib.font_manager",
    "matplotlib.backends.backend_svg",
    "textrnn.evaluation.plots",
]
CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir")
LEFTOVERS = ("**/.*.tmp", "**/*.aside", "**/.*.new", "**/.*.gone", ".textrnn/tmp/*", ".textrnn/work/*")


@dataclass
class Forked:
    """A command in a process group of its own, and what it said."""

    process: ForkServerProcess
    log: Path
    out: Path
    steps_log: Path
    waited: float = field(default=0.0)  # seconds that its threads were ready to run, and no core was free

    @property
    def err(self) -> str:
        return self.log.read_text("utf-8") if self.log.is_file() else ""

    @property
    def steps(self) -> int:
        """Training steps that this process has done."""
        return self.steps_log.stat().st_size if self.steps_log.is_file() else 0

    @property
    def ran(self) -> list[str]:
        """The stages that ran, of a command with --json that ended well."""
        return [stage["stage"] for stage in json.loads(self.out.read_text("utf-8"))["stages"] if stage["ran"]]

    @property
    def began(self) -> list[str]:
        """The stages that this process began to make."""
        lines = [line.split(maxsplit=1) for line in self.err.splitlines() if line[:1].isalpha()]
        return [words[0] for words in lines if words[0] in NAMES and words[1:] != ["up to date"]]

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60) -> bool:
        """Wait until `ready()`; False where the process ended first."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.process.is_alive():
                return False
            assert time.monotonic() < deadline, self.err
            time.sleep(0.002)
        return True

    def signal(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return

    def end(self, seconds: float = 90) -> int:
        """Wait for the end: the exit code, or minus the signal. A process that does not end is killed, and fails."""
        assert self.process.pid is not None
        before, deadline = queued(self.process.pid), time.monotonic() + seconds
        while self.process.is_alive() and time.monotonic() < deadline:
            self.waited = max(self.waited, queued(self.process.pid) - before)
            self.process.join(0.01)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
            pytest.fail(f"still running after {seconds} s: {self.err}")
        return self.process.exitcode


def queued(pid: int) -> float:
    """Seconds that the threads of a process have waited for a core; 0 of one that has ended."""
    try:
        paths = list(Path(f"/proc/{pid}/task").glob("*/schedstat"))
    except OSError:
        return 0.0
    total = 0.0
    for path in paths:
        try:
            total += int(path.read_text().split()[1]) / 1e9
        except (OSError, IndexError):
            continue
    return total


@contextmanager
def forking(folder: Path) -> Iterator[Callable[..., Forked]]:
    """`start(*arguments, cwd=...)`: commands as forks, killed at the end of the block where they still run."""
    os.environ["OMP_NUM_THREADS"] = "1"
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(TREE), str(TREE / "tests")])
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(
        ["torch._dynamo", "filelock", "textrnn.model.folder", "textrnn.storage.files", *DRAWING, *LOADED]
    )
    started: list[Forked] = []

    def start(*arguments: str, cwd: Path, **hooks: Any) -> Forked:
        number = len(started)
        logs = [folder / f"{number}.{kind}" for kind in ("err", "out", "steps")]
        process = forks.Process(target=_run, args=(list(arguments), cwd, *logs, hooks))
        process.start()
        started.append(Forked(process, *logs))
        return started[-1]

    try:
        yield start
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
        for forked in started:
            if forked.process.is_alive():
                forked.process.kill()
            forked.process.join()


def make_place(folder: Path, *, rows: int = 200, changes: dict[str, str] | None = None) -> Path:
    """A folder with data.csv and textrnn.toml where nothing has run."""
    folder.mkdir(parents=True)
    write_csv(folder / "data.csv", make_rows(rows))
    text = SMALL
    for old, new in (changes or {}).items():
        assert old in text
        text = text.replace(old, new)
    (folder / "textrnn.toml").write_text(text, encoding="utf-8")
    return folder


def results(place: Path) -> dict[str, str]:
    """The digest of every file that a run leaves: cache entries (but their manifests' times), report, model."""
    found = [*place.glob(".textrnn/entries/*/*/data/**/*"), *place.glob("models/**/*"), *place.glob("runs/*/report.*")]
    return {path.relative_to(place).as_posix(): _digest(path) for path in sorted(found) if path.is_file()}


def _digest(path: Path) -> str:
    """That of a file, but for the times that a page in runs/ names."""
    if path.suffix != ".html":
        return digest_file(path)
    return digest_bytes(remove_origin(path.read_text(encoding="utf-8")).encode())


def finished(place: Path) -> set[str]:
    """The stages that have a whole result."""
    return {path.parent.parent.name for path in place.glob(".textrnn/entries/*/*/manifest.json")}


def leftovers(place: Path) -> list[str]:
    """What an unfinished write leaves."""
    found = {path for pattern in LEFTOVERS for path in place.glob(pattern)}
    return sorted(path.relative_to(place).as_posix() for path in found)


# --- in the fork ----------------------------------------------------------------------------------


def _run(arguments: list[str], cwd: Path, log: Path, out: Path, steps: Path, hooks: dict[str, Any]) -> None:
    os.setsid()
    if "trace" in hooks or "die_at" in hooks:
        _audit(hooks.get("trace"), hooks.get("die_at"))
    if hooks.get("steps"):
        _note_steps(steps)
    if "room" in hooks:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + hooks["room"], used + hooks["room"]))
    true = os.open

    def to_file(path: Any, *rest: Any, **more: Any) -> int:
        return true(out, os.O_WRONLY | os.O_CREAT) if path == os.devnull else true(path, *rest, **more)

    os.open = to_file  # run_main would throw standard output away
    try:
        run_main(arguments, cwd, log)
    finally:
        sys.stdout.flush()


def _audit(trace: Path | None, die_at: tuple[str, int] | None) -> None:
    """Note every change of the disk as a line "stage", or die at the n-th of a stage."""
    counts: Counter[str] = Counter()
    stage = ["start"]
    descriptor = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if trace else -1

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if not isinstance(arguments[2], int) or not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
            place, _, file = str(arguments[0]).rpartition("/")
            if file == LOCK_FILE:
                stage[0] = "publish"
            if place.endswith("/locks") and file.endswith(".lock"):
                stage[0] = file.partition("-")[0]
        elif event not in CHANGES:
            return
        if descriptor >= 0:
            os.write(descriptor, f"{stage[0]}\n".encode())
        counts[stage[0]] += 1
        if die_at == (stage[0], counts[stage[0]]):
            os.killpg(0, signal.SIGKILL)

    sys.addaudithook(hook)


def _note_steps(path: Path) -> None:
    """A byte in the file `path` for every step of training, as soon as it is done."""
    from textrnn.training import train_rank
    from textrnn.training.events import StepDone

    true: Any = train_rank.run_steps
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def noted(*arguments: Any) -> Iterator[Any]:
        for progress in true(*arguments):
            if isinstance(progress, StepDone):
                os.write(descriptor, b".")
            yield progress

    train_rank.run_steps = noted  # type: ignore[assignment]
