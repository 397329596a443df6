"""Predictions on their way out: to standard output as they come, to a file whole or not at all."""

import sys
from collections.abc import Iterable
from pathlib import Path

from pipelines.predicting.csv_json_output import RowFormat
from pipelines.predicting.output_encoders import OutputEncoder
from pipelines.predicting.predicted_rows import PredictedRows
from pipelines.predicting.resume import ResumedOutput
from pipelines.running.stdout import write_stdout
from textrnn.storage.files import open_atomic


def print_predictions(
    windows: Iterable[PredictedRows],
    form: RowFormat,
    bare: RowFormat | None = None,
    *,
    json_text: bool,
    window: int = 0,
) -> None:
    """Write each row with its prediction to standard output; in the form `bare`, if there is one, where all of them are
    fewer than a `window` and none is bad.
    """
    first = True
    for predicted in windows:
        if first and bare is not None and len(predicted.original) < window and not predicted.bad:
            form = bare
        write_stdout((form.head if first else "") + form.write(predicted), json_text=json_text)
        sys.stdout.flush()  # who reads may wait for it
        first = False
    if first:
        write_stdout(form.head)


def write_predictions(windows: Iterable[PredictedRows], encoder: OutputEncoder, output: Path) -> None:
    """Write each row with its prediction to the file `output`. Raises OSError."""
    with open_atomic(output) as file, encoder.open_writer(file) as write:
        first = True
        for predicted in windows:
            write(encoder.encode(predicted, first=first))
            first = False
        if first:
            write(encoder.encode(None, first=True))


def write_in_parts(
    windows: Iterable[PredictedRows], encoder: OutputEncoder, output: Path, resuming: ResumedOutput
) -> None:
    """As `write_predictions`, a part a window, behind those that a command before finished.

    Where it is broken off its parts stay. Raises OSError, LockTimeoutError, DamagedFilesError.
    """
    parts = resuming.parts
    for predicted in windows:
        chunk = encoder.compress(encoder.encode(predicted, first=not parts.done))
        read, digest = resuming.next_mark()
        counts = {"rows": len(predicted.original), "rejected": predicted.rejected, "bad": predicted.bad}
        parts.add(chunk, **counts, read=read, input=digest)
    errors = any(marker.bad for marker in parts.done)
    with open_atomic(output) as file, encoder.open_writer(file, compressed=True, errors=errors) as write:
        for marker, chunk in zip(parts.done, parts.chunks(), strict=True):
            write(encoder.widen(chunk, first=marker.number == 0) if errors and not marker.bad else chunk)
        if not parts.done:
            write(encoder.compress(encoder.encode(None, first=True)))
    parts.remove()
