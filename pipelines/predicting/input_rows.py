"""Rows for a saved model to predict, from arguments, lines or files."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.predicting.file_arguments import describe_file_argument, example_row
from pipelines.predicting.input_columns import OriginalColumns, original_cells, original_objects, original_values
from pipelines.predicting.input_files import COMPRESSION_SUFFIXES, kind_of
from pipelines.predicting.input_tables import InputTable, read_tables
from pipelines.predicting.output_columns import REJECTED, TEXT_STATISTICS
from pipelines.predicting.row_counts import RowCounts
from pipelines.predicting.standard_input import ready_lines
from textrnn.config.data import TextFormat
from textrnn.data.columns import Columns
from textrnn.data.readers.delimited import delimiter_of, is_headed
from textrnn.data.readers.jsonlines import JsonRow, parse_object, values_of
from textrnn.data.readers.labelled_lines import LABEL_PREFIX, WORD_SEPARATORS, parse_line
from textrnn.data.readers.lines import read_lines
from textrnn.data.readers.rows import BadRow
from textrnn.data.readers.wording import quote
from textrnn.errors import ConfigError, DataError, RowError

if TYPE_CHECKING:
    from textrnn.model.stream import Pause, StreamRow

# what the prediction's members may be called: an object on standard input may not begin to have one of these
PREDICTION_COLUMNS = frozenset(
    {"label", "labels", "value", "probability", "accepted", REJECTED, "probabilities", "error", *TEXT_STATISTICS}
)
STDIN = "standard input"
ARGUMENT = "text"


@dataclass(frozen=True)
class InputRows:
    """Rows to be predicted, the columns they came with, and the `format` of those, by which `delimiter` parted."""

    rows: "Iterable[StreamRow | Pause]"
    original: OriginalColumns
    format: str = "lines"
    delimiter: str = ","
    schema: Any = None
    kinds: dict[str, set[type]] = field(default_factory=dict)


def rename_texts(columns: Columns, given: list[str] | None) -> Columns:
    """`columns` with the text columns called as `given`. Raises ConfigError where they are more or fewer."""
    if not given:
        return columns
    if len(given) != len(columns.text):
        raise ConfigError(
            f"--text-column: expected {len(columns.text)} of them, in place of {', '.join(columns.text)}, "
            f"found {len(given)}"
        )
    return replace(columns, text=tuple(given))


def read_arguments(texts: Sequence[str], columns: Columns, counts: RowCounts) -> InputRows:
    """The rows that stand on the command line. Raises DataError."""
    return _from_lines(enumerate(texts, 1), columns, ARGUMENT, counts)


def read_standard_input(columns: Columns, text_format: TextFormat, counts: RowCounts) -> InputRows:
    """The lines of standard input. Raises DataError."""
    lines = ready_lines(sys.stdin, STDIN, text_format, counts.notes)
    return _from_lines(lines, columns, f"{STDIN}, line", counts)


def read_files(files: Sequence[Path], columns: Columns, text_format: TextFormat, counts: RowCounts) -> InputRows:
    """The rows of tables, or the lines of other files, one file after another. Raises DataError."""
    kind = kind_of(files[0])
    if kind == "lines":
        lines = chain.from_iterable(_lines_of(path, text_format, counts) for path in files)
        place = f"{files[0]}, line" if len(files) == 1 else f"{files[0]} and those behind it, line"
        return _from_lines(enumerate(lines, 1), columns, place, counts)
    table = read_tables(files, columns, text_format, counts.notes)
    delimiter = counts.notes.delimiter or delimiter_of(kind)
    match kind:
        case "parquet":
            from pipelines.predicting.parquet_output import arrow_values

            original = original_values(table.names, arrow_values())
        case "jsonl":
            original = original_objects(table.names)
        case _:
            original = original_cells(table.names, delimiter, quote=text_format.quoting != "none")
    headed = is_headed(kind, text_format)
    rows = _from_table(table, columns, counts, original, headed=headed)
    return InputRows(rows, original, kind, delimiter, table.schema, table.kinds)


def _lines_of(path: Path, text_format: TextFormat, counts: RowCounts) -> Iterator[str]:
    packed = path.suffix.lower() in COMPRESSION_SUFFIXES
    compression: Any = path.suffix[1:].lower() if packed else None
    for line in read_lines(path, compression, text_format, counts.notes):
        yield line.removesuffix("\n").removesuffix("\r")


def _from_table(
    table: InputTable, columns: Columns, counts: RowCounts, original: OriginalColumns, *, headed: bool
) -> "Iterator[StreamRow]":
    from textrnn.data.input_cells import validate_cells
    from textrnn.model.stream import StreamRow

    place = table.names.index(columns.id) if columns.id in table.names else None
    text_only, texts = columns.text_only, len(columns.text)
    for source, rows in table.files:
        for row in rows:
            if isinstance(row, BadRow):
                yield counts.count_bad_row(str(row), row.what + _say_folded(row.original, table.names), row.original)
                continue
            number, cells = row
            text, whole = cells[0], cells[-1]
            if text_only and isinstance(text, str):
                counts.count_text(text)
                yield StreamRow(text, whole)
                continue
            try:
                checked = validate_cells(cells[:-1], columns)
            except RowError as error:
                identifier = "" if place is None else str(original.cells(whole)[place])
                bad = BadRow.of(error, number, source, id=identifier, headed=headed)
                yield counts.count_bad_row(str(bad), bad.what, whole)
                continue
            counts.count_texts(checked[:texts])
            yield StreamRow(checked[0] if text_only else checked, whole)


def _say_folded(cells: object, names: Sequence[str]) -> str:
    """Where the cells stand, in the output, that are more than there are columns; "" where none are."""
    if not isinstance(cells, list) or len(cells) <= len(names):
        return ""
    return f"; cells {len(names)} to {len(cells)} stand here in the column {names[-1]!r}"


def _from_lines(
    lines: "Iterable[tuple[int, str] | Pause]", columns: Columns, place: str, counts: RowCounts
) -> InputRows:
    """Each numbered line as a row: the text itself or, where a model reads more, the columns of a JSON object."""
    from textrnn.model.stream import Pause

    if columns.text_only:
        return _from_texts(lines, columns, place, counts)
    rows = (line if isinstance(line, Pause) else _row_of(*line, columns, place, counts) for line in lines)
    first = next((row for row in rows if not isinstance(row, Pause)), None)  # it says what the columns are
    names: list[str] = [] if first is None or first.original is None else list(first.original.value)  # type: ignore[attr-defined]
    whole = chain([] if first is None else [first], rows)
    return InputRows(
        _alike(whole, names, place), original_objects(names), "jsonl", kinds={name: {object} for name in names}
    )


def _from_texts(
    lines: "Iterable[tuple[int, str] | Pause]", columns: Columns, place: str, counts: RowCounts
) -> InputRows:
    """Each line as a text; as labels and a text, which are kept, where the first line begins with a label."""
    from textrnn.model.stream import Pause

    rest = iter(lines)
    first = next((line for line in rest if not isinstance(line, Pause)), None)
    whole = chain([] if first is None else [first], rest)
    if place == ARGUMENT or first is None or not first[1].lstrip(WORD_SEPARATORS).startswith(LABEL_PREFIX):
        return InputRows(_texts(whole, place, counts), OriginalColumns())
    original = original_cells((columns.label, *columns.text))
    return InputRows(_labelled_texts(whole, place, counts), original, "fasttext")


def _texts(lines: "Iterable[tuple[int, str] | Pause]", place: str, counts: RowCounts) -> "Iterator[StreamRow | Pause]":
    """The texts. Raises DataError for a label before one: the first line, which says what the lines are, has none."""
    from textrnn.model.stream import Pause, StreamRow

    for line in lines:
        if isinstance(line, Pause):
            yield line
            continue
        number, text = line
        if text.startswith(LABEL_PREFIX) and place != ARGUMENT:
            raise DataError(
                f"{place} {number}: expected a text, as in the first lines, found a label before it, {quote(text)}; "
                "put a label before each text, or before none"
            )
        counts.count_texts((text,))
        yield StreamRow(text)


def _labelled_texts(
    lines: "Iterable[tuple[int, str] | Pause]", place: str, counts: RowCounts
) -> "Iterator[StreamRow | Pause]":
    from textrnn.model.stream import Pause, StreamRow

    for line in lines:
        if isinstance(line, Pause):
            yield line
            continue
        try:
            labels, text = parse_line(line[1])
        except RowError as error:
            yield counts.count_bad_row(f"{place} {line[0]}: {error}", str(error), ["", line[1]])
            continue
        counts.count_texts((text,))
        yield StreamRow(text, [" ".join(labels), text])


def _alike(rows: "Iterable[StreamRow | Pause]", names: Sequence[str], place: str) -> "Iterator[StreamRow | Pause]":
    """The rows. Raises DataError for one that has a name of the prediction's, which the first had not."""
    from textrnn.model.stream import Pause

    reserved, number = PREDICTION_COLUMNS.difference(names), 0
    for row in rows:
        number += not isinstance(row, Pause)
        original: Any = None if isinstance(row, Pause) else row.original
        if original is not None and (found := reserved.intersection(original.value)):
            raise DataError(
                f"{place} {number}: expected no member {min(found)!r}, as in the first object, found one; the "
                "prediction has that name"
            )
        yield row


def _row_of(number: int, line: str, columns: Columns, place: str, counts: RowCounts) -> "StreamRow":
    """The row in a line that is a JSON object."""
    from textrnn.data.input_cells import validate_cells
    from textrnn.model.stream import StreamRow

    original: JsonRow | None = None
    try:
        if not line.lstrip().startswith("{"):
            in_shell = place == ARGUMENT
            way = (
                describe_file_argument(line) if in_shell else ""
            ) or f"write {example_row(columns, in_shell=in_shell)}"
            raise RowError(
                f"expected a JSON object with the columns that this model reads ({', '.join(columns.inputs)}), "
                f"found {quote(line)}; {way}"
            )
        # with an end of line, so that what is cut is told from what is wrong
        original = JsonRow(line, parse_object(line + "\n"))
        cells = validate_cells(values_of(original.value, columns.inputs, optional=columns.tabular), columns)
    except RowError as error:
        where = f"{place} {number}{':' if error.column is None else ','} "
        return counts.count_bad_row(f"{where}{error}", str(error), original)
    counts.count_texts(cells[: len(columns.text)])
    return StreamRow(cells, original)
