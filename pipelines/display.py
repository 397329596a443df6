"""What a person sees while stages run, on standard error: live in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TextIO

from textrnn.names import as_shown

PLAIN_SECONDS = 10.0  # between progress lines where there is no terminal


class Display(Protocol):
    """Takes what happens in a run; `warned` has the warnings so far."""

    warned: list[str]

    def started(self, stage: str, reasons: Sequence[str]) -> None:
        """A stage begins, and why."""

    def cached(self, stage: str) -> None:
        """A stage's result is there already."""

    def off(self, stage: str, reason: str) -> None:
        """A stage that was asked for is turned off, and why."""

    def finished(self, stage: str, seconds: float) -> None:
        """A stage ended."""

    def say(self, line: str) -> None:
        """A line from the stage."""

    def warn(self, line: str) -> None:
        """Something a person should know."""

    def count(self, done: int, total: int) -> None:
        """So many are done of so many."""

    def show(self, progress: Any) -> None:
        """An event of training (`textrnn.training`)."""

    def close(self) -> None:
        """Nothing more comes."""


class Lines:
    """Plain lines, one an event; steps of training at most every ten seconds."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._meter = Meter()
        self._shown = time.monotonic()
        self.warned: list[str] = []

    def started(self, stage: str, reasons: Sequence[str]) -> None:
        """A stage begins, and why."""
        self._shown = time.monotonic()
        self._print(f"{stage:<13}{'; '.join(reasons)}")

    def cached(self, stage: str) -> None:
        """A stage's result is there already."""
        self._print(f"{stage:<13}up to date")

    def off(self, stage: str, reason: str) -> None:
        """A stage that was asked for is turned off, and why."""
        self._print(f"{stage:<13}off: {reason}")

    def finished(self, stage: str, seconds: float) -> None:
        """A stage ended."""
        self._print(f"{'':<13}done in {seconds:.1f} s")

    def say(self, line: str) -> None:
        """A line from the stage."""
        self._print(f"{'':<13}{line}")

    def warn(self, line: str) -> None:
        """Something a person should know; shown even when quiet."""
        self.warned.append(line)
        print(f"warning: {as_shown(line)}", file=self._stream, flush=True)

    def count(self, done: int, total: int) -> None:
        """So many are done of so many."""
        if self._is_time():
            self._print(f"{'':<13}{done:,} of {total:,}")

    def show(self, progress: Any) -> None:
        """An event of training."""
        line = self._meter.read(progress)
        if line.settled or self._is_time():
            self._print(f"{'':<13}{line.text}")

    def close(self) -> None:
        """Nothing more comes."""

    def _is_time(self) -> bool:
        if time.monotonic() - self._shown < PLAIN_SECONDS:
            return False
        self._shown = time.monotonic()
        return True

    def _print(self, line: str) -> None:
        if not self._quiet:
            print(as_shown(line).rstrip(), file=self._stream, flush=True)


class Live(Lines):
    """As `Lines`, with the step of training or the count redrawn in place."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.status import Status

        self._console = Console(stderr=True, highlight=False)
        self._status: Status | None = None

    def count(self, done: int, total: int) -> None:
        """So many are done of so many."""
        self._redraw(f"{bar(done, total)} {done:,} of {total:,}")

    def show(self, progress: Any) -> None:
        """An event of training."""
        line = self._meter.read(progress)
        if line.settled:
            self._print(f"{'':<13}{line.text}")
        else:
            self._redraw(f"{bar(line.done, line.total)} {line.text}")

    def warn(self, line: str) -> None:
        """Something a person should know."""
        self._clear()
        super().warn(line)

    def close(self) -> None:
        """Take the moving line away, and give the cursor back."""
        self._clear()

    def _redraw(self, text: str) -> None:
        if self._status is None:
            self._status = self._console.status(text, spinner="dots")
            self._status.start()
        elif time.monotonic() - self._shown > 0.1:
            self._shown = time.monotonic()
            self._status.update(text)

    def _clear(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _print(self, line: str) -> None:
        self._clear()
        super()._print(line)


class Silent(Lines):
    """Shows nothing of a stage that is off, but passes its warnings to `display`."""

    def __init__(self, display: Display) -> None:
        super().__init__(quiet=True)
        self._display = display

    def warn(self, line: str) -> None:
        """Something a person should know."""
        self._display.warn(line)


class Reading:
    """One reading of the meter: a line, its share of the whole, and whether it is to stay."""

    def __init__(self, text: str, done: int = 0, total: int = 1, *, settled: bool = False) -> None:
        self.text = text
        self.done = done
        self.total = total
        self.settled = settled


class Meter:
    """Turns the events of training into lines, with tokens a second and time left by its own clock."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._tokens = 0
        self._steps = 0
        self._score = ""

    def read(self, progress: Any) -> Reading:
        """The line for one event of training."""
        if hasattr(progress, "record"):
            return self._read_epoch(progress)
        if hasattr(progress, "steps_done"):
            self._begun, self._tokens, self._steps, self._score = time.monotonic(), 0, 0, ""
            threads = f"{progress.threads} thread{'s' if progress.threads > 1 else ''}"
            if progress.processes > 1:
                threads = f"{progress.processes} processes with {threads} each"
            each = progress.tokens / max(progress.texts, 1)
            what = progress.task or (f"{progress.classes} classes" if progress.classes else "a number each")
            data = f"{progress.texts:,} texts of {each:.0f} tokens, {what}: "
            how = f"{progress.epochs} epochs of {progress.steps} steps, word dropout {progress.word_dropout:g}"
            how += f", adversarial {progress.adversarial:g}" if progress.adversarial else ""
            where = f"{data}{how}; on {progress.device}, {threads}, "
            note = f"; {progress.note}" if progress.note else ""
            return Reading(f"{where}{progress.precision}, {progress.padding:.1%} padding{note}", settled=True)
        self._tokens += progress.tokens
        self._steps += 1
        passed = max(time.monotonic() - self._begun, 1e-9)
        done = (progress.epoch - 1) * progress.steps + progress.position
        total = progress.epochs * progress.steps
        left = (total - done) * passed / self._steps
        text = (
            f"epoch {progress.epoch}/{progress.epochs}  step {progress.position}/{progress.steps}  "
            f"loss {progress.loss:.4f}{self._score}  {self._tokens / passed:,.0f} tokens/s  {clock(left)} left"
        )
        return Reading(text, done, total)

    def _read_epoch(self, progress: Any) -> Reading:
        record = progress.record
        name, score = _score_of(record)
        self._score = f"  validation {score:.4f}"
        mark = "  best so far" if progress.is_best else ""
        passed = max(time.monotonic() - self._begun, 1e-9)
        text = (
            f"epoch {record['epoch']}  loss {record['train_loss']:.4f}  validation loss "
            f"{record['validation_loss']:.4f}  {name} {score:.4f}  "
            f"{self._tokens / passed:,.0f} tokens/s{mark}"
        )
        return Reading(text, settled=True)


def _score_of(record: Mapping[str, Any]) -> tuple[str, float]:
    """The score on validation that stands beside the loss, and its name."""
    names = (name.removeprefix("validation_") for name in record if name.startswith("validation_"))
    name = next(name for name in names if name != "loss")
    return name.replace("_", " "), record[f"validation_{name}"]


def bar(done: int, total: int, width: int = 20) -> str:
    """A bar of `width` characters, filled by done / total.

    >>> bar(1, 4, 8)
    '━━──────'
    """
    filled = width * done // max(total, 1)
    return "━" * filled + "─" * (width - filled)


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds.

    >>> clock(75)
    '1:15'
    """
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def choose_display(*, quiet: bool = False) -> Display:
    """Live where standard error is a terminal, plain lines elsewhere."""
    if not quiet and sys.stderr.isatty():
        return Live()
    return Lines(quiet=quiet)
