"""One run: its settings, its folder of made data, and the children that are open."""

from __future__ import annotations

import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.data import Rows, draw_rows
from benchmarks.processes import ENVIRONMENTS, OURS, Child, RivalFailed, machine_seconds, python_of
from benchmarks.sizes import FULL, Size

REVIEWS = "reviews"  # the rows that most benchmarks read


@dataclass(frozen=True)
class Program:
    """A program of `benchmarks/rivals`, its environment, and the options it is started with."""

    environment: str
    name: str
    options: tuple[str, ...] = ()


TEXTRNN = Program(OURS, "textrnn_")


class Missing(Exception):
    """The environment of a rival is not built."""


@dataclass
class Session:
    """What every benchmark is given.

    `repeats` is None where each benchmark takes its own number. `gpu` is the name of the one that steps are
    made on, where `device` is cuda. `others` collects the cores that other
    processes took while something was measured. With `only_ways`, of the rivals only those are measured whose name
    holds one of these words.
    """

    folder: Path
    threads: int
    precision: str = "float32"
    device: str = "cpu"
    gpu: str = ""
    repeats: int | None = None
    size: Size = FULL
    seed: int = 0
    environments: Path = ENVIRONMENTS
    only_ways: tuple[str, ...] = ()
    children: dict[Program, Child] = field(default_factory=dict)
    others: list[float] = field(default_factory=list)

    def ask(self, program: Program, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of `program`, which is started if need be. Raises Missing, RivalFailed."""
        child = self.children.get(program) or self._start(program)
        time.sleep(self.size.pause)
        begun, busy, own = time.perf_counter(), machine_seconds(), child.processor_seconds()
        answer = child.ask(request, timeout=self.size.timeout)
        wall = time.perf_counter() - begun
        if "seconds" in answer and wall > 0.1:  # shorter ones the clock of the kernel cannot tell
            used = machine_seconds() - busy - (child.processor_seconds() - own)
            self.others.append(max(used / wall, 0.0))
        return answer

    def ask_fresh(
        self, program: Program, request: Mapping[str, Any], *, warm: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The answer of a process of its own, with the most memory it held as `mib`.

        With `warm`, the request is made once before, with `warm` laid over it.
        """
        self.end(program)
        try:
            if warm is not None:
                self.ask(program, {**request, **warm})
            answer = self.ask(program, request)
            return {**answer, **self.children[program].ask({"do": "peak"}, timeout=60)}
        finally:
            self.end(program)

    def is_wanted(self, program: Program, way: str) -> bool:
        """Whether the way called `way` is measured."""
        rival = program.environment != OURS
        return not (rival and self.only_ways) or any(word.lower() in way.lower() for word in self.only_ways)

    def end(self, program: Program) -> None:
        """End the process of `program`, if there is one."""
        if child := self.children.pop(program, None):
            child.end()

    def end_all(self) -> None:
        """End every process."""
        for program in list(self.children):
            self.end(program)

    def others_taken(self) -> dict[str, float]:
        """The cores that others took in what was measured since the last call: median and highest."""
        taken, self.others = self.others or [0.0], []
        return {"median": round(statistics.median(taken), 3), "highest": round(max(taken), 3)}

    def rows(self, name: str, **drawn: Any) -> Rows:
        """Made-up rows, drawn as `draw_rows` is asked to, kept in the folder as `name` for the children."""
        if (self.folder / f"{name}.labels.npy").exists():
            return Rows.load(self.folder, name)
        rows = draw_rows(**{"seed": self.seed, "longest": self.size.longest, **drawn})
        rows.save(self.folder, name)
        return rows

    def reviews(self) -> Rows:
        """The rows that most benchmarks read."""
        return self.rows(REVIEWS, texts=self.size.texts)

    def _start(self, program: Program) -> Child:
        python = python_of(program.environment, self.environments)
        if python is None:
            raise Missing(program.environment)
        child = Child(python, program.name, program.options, self.folder, self.threads, gpu=self.device == "cuda")
        try:
            child.ask({"do": "about"}, timeout=self.size.timeout)  # until it has imported what it needs
        except RivalFailed:
            child.end()
            raise
        self.children[program] = child
        return child


@contextlib.contextmanager
def opened(**settings: Any) -> Iterator[Session]:
    """A session with a temporary folder; at its end the folder and every child are gone."""
    with tempfile.TemporaryDirectory(prefix="textrnn-bench-") as folder:
        session = Session(Path(folder), **settings)
        try:
            yield session
        finally:
            session.end_all()


def tell(line: str) -> None:
    """A line of progress."""
    print(line, file=sys.stderr, flush=True)
