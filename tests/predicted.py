"""Predictions in parts without a model: each line of a file is answered by its length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.predicting.csv_json_output import json_rows
from pipelines.predicting.input_columns import OriginalColumns
from pipelines.predicting.output_columns import OutputColumns
from pipelines.predicting.output_encoders import TextOutputEncoder
from pipelines.predicting.predicted_rows import PredictedRows
from pipelines.predicting.resume import resume_output
from pipelines.predicting.row_counts import RowCounts
from pipelines.predicting.write_predictions import write_in_parts
from textrnn.data.readers.lines import read_lines
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.read_digest import ReadDigest
from textrnn.model.stream import StreamRow, windows_of

RUN = {"model": "a", "decision": "b"}


class Stopped(Exception):
    """What stands for a kill."""


def predict_lines(
    source: Path,
    output: Path,
    *,
    window: int = 4,
    stop_after: int | None = None,
    run: dict[str, Any] | None = None,
    restart: bool = False,
) -> list[int]:
    """Predict the lines of `source`, stopped after so many windows; the lengths of the windows that were predicted."""
    counts = RowCounts(Notes(), 1000)
    counts.notes.read_digest = read_digest = ReadDigest()
    predicted: list[int] = []
    with resume_output(output, RUN if run is None else run, read_digest, restart=restart, quiet=True) as parts:

        def answers() -> Iterator[PredictedRows]:
            rows = (StreamRow(line, line) for line in read_lines(source, None, notes=counts.notes))
            for rows_of in parts.unfinished(windows_of(rows, window), counts):
                if len(predicted) == stop_after:
                    raise Stopped
                predicted.append(len(rows_of))
                yield answer([str(row.original) for row in rows_of])

        suffix = output.suffix.lower()
        write_in_parts(answers(), TextOutputEncoder(json_rows(LOOK, LINES), suffix), output, parts)
    return predicted


LOOK = OutputColumns("label", ("a", "b"), ("a", "b"))
LINES = OriginalColumns()


def answer(lines: list[str]) -> PredictedRows:
    sizes = np.array([len(line) for line in lines])
    count = len(lines)
    flags = (sizes % 2 == 0).tolist()
    nothing = [()] * count
    return PredictedRows(
        lines, ["ab"[size % 2] for size in sizes], (sizes / 7).round(6).tolist(), flags, [None] * count,
        sizes.tolist(), flags, [0.0] * count, nothing, nothing, [""] * count,
    )  # fmt: skip
