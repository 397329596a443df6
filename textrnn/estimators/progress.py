"""What `fit` shows of its training: a bar in a notebook, lines elsewhere, or nothing."""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from textrnn.config.parse import as_plain
from textrnn.errors import ConfigError, ConfigTypeError
from textrnn.training.progress_lines import Meter, ProgressLine

Verbose = int | Literal["auto"]
Show = Callable[[Any], None]

_SECONDS = 0.2  # between two pictures of the bar


@contextmanager
def show_progress(verbose: Verbose) -> Iterator[Show]:
    """A function that shows an event of training; at the end what is shown is complete.

    With `verbose` "auto" a notebook has a bar, and nothing is shown elsewhere; 0 shows nothing anywhere, 1 lines on
    standard error where there is no notebook. Raises ConfigError.
    """
    verbose = as_plain(verbose)
    is_auto = isinstance(verbose, str) and verbose == "auto"
    if not is_auto and not isinstance(verbose, int):
        raise ConfigTypeError(f"verbose: expected 'auto', 0 or 1, found {verbose!r:.80}")
    if not is_auto and int(verbose) < 0:
        raise ConfigError(f"verbose: expected 'auto', 0 or 1, found {verbose}")
    if (is_auto or verbose) and in_notebook():
        bar = NotebookBar()
        try:
            yield bar.show
        finally:
            bar.close()
    elif verbose and not is_auto:
        yield _Lines().show
    else:
        yield lambda _: None


def in_notebook() -> bool:
    """Whether this runs in a notebook, which can show HTML: Jupyter, Colab and their like."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return any(kind.__name__ == "ZMQInteractiveShell" for kind in type(shell).__mro__)


class NotebookBar:
    """A bar in a notebook, redrawn in place: the step, and the last epoch's scores."""

    def __init__(self) -> None:
        self._meter = Meter()
        self._last = ProgressLine("")  # the line that stays
        self._step = ProgressLine("")
        self._handle: Any = None
        self._shown = 0.0

    def show(self, progress: Any) -> None:
        """Take an event of training."""
        reading = self._meter.read(progress)
        if reading.settled:
            self._last = reading
        else:
            self._step = reading
        if reading.settled or time.monotonic() - self._shown >= _SECONDS:
            self._draw()

    def close(self) -> None:
        """Draw the last state."""
        if self._handle is not None:
            self._draw()

    def _draw(self) -> None:
        from IPython.display import HTML, display

        picture = HTML(bar_html(self._step, self._last))
        if self._handle is None:
            self._handle = display(picture, display_id=True)
        else:
            self._handle.update(picture)
        self._shown = time.monotonic()


def bar_html(step: ProgressLine, last: ProgressLine) -> str:
    """A bar as far as the `step`, its line, and the `last` line of an epoch, as HTML."""
    lines = "<br>".join(html.escape(line.text) for line in (step, last) if line.text)
    return (
        f'<div style="font-family: monospace; font-size: 90%"><progress value="{step.done}" max="{step.total}" '
        f'style="width: 20em"></progress><br>{lines}</div>'
    )


class _Lines:
    """A line on standard error as training starts, and for each epoch."""

    def __init__(self) -> None:
        self._meter = Meter()

    def show(self, progress: Any) -> None:
        reading = self._meter.read(progress)
        if reading.settled:
            print(reading.text, file=sys.stderr, flush=True)
