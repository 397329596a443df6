"""JSON Lines: one object a line, read strictly."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from textrnn.config.data import TextFormat
from textrnn.data.readers.column_positions import locate_columns
from textrnn.data.readers.compressed import Compression
from textrnn.data.readers.file_type import JQ_ADVICE, identify_table, identify_text
from textrnn.data.readers.lines import DEFAULT_TEXT_FORMAT, read_lines
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.rows import BadRow, Row
from textrnn.data.readers.wording import LIKELY_FORMAT, quote
from textrnn.errors import DataError, RowError

MAX_VALUES = 1 << 20  # in one object: each takes a hundred times what it is written with
_BLANKS = " \t\r\n"


class JsonRow(NamedTuple):
    """An object as its `line` has it, and its `value`."""

    line: str
    value: dict[str, Any]


class _RefusedError(ValueError):
    """Something `json` would let pass."""


class _Twice(dict[str, Any]):
    """An object in which a name stands twice."""

    names: tuple[str, ...] = ()


def read_jsonlines(
    path: Path,
    compression: Compression | None,
    columns: Sequence[str],
    text_format: TextFormat = DEFAULT_TEXT_FORMAT,
    notes: Notes | None = None,
    *,
    optional: Collection[str] = (),
    whole: bool = False,
) -> Iterator[Row | BadRow]:
    """Each object as its number from 1 and the values of the `columns`; with `whole` a `JsonRow` stands behind them.

    Blank lines are passed over. A bad row is what is not an object with all names (but for the `optional` ones, whose
    value is then None), a wanted name given twice, NaN and infinities, more than a million values, bytes that cannot be
    decoded, and a last line that is cut. Raises DataError for a file of which the first line is another kind of JSON or
    no JSON.
    """
    notes = notes or Notes()
    notes.by_row = True
    row = 0
    for number, line in enumerate(read_lines(path, compression, text_format, notes), start=1):
        if not line.strip(_BLANKS):
            continue
        row += 1
        notes.line = number
        value: dict[str, Any] | None = None
        try:
            if notes.spoiled is not None:
                raise RowError(notes.spoiled)
            value = parse_object(line)
            cells = values_of(value, columns, optional=optional)
        except RowError as error:
            notes.spoiled = None
            if row == 1 and _is_other_file(line):  # no line of the file is what it should be
                raise DataError(f"{path}, row 1 (line {number}): {error}") from None
            original = None if value is None else JsonRow(line, value)
            yield BadRow.of(error, row, str(path), line=number, original=original)
        else:
            yield row, (*cells, JsonRow(line, value)) if whole else cells


def require_json_objects(lines: Iterable[str], place: str) -> None:
    """Refuse, by DataError, a text whose first line shows another kind of JSON, or none."""
    for number, line in enumerate(lines, start=1):
        if not line.strip(_BLANKS):
            continue
        try:
            parse_object(line)
        except RowError as error:
            if _is_other_file(line):
                raise DataError(f"{place}, row 1 (line {number}): {error}") from None
        return


def values_of(
    value: Mapping[str, object], columns: Sequence[str], *, optional: Collection[str] = ()
) -> tuple[object, ...]:
    """The values of the `columns` in an object; None where an `optional` one lacks. Raises RowError."""
    names = tuple(value.names if isinstance(value, _Twice) else value)
    places = _locate(names, tuple(columns), tuple(optional))
    if isinstance(places, str):
        raise RowError(places)
    return tuple(None if at < 0 else value[names[at]] for at in places)


def _is_other_file(line: str) -> bool:
    """Whether a first line is that of an array, of an object over several lines, or of a table."""
    start = line.strip(_BLANKS)
    if start.startswith("{"):
        return start == "{"
    return start.startswith("[") or (not start.startswith('"') and identify_table(line) is not None)


@functools.lru_cache(maxsize=8)  # objects of one file have the same few sets of names
def _locate(names: tuple[str, ...], columns: tuple[str, ...], optional: tuple[str, ...]) -> list[int] | str:
    """The places of the columns; what is wrong with them, if anything is."""
    try:
        return locate_columns(names, columns, optional=optional)
    except RowError as error:
        return str(error)


def parse_object(line: str) -> dict[str, Any]:
    """The object in one line of JSON. Raises RowError."""
    values = sum(map(line.count, ",[{")) if len(line) > MAX_VALUES else 0
    if values > MAX_VALUES:
        raise RowError(f"expected at most {MAX_VALUES:,} values in a JSON object, found about {values:,}")
    if line.lstrip(_BLANKS).startswith("["):
        raise RowError(f"expected one JSON object a line, found an array; {JQ_ADVICE}")
    try:
        value = _DECODER.decode(line)
    except RecursionError:
        raise RowError("expected a flat JSON object, found one nested too deeply") from None
    except _RefusedError as error:
        raise RowError(str(error)) from None
    except json.JSONDecodeError as error:
        raise RowError(_explain(error, line)) from None
    except ValueError as error:  # an integer of thousands of digits
        raise RowError(f"expected JSON, but {error}") from None
    if not isinstance(value, dict):
        raise RowError(f"expected one JSON object a line, found {quote(value)}")
    return value


def _explain(error: json.JSONDecodeError, line: str) -> str:
    if "\r" in line.rstrip("\r\n"):
        return "expected lines that end in LF or CRLF, found a bare CR (0x0d); convert the line endings"
    start = line.strip(_BLANKS)
    if start == "{" and (found := identify_text(line)):
        return f"expected one JSON object a line, found {found[0]}; {found[1]}"
    if not start.startswith("{"):
        suffix = identify_table(line)
        hint = f"; {LIKELY_FORMAT}a table: name it {suffix}" if suffix else ""
        return f"expected one JSON object a line, found {quote(start)}{hint}"
    if not line.endswith("\n"):
        return f"expected a whole JSON object, but the last line is cut or wrong at character {error.pos + 1}"
    return f"expected one JSON object a line, but at character {error.pos + 1}: {error.msg}"


def _as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = _Twice(found)
        twice.names = tuple(name for name, _ in pairs)
        return twice
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _RefusedError(f"expected JSON, found {name}, which JSON does not have")


_DECODER = json.JSONDecoder(object_pairs_hook=_as_object, parse_constant=_refuse_constant)
