"""What a person sees while stages run, on standard error: live in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any, Protocol, TextIO

from textrnn.storage.file_names import printable
from textrnn.training.progress_lines import Meter, progress_bar

STAGE_COLUMN_WIDTH = 18  # of the column of stages
MAX_REASONS = 4  # of a stage that are shown
LINE_INTERVAL_SECONDS = 10.0  # between progress lines where there is no terminal


class Display(Protocol):
    """Takes what happens in a run; `warned` has the warnings so far."""

    warned: list[str]

    def started(self, stage: str, reasons: Sequence[str]) -> None:
        """A stage begins, and why."""

    def cached(self, stage: str) -> None:
        """A stage's result is there already."""

    def off(self, stage: str, reason: str) -> None:
        """A requested stage is turned off, and why."""

    def finished(self, stage: str, seconds: float) -> None:
        """A stage ended."""

    def log(self, line: str) -> None:
        """A line from the stage."""

    def warn(self, line: str) -> None:
        """Something a person should know."""

    def count(self, done: int, total: int) -> None:
        """So many are done of so many."""

    def show(self, progress: Any) -> None:
        """An event of training (`textrnn.training`)."""

    def close(self) -> None:
        """Nothing more comes."""


class LineDisplay:
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
        more = len(reasons) - MAX_REASONS  # a new release changes hundreds of functions
        shown = [*reasons[:MAX_REASONS], f"{more} more (textrnn why {stage})"] if more > 1 else reasons
        self._print(f"{stage:<{STAGE_COLUMN_WIDTH}}{'; '.join(shown)}")

    def cached(self, stage: str) -> None:
        """A stage's result is there already."""
        self._print(f"{stage:<{STAGE_COLUMN_WIDTH}}up to date")

    def off(self, stage: str, reason: str) -> None:
        """A requested stage is turned off, and why."""
        self._print(f"{stage:<{STAGE_COLUMN_WIDTH}}off: {reason}")

    def finished(self, stage: str, seconds: float) -> None:
        """A stage ended."""
        self._print(f"{'':<{STAGE_COLUMN_WIDTH}}done in {seconds:.1f} s")

    def log(self, line: str) -> None:
        """A line from the stage."""
        self._print(f"{'':<{STAGE_COLUMN_WIDTH}}{line}")

    def warn(self, line: str) -> None:
        """Something a person should know; shown even when quiet."""
        self.warned.append(line)
        print(f"warning: {printable(line)}", file=self._stream, flush=True)

    def count(self, done: int, total: int) -> None:
        """So many are done of so many."""
        if self._is_time():
            self._print(f"{'':<{STAGE_COLUMN_WIDTH}}{done:,} of {total:,}")

    def show(self, progress: Any) -> None:
        """An event of training."""
        line = self._meter.read(progress)
        if line.settled or self._is_time():
            self._print(f"{'':<{STAGE_COLUMN_WIDTH}}{line.text}")

    def close(self) -> None:
        """Nothing more comes."""

    def _is_time(self) -> bool:
        if time.monotonic() - self._shown < LINE_INTERVAL_SECONDS:
            return False
        self._shown = time.monotonic()
        return True

    def _print(self, line: str) -> None:
        if not self._quiet:
            print(printable(line).rstrip(), file=self._stream, flush=True)


class LiveDisplay(LineDisplay):
    """As `LineDisplay`, with the step of training or the count redrawn in place."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.status import Status

        self._console = Console(stderr=True, highlight=False)
        self._status: Status | None = None

    def count(self, done: int, total: int) -> None:
        """So many are done of so many."""
        self._redraw(f"{progress_bar(done, total)} {done:,} of {total:,}")

    def show(self, progress: Any) -> None:
        """An event of training."""
        line = self._meter.read(progress)
        if line.settled:
            self._print(f"{'':<{STAGE_COLUMN_WIDTH}}{line.text}")
        else:
            self._redraw(f"{progress_bar(line.done, line.total)} {line.text}")

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


class SilentDisplay(LineDisplay):
    """Shows nothing of a stage that is off, but passes its warnings to `display`."""

    def __init__(self, display: Display) -> None:
        super().__init__(quiet=True)
        self._display = display

    def warn(self, line: str) -> None:
        """Something a person should know."""
        self._display.warn(line)


def choose_display(*, quiet: bool = False) -> Display:
    """Live where standard error is a terminal, plain lines elsewhere."""
    if not quiet and sys.stderr.isatty():
        return LiveDisplay()
    return LineDisplay(quiet=quiet)
