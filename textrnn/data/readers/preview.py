"""A look at a file: its columns, its texts without labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from textrnn.config.data import TextFormat
from textrnn.data.columns import Columns
from textrnn.data.readers.delimited import delimiter_of, is_headed, read_delimited, read_preview
from textrnn.data.readers.fasttext import read_labelled_lines, require_one_text
from textrnn.data.readers.header_line import guess_columns, hint_of_header
from textrnn.data.readers.jsonlines import parse_object, read_jsonlines
from textrnn.data.readers.lines import DEFAULT_TEXT_FORMAT, read_lines
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.require_parquet import require_parquet
from textrnn.data.readers.rows import BadRow, Row, refuse_bad_rows
from textrnn.data.readers.source import Source
from textrnn.data.readers.wording import format_row, quote
from textrnn.errors import DataError, RowError

UNLIMITED = 1 << 62  # what is streamed may be of any length


@dataclass(frozen=True)
class FilePreview:
    """What the first rows of a file show.

    `names` are those of its columns. Where there is no header, `guess` are the numbers of the columns that are likely
    the text and the label; `hint` says what to do where the first line is likely none.
    """

    names: list[str]
    guess: tuple[int, int | None] | None = None
    hint: str | None = None


def preview_file(
    source: Source, text_format: TextFormat = DEFAULT_TEXT_FORMAT, columns: Sequence[str] = ()
) -> FilePreview:
    """The columns of a CSV, TSV, JSON Lines or Parquet file; none for what has none. Raises DataError.

    The delimiter may be recognised by `columns`, which need not be there.
    """
    if not source.files:
        return FilePreview([])
    path = source.files[0]
    if source.kind in ("csv", "tsv"):
        lines = read_lines(path, source.compression, text_format)
        names, rows = read_preview(lines, str(path), delimiter_of(source.kind), text_format, columns)
        if text_format.header is True:
            return FilePreview(names, hint=hint_of_header(names, rows, Notes()))
        return FilePreview(names, guess_columns(rows) if text_format.header is False else None)
    if source.kind == "jsonl":
        for number, line in enumerate(read_lines(path, source.compression, text_format), start=1):
            if line.strip():
                try:
                    return FilePreview(list(parse_object(line)))
                except RowError as error:
                    raise DataError(f"{path}, {format_row(1, line=number)}: {error}") from None
    if source.kind == "parquet":
        require_parquet(path)
        from textrnn.data.readers.parquet import parquet_names

        return FilePreview(parquet_names(path))
    return FilePreview([])


def column_names(
    source: Source, text_format: TextFormat = DEFAULT_TEXT_FORMAT, columns: Sequence[str] = ()
) -> list[str]:
    """The names of the columns of a file, which may have `columns`. Raises DataError."""
    return preview_file(source, text_format, columns).names


def read_texts(
    source: Source, text_column: str, text_format: TextFormat = DEFAULT_TEXT_FORMAT, notes: Notes | None = None
) -> Iterator[str]:
    """The texts of one file, without labels, in order. Raises DataError, naming the row."""
    headed = is_headed(source.kind, text_format)
    for row, (text,) in refuse_bad_rows(read_inputs(source, Columns((text_column,)), text_format, notes)):
        if not isinstance(text, str):
            place = f"{source.name}, {format_row(row, headed=headed)}, column {quote(text_column)}"
            raise DataError(f"{place}: expected a text, found {quote(text)}")
        yield text


def read_inputs(
    source: Source, columns: Columns, text_format: TextFormat = DEFAULT_TEXT_FORMAT, notes: Notes | None = None
) -> Iterator[Row | BadRow]:
    """The rows of one file, without labels: the cells of `columns.inputs`, not yet examined, or why it cannot be used.

    `notes` gets what was done to them, when all are read. Raises DataError.
    """
    path, names = source.files[0] if source.files else None, columns.inputs
    match source.kind:
        case "csv" | "tsv" if path:
            return read_delimited(path, source.compression, delimiter_of(source.kind), names, text_format, notes)
        case "jsonl" if path:
            return read_jsonlines(path, source.compression, names, text_format, notes, optional=columns.tabular)
        case "parquet" if path:
            require_parquet(path)
            from textrnn.data.readers.parquet import read_parquet

            return read_parquet(path, columns, UNLIMITED, UNLIMITED, labelled=False)
        case "fasttext" if path:
            require_one_text(columns, source.name)
            lines = read_labelled_lines(path, source.compression, text_format, notes)
            return (row if isinstance(row, BadRow) else (row[0], (row[1].text,)) for row in lines)
    raise DataError(f"{source.name}: expected a CSV, TSV, JSON Lines, Parquet or fastText file, found a {source.kind}")
