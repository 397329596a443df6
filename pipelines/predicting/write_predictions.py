"""Predictions on their way out: to standard output as they come, to a file whole or not at all."""

import sys
from collections.abc import Iterable
from pathlib import Path

from pipelines.predicting.csv_json_output import TextForm
from pipelines.predicting.pieces import Pieces
from pipelines.predicting.predicted_rows import PredictedRows
from pipelines.predicting.resume import Resuming
from pipelines.running.stdout import write_out
from textrnn.storage.files import writing


def print_predictions(windows: Iterable[PredictedRows], form: TextForm, *, json_text: bool) -> None:
    """Write each row with its prediction to standard output."""
    first = True
    for predicted in windows:
        write_out((form.head if first else "") + form.write(predicted), json_text=json_text)
        sys.stdout.flush()  # who reads may wait for it
        first = False
    if first:
        write_out(form.head)


def write_predictions(windows: Iterable[PredictedRows], pieces: Pieces, output: Path) -> None:
    """Write each row with its prediction to the file `output`. Raises OSError."""
    with writing(output) as file, pieces.joining(file) as take:
        first = True
        for predicted in windows:
            take(pieces.encode(predicted, first=first))
            first = False
        if first:
            take(pieces.encode(None, first=True))


def write_in_parts(windows: Iterable[PredictedRows], pieces: Pieces, output: Path, resuming: Resuming) -> None:
    """As `write_predictions`, a part a window, behind those that a command before finished.

    Where it is broken off its parts stay. Raises OSError, LockTimeoutError, DamagedFilesError.
    """
    parts = resuming.parts
    for predicted in windows:
        piece = pieces.pack(pieces.encode(predicted, first=not parts.done))
        read, digest = resuming.next_mark()
        parts.add(piece, rows=len(predicted.original), rejected=predicted.rejected, read=read, input=digest)
    with writing(output) as file, pieces.joining(file, packed=True) as take:
        for piece in parts.pieces():
            take(piece)
        if not parts.done:
            take(pieces.pack(pieces.encode(None, first=True)))
    parts.remove()
