"""Rows with their predictions as lines of CSV or JSON."""

import csv
import functools
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from pipelines.predicting.input_columns import OriginalColumns, cell_text, write_json
from pipelines.predicting.output_columns import OutputColumns
from pipelines.predicting.predicted_rows import PredictedRows, table_columns
from textrnn.data.spreadsheet_cells import escape_formula
from textrnn.machine.process_settings import long_csv_fields

OutputFormat = Literal["jsonl", "csv", "tsv", "parquet"]
# line ends to some who read lines, but not to JSON
_BREAKS = (("\x85", "\\u0085"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


class RowFormat(NamedTuple):
    """How rows become text: `head` stands before all of them, `write` makes lines of some."""

    head: str
    write: Callable[[PredictedRows], str]


def widen_csv(text: str, column: str, *, delimiter: str) -> str:
    """The rows of CSV with an empty cell more at the end of each; `column` names it where the first row is the header,
    else it is "".
    """
    lines, bom = _Lines(), text[:1] if text.startswith("\ufeff") else ""
    rows = csv.writer(lines, delimiter=delimiter, lineterminator="\r\n")
    with long_csv_fields():
        found = csv.reader(io.StringIO(text.removeprefix(bom), newline=""), delimiter=delimiter, strict=True)
        rows.writerows([*cells, "" if number else column] for number, cells in enumerate(found))
    return bom + lines.take()


class _Lines(list[str]):
    """What `csv.writer` writes to, a row a call, each with CRLF at its end."""

    write = list.append

    def take(self) -> str:
        """All of them with LF; then there are none."""
        text = "".join([line[:-2] + "\n" for line in self])
        self.clear()
        return text


def csv_rows(
    shown: OutputColumns, original: OriginalColumns, *, delimiter: str = ",", safe: bool = False, bom: bool = False
) -> RowFormat:
    """A header and a line a row: the input's cells, then the prediction's. With `safe` no cell is calculated by a
    spreadsheet; with `bom` a byte order mark tells it that this is UTF-8.
    """
    lines = _Lines()
    rows = csv.writer(lines, delimiter=delimiter, lineterminator="\r\n")  # so that it quotes a cell with either

    def take(some: Iterable[Sequence[object]]) -> str:
        rows.writerows(([escape_formula(cell) for cell in cells] for cells in some) if safe else some)
        return lines.take()

    def write(predicted: PredictedRows) -> str:
        added = zip(*table_columns(predicted, shown, joined=True), strict=True)
        cells_of, both = original.cells, zip(predicted.original, added, strict=True)
        if original.are_text:
            return take([*cells_of(row), *prediction] for row, prediction in both)
        return take([*map(cell_text, cells_of(row)), *prediction] for row, prediction in both)

    head = take([[*original.names, *map(shown.unique_name, shown.added_columns)]])
    return RowFormat("\ufeff" + head if bom else head, write)


def json_rows(shown: OutputColumns, original: OriginalColumns) -> RowFormat:
    """A line a row: the input's members, then the prediction's."""
    # json.dumps a row would take half of the time of short texts: what repeats is written once
    keys = [f"{write_json(name)}: " for name in shown.names]
    written = functools.lru_cache(maxsize=1 << 16)(write_json)
    key, error_key, probabilities, *about = (
        f"{write_json(shown.unique_name(name))}: "
        for name in (shown.key, "error", "probabilities", *shown.statistics_columns)
    )
    *single, tokens_key, cut_key, unknown_key, model_key = about
    end = f", {model_key}{write_json(shown.model)}"

    def prediction(row: tuple[Any, ...]) -> str:
        _, label, probability, accepted, rejected, tokens, cut, unknown, classes, scores, error = row
        if tokens is None:
            return f"{key}null, {error_key}{write_json(error)}}}\n"
        said = key + (written(label) if not isinstance(label, list) else write_json(label))
        if single:
            said += f", {single[0]}{probability!r}, {single[1]}{'true' if accepted else 'false'}"
        if shown.rejects:
            said += f", {single[2]}{written(rejected)}"
        said += f", {tokens_key}{tokens}, {cut_key}{'true' if cut else 'false'}, {unknown_key}{unknown!r}{end}"
        if shown.top != 0 and keys:
            pairs = ", ".join([keys[i] + repr(p) for i, p in zip(classes, scores, strict=True)])
            said += f", {probabilities}{{{pairs}}}"
        return said + "}\n"

    def write(predicted: PredictedRows) -> str:
        lines = []
        for row in zip(*predicted, strict=True):
            members = original.members(row[0])
            lines.append(f"{{{members}, {prediction(row)}" if members else f"{{{prediction(row)}")
        text = "".join(lines)
        if not text.isascii():
            for sign, escaped in _BREAKS:
                text = text.replace(sign, escaped)
        return text

    return RowFormat("", write)
