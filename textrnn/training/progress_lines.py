"""The events of training as lines for a person."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any


class ProgressLine:
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
        self._started: Any = None
        self._best = 0  # the epoch, if it was seen

    def read(self, progress: Any) -> ProgressLine:
        """The line for one event of training."""
        if hasattr(progress, "record"):
            return self._read_epoch(progress)
        if hasattr(progress, "steps_done"):
            self._begun, self._tokens, self._steps, self._score = time.monotonic(), 0, 0, ""
            self._started, self._best = progress, 0
            threads = f"{progress.threads} thread{'s' if progress.threads > 1 else ''}"
            if progress.processes > 1:
                threads = f"{progress.processes} processes with {threads} each"
            each = progress.tokens / max(progress.texts, 1)
            what = progress.task or (f"{progress.classes} classes" if progress.classes else "a number each")
            data = f"{progress.texts:,} texts of {each:.0f} tokens, {what}: "
            early = progress.may_end_early
            how = f"{'at most ' if early else ''}{progress.epochs} epochs of {progress.steps} steps"
            how += ", fewer when validation stops improving" if early else ""
            how += f", word dropout {progress.word_dropout:g}"
            how += f", adversarial {progress.adversarial:g}" if progress.adversarial else ""
            where = f"{data}{how}; on {progress.device}, {threads}, "
            note = f"; {progress.note}" if progress.note else ""
            return ProgressLine(f"{where}{progress.precision}, {progress.padding:.1%} padding{note}", settled=True)
        self._tokens += progress.tokens
        self._steps += 1
        passed = max(time.monotonic() - self._begun, 1e-9)
        done = (progress.epoch - 1) * progress.steps + progress.position
        total = progress.epochs * progress.steps
        left = self._time_left(progress, passed / self._steps)
        text = (
            f"epoch {progress.epoch}/{progress.epochs}  step {progress.position}/{progress.steps}  "
            f"loss {progress.loss:.4f}{self._score}  {self._tokens / passed:,.0f} tokens/s  {left}"
        )
        return ProgressLine(text, done, total)

    def _time_left(self, progress: Any, step: float) -> str:
        """How long it takes yet, at so many seconds a `step`; where validation may end it early, from the earliest end
        that is possible now to the last epoch.
        """
        done = (progress.epoch - 1) * progress.steps + progress.position
        most = format_clock((progress.epochs * progress.steps - done) * step)
        begun = self._started
        if begun is None or not begun.may_end_early:
            return f"{most} left"
        best = self._best or (1 if begun.steps_done == 0 else 0)
        patient = best + begun.patience if best else 0
        last = max(begun.min_epochs, patient, progress.epoch)
        each = f"{format_clock(progress.steps * step)} an epoch"
        if last >= progress.epochs:
            return f"{each}, {most} left"
        return f"{each}, {format_clock((last * progress.steps - done) * step)} to {most} left"

    def _read_epoch(self, progress: Any) -> ProgressLine:
        record = progress.record
        name, score = _score_of(record)
        self._score = f"  validation {score:.4f}"
        mark = "  best so far" if progress.is_best else ""
        self._best = record["epoch"] if progress.is_best else self._best
        passed = max(time.monotonic() - self._begun, 1e-9)
        text = (
            f"epoch {record['epoch']}  loss {record['train_loss']:.4f}  validation loss "
            f"{record['validation_loss']:.4f}  {name} {score:.4f}  "
            f"{self._tokens / passed:,.0f} tokens/s{mark}"
        )
        return ProgressLine(text, settled=True)


def _score_of(record: Mapping[str, Any]) -> tuple[str, float]:
    """The score on validation that is shown with the loss, and its name."""
    names = (name.removeprefix("validation_") for name in record if name.startswith("validation_"))
    name = next(name for name in names if name != "loss")
    return name.replace("_", " "), record[f"validation_{name}"]


def progress_bar(done: int, total: int, width: int = 20) -> str:
    """A bar of `width` characters, filled by done / total.

    >>> progress_bar(1, 4, 8)
    '━━──────'
    """
    filled = width * done // max(total, 1)
    return "━" * filled + "─" * (width - filled)


def format_clock(seconds: float) -> str:
    """Seconds as minutes and seconds.

    >>> format_clock(75)
    '1:15'
    """
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
