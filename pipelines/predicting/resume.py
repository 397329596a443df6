"""Windows of rows behind those that a command before finished."""

import json
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.predicting.loaded_model import LoadedModel
from pipelines.predicting.parts import Parts
from pipelines.predicting.prediction_output import Destination
from pipelines.predicting.row_counts import RowCounts
from textrnn import __version__
from textrnn.config.data import TextFormat
from textrnn.data.columns import Columns
from textrnn.data.readers.read_digest import Mark, ReadDigest
from textrnn.errors import ConfigError
from textrnn.storage.file_names import printable
from textrnn.storage.files import canonical_json

if TYPE_CHECKING:
    from textrnn.model.stream import StreamRow


class ResumedOutput:
    """The parts that were found, and how far into the input each reaches.

    `read_digest` must see all that is read, from the first byte on.
    """

    def __init__(self, parts: Parts, read_digest: ReadDigest) -> None:
        self.parts, self._read_digest = parts, read_digest
        self._marks: deque[Mark] = deque()
        read_digest.expect([(marker.read, marker.input) for marker in parts.done])

    def unfinished(self, windows: "Iterator[list[StreamRow]]", counts: RowCounts) -> "Iterator[list[StreamRow]]":
        """The `windows` that no part is of; the others are read, compared with the parts, and counted.

        Raises ConfigError where the input is another than that of the parts.
        """
        for number, marker in enumerate(list(self.parts.done), 1):
            window = next(windows, [])
            self.parts.require_input(len(window) == marker.rows and self._read_digest.agrees(number))
            counts.predicted += marker.rows
            counts.rejected += marker.rejected
        for window in windows:
            self._marks.append(self._read_digest.mark())
            yield window

    def next_mark(self) -> Mark:
        """What had been read of the input when the next window was."""
        return self._marks.popleft()


def output_key(
    loaded: LoadedModel,
    destination: Destination,
    top: int | None,
    columns: Columns,
    text_format: TextFormat,
    *,
    window: int,
    refuse: bool,
) -> dict[str, Any]:
    """All that an output depends on but for its input, as plain JSON, by the names that messages call it."""
    suffix = destination.output.suffix.lower() if destination.output is not None else ""
    run = {
        "release": __version__,
        "model": loaded.rest,
        "decision": loaded.decision,
        "format": [destination.format, suffix, destination.bom, destination.safe],
        "choice of classes": top,
        "columns": columns.to_json(),
        "text format": asdict(text_format),
        "way with bad rows": refuse,
        "window": window,
    }
    found: dict[str, Any] = json.loads(canonical_json(run))
    return found


@contextmanager
def resume_output(
    output: Path, run: Mapping[str, Any], read_digest: ReadDigest, *, restart: bool, quiet: bool
) -> Iterator[ResumedOutput]:
    """What a command before left of `output`, for the block; where that is broken off, says what is kept.

    Raises ConfigError where what was left depends on something else than `run`.
    """
    parts = Parts(output, run)
    where = printable(str(parts.folder))
    try:
        parts.find(restart=restart)
        for line in parts.warnings:
            print(f"warning: {printable(line)}", file=sys.stderr)
        if parts.rows and not quiet:
            print(f"resumes after {parts.rows:,} rows, which are in {where}", file=sys.stderr)
        yield ResumedOutput(parts, read_digest)
    except BaseException as error:
        if parts.rows and not isinstance(error, ConfigError):
            print(f"{parts.rows:,} rows are kept in {where}: the same command resumes after them", file=sys.stderr)
        raise
    finally:
        parts.close()
