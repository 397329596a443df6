"""How far a prediction is, on the terminal: rows, their rate, the time that is left."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.predicting.row_counts import RowCounts
from textrnn.data.readers.read_digest import ReadDigest

if TYPE_CHECKING:
    from textrnn.model.stream import StreamRow


class Progress:
    """Shows nothing."""

    def read(self, rows: int) -> None:
        """So many `rows` have been read."""

    def skipped(self, rows: int) -> None:
        """So many `rows` were finished before."""

    def predicted(self, rows: int) -> None:
        """So many more `rows` are predicted. Called in any thread."""


class Bar(Progress):
    """A line on standard error that is redrawn.

    How many rows there will be is known of Parquet (`total`); of other files it is judged by how far into their bytes
    (`size`) the rows read so far reach.
    """

    def __init__(self, bar: Any, task: Any, read_digest: ReadDigest, size: int, total: int | None) -> None:
        self._bar, self._task, self._read_digest, self._size, self._known = bar, task, read_digest, size, total

    def read(self, rows: int) -> None:
        """So many `rows` have been read."""
        total = self._known
        if total is None and self._read_digest.size:
            total = max(rows, round(rows * self._size / self._read_digest.size))
        self._bar.update(self._task, total=total)

    def skipped(self, rows: int) -> None:
        """So many `rows` were finished before."""
        self._bar.reset(self._task, completed=rows)

    def predicted(self, rows: int) -> None:
        """So many more `rows` are predicted."""
        self._bar.advance(self._task, rows)


@contextlib.contextmanager
def show_progress(
    files: Sequence[Path], read_digest: ReadDigest, *, to_terminal: bool, quiet: bool
) -> Iterator[Progress]:
    """Shows how far the reading of `files` is, where somebody looks: not on the terminal that the predictions go to."""
    if quiet or not files or not sys.stderr.isatty() or (to_terminal and sys.stdout.isatty()):
        yield Progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class Rate(ProgressColumn):
        """Rows a second."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f} rows/s" if task.speed else "")

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("rows"), Rate(), TimeRemainingColumn())
    with RichProgress(*columns, console=Console(stderr=True), transient=True, speed_estimate_period=60) as bar:
        task = bar.add_task("", total=None)
        yield Bar(bar, task, read_digest, sum(path.stat().st_size for path in files), count_rows(files))


def report_windows(
    windows: "Iterator[list[StreamRow]]", counts: RowCounts, progress: Progress
) -> "Iterator[list[StreamRow]]":
    """The `windows`; `progress` is told how many rows were read with each."""
    for window in windows:
        progress.read(counts.read)
        yield window


def count_rows(files: Sequence[Path]) -> int | None:
    """The rows of Parquet files, as these say; None of others."""
    if any(path.suffix.lower() != ".parquet" for path in files):
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return sum(int(pq.read_metadata(path).num_rows) for path in files)
    except (pa.ArrowException, OSError):  # who reads them says what is wrong
        return None
