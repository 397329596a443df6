"""Examples for a saved model, from arguments, lines or files."""

import difflib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from textrnn.config.data import TextFormat
from textrnn.data.columns import Asked, Columns
from textrnn.errors import ConfigError, DataError

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")


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


def find_input(source: str) -> Path:
    """The file that --input names. Raises DataError."""
    path = Path(source)
    if not path.is_file():
        near = difflib.get_close_matches(path.name, sorted(other.name for other in path.parent.glob("*")), 1)
        hint = f"; did you mean {str(path.with_name(near[0]))!r}?" if near else ""
        raise DataError(f"--input {source}: expected a file, found none{hint}")
    return path


def read_examples(source: str, columns: Columns, text_format: TextFormat) -> Iterator[Asked]:
    """The examples in a table, or in the lines of a file or of standard input (-). Raises DataError."""
    from textrnn.data.asked import read_cells
    from textrnn.data.readers.peek import read_asked
    from textrnn.data.readers.rows import refuse_bad
    from textrnn.data.readers.source import resolve
    from textrnn.data.readers.wording import named_row

    if source == "-":
        yield from as_examples(_lines(sys.stdin.buffer, "standard input", text_format), columns, "standard input, line")
        return
    path = find_input(source)
    stem = Path(path.stem) if path.suffix in (".gz", ".xz") else path
    if stem.suffix.lower() not in TABLES:
        with open(path, "rb") as file:
            yield from as_examples(_lines(file, str(path), text_format), columns, f"{path}, line")
        return
    found = resolve(source)
    for row, cells in refuse_bad(read_asked(found, columns, text_format)):
        sound = read_cells(cells, columns, f"{source}, {named_row(row, headed=found.kind in ('csv', 'tsv'))}")
        yield sound[0] if columns.plain else sound


def as_examples(lines: Iterable[tuple[int, str]], columns: Columns, place: str) -> Iterator[Asked]:
    """Each numbered line as an example: the text itself or, where a model reads more, the columns of a JSON object."""
    from textrnn.data.asked import read_cells
    from textrnn.data.readers.jsonlines import read_object
    from textrnn.data.readers.wording import quoted

    for number, line in lines:
        if columns.plain:
            yield line
            continue
        wanted = ", ".join(columns.asked)
        if not line.lstrip().startswith("{"):
            raise DataError(
                f"{place} {number}: expected a JSON object with the columns that this model reads ({wanted}), "
                f"found {quoted(line)}"
            )
        # with an end of line, so that what is cut is told from what is wrong
        cells = read_object(line + "\n", columns.asked, f"{place} {number}", optional=columns.beside)
        yield read_cells(cells, columns, f"{place} {number}")


def _lines(stream: Iterable[bytes], place: str, text_format: TextFormat) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(stream, start=1):
        try:
            yield number, line.decode("utf-8", text_format.errors).removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{place}, line {number}: expected UTF-8, found the byte 0x{line[error.start]:02x}; "
                "convert the file, or replace such bytes by --errors replace"
            ) from None
