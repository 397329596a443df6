"""Rows with their predictions as lines of CSV or JSON."""

import csv
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from pipelines.predicting.input_columns import OriginalColumns, cell_text, write_json
from pipelines.predicting.output_columns import OutputColumns, PredictedRow

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would calculate
LINES = 1024  # joined to one piece: each write has its price
OutputFormat = Literal["jsonl", "csv", "tsv", "parquet"]
Windows = Iterable[list[PredictedRow]]
# line ends to some who read lines, but not to JSON
_BREAKS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class _Lines(list[str]):
    """What `csv.writer` writes to: a row a call, its CRLF replaced by LF."""

    def write(self, line: str) -> None:
        self.append(line[:-2] + "\n")


def csv_lines(
    windows: Windows,
    shown: OutputColumns,
    original: OriginalColumns,
    *,
    delimiter: str = ",",
    safe: bool = False,
    bom: bool = False,
) -> Iterator[str]:
    """A header and a line a row: the input's cells, then the prediction's. With `safe` no cell is calculated by a
    spreadsheet; with `bom` a byte order mark tells it that this is UTF-8.
    """
    lines = _Lines()
    rows = csv.writer(lines, delimiter=delimiter, lineterminator="\r\n")  # so that it quotes a cell with either
    answer_of = prediction_cells(shown, joined=True)

    def take(cells: Sequence[object]) -> None:
        rows.writerow([_disarm(cell) for cell in cells] if safe else cells)

    take([*original.names, *map(shown.call, shown.added)])
    if bom:
        lines[0] = "\ufeff" + lines[0]
    for window in windows:
        for row in window:
            take([*map(cell_text, original.cells(row.original)), *answer_of(row)])
            if len(lines) >= LINES:
                yield "".join(lines)
                lines.clear()
        if lines:
            yield "".join(lines)
            lines.clear()
    if lines:
        yield "".join(lines)  # a header alone


def json_lines(windows: Windows, shown: OutputColumns, original: OriginalColumns) -> Iterator[str]:
    """A line a row: the input's members, then the prediction's; reduced precision is named in each."""
    # json.dumps a row would take half of the time of short texts: what repeats is written once
    keys = [f"{write_json(name)}: " for name in shown.names]
    written = functools.lru_cache(maxsize=1 << 16)(write_json)
    call = functools.lru_cache(maxsize=1 << 10)(lambda name: f"{write_json(shown.call(name))}: ")
    label, probability, probabilities = call(shown.key), call("probability"), call("probabilities")
    end = "}\n" if shown.precision == "float32" else f', {call("precision")}"{shown.precision}"}}\n'
    for window in windows:
        lines = []
        for row in window:
            members = original.members(row.original)
            line = f"{{{members}, {label}" if members else f"{{{label}"
            if row.scores is None:
                lines.append(f"{line}null, {call('error')}{write_json(row.error)}}}\n")
                continue
            line += written(row.label) if not isinstance(row.label, list) else write_json(row.label)
            if shown.single:
                line += f", {probability}{row.probability!r}"
            if keys:
                pairs = ", ".join([keys[i] + repr(p) for i, p in zip(row.shown or (), row.scores, strict=True)])
                line += f", {probabilities}{{{pairs}}}"
            lines.append(line + end)
        for first in range(0, len(lines), LINES):
            chunk = "".join(lines[first : first + LINES])
            yield chunk if chunk.isascii() else chunk.translate(_BREAKS)


def prediction_cells(shown: OutputColumns, *, joined: bool) -> Callable[[PredictedRow], list[object]]:
    """What makes the cells `shown.added` of a prediction; several labels are one cell if `joined`, else a list."""
    last = [] if shown.precision == "float32" else [shown.precision]
    width = len(shown.added)
    empty = "" if joined else None

    def join(labels: Sequence[str]) -> object:
        if not labels:
            return ""
        return write_json(labels) if shown.separator is None else shown.separator.join(labels)

    def cells(row: PredictedRow) -> list[object]:
        if row.scores is None:
            return [*[empty] * (width - 1), row.error]
        label = join(row.label) if joined and isinstance(row.label, (list, tuple)) else row.label
        found: list[object] = [empty if label is None else label]
        if shown.single:
            found.append(row.probability)
        if shown.top is None:
            found += row.scores if shown.names else ()
        else:
            found += [part for i, p in zip(row.shown or (), row.scores, strict=True) for part in (shown.classes[i], p)]
        return [*found, *last, *([empty] if shown.errors else [])]

    return cells


def _disarm(cell: object) -> object:
    text = str(cell)
    return f"'{cell}" if text.startswith(FORMULA) and not _NUMBER.fullmatch(text) else cell
