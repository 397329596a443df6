"""JSON Lines: one object a line, read strictly."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from textrnn.data.readers.columns import lacking
from textrnn.data.readers.lines import Decoding, read_lines
from textrnn.data.readers.rows import BadRow, Row
from textrnn.data.readers.source import Compression
from textrnn.data.readers.wording import quoted
from textrnn.errors import DataError, RowError

_BLANKS = " \t\r\n"


class JsonRow(NamedTuple):
    """An object as its `line` has it, and its `value`."""

    line: str
    value: dict[str, Any]


class _RefusedError(ValueError):
    """Something `json` would let pass."""


def read_jsonlines(
    path: Path,
    compression: Compression | None,
    columns: Sequence[str],
    decoding: Decoding | None = None,
    *,
    optional: Collection[str] = (),
    whole: bool = False,
) -> Iterator[Row | BadRow]:
    """Each object as its number from 1 and the values of the `columns`; with `whole` a `JsonRow` stands behind them.

    Blank lines are passed over. A bad row is what is not an object with all names (but for the `optional` ones, whose
    value is then None), names given twice, NaN and infinities, bytes that cannot be decoded, and a last line that is
    cut. Raises DataError for a file that is one array.
    """
    decoding = decoding or Decoding()
    decoding.by_row = True
    row = 0
    for number, line in enumerate(read_lines(path, compression, decoding), start=1):
        if not line.strip(_BLANKS):
            continue
        row += 1
        decoding.line = number
        value: dict[str, Any] | None = None
        try:
            if decoding.spoiled is not None:
                raise RowError(decoding.spoiled)
            value = parse_object(line)
            cells = values_of(value, columns, optional=optional)
        except RowError as error:
            decoding.spoiled = None
            if row == 1 and line.lstrip(_BLANKS).startswith("["):  # no line of the file is what it should be
                raise DataError(f"{path}, row 1 (line {number}): {error}") from None
            kept = None if value is None else JsonRow(line, value)
            yield BadRow.of(error, row, str(path), line=number, kept=kept)
        else:
            yield row, (*cells, JsonRow(line, value)) if whole else cells


def values_of(
    value: Mapping[str, object], columns: Sequence[str], *, optional: Collection[str] = ()
) -> tuple[object, ...]:
    """The values of the `columns` in an object; None where an `optional` one lacks. Raises RowError."""
    for name in columns:
        if name not in value and name not in optional:
            raise RowError(lacking(list(value), name))
    return tuple(value.get(name) for name in columns)


def parse_object(line: str) -> dict[str, Any]:
    """The object in one line of JSON, as `read_jsonlines` takes it. Raises RowError."""
    if line.lstrip(_BLANKS).startswith("["):
        raise RowError(
            "expected one JSON object a line, found an array; "
            "write each object on a line: jq -c '.[]' FILE > FILE.jsonl"
        )
    try:
        value = _DECODER.decode(line)
    except RecursionError:
        raise RowError("expected a flat JSON object, found it nested too deep to read") from None
    except _RefusedError as error:
        raise RowError(str(error)) from None
    except json.JSONDecodeError as error:
        raise RowError(_explain(error, line)) from None
    except ValueError as error:  # an integer of thousands of digits
        raise RowError(f"expected JSON, but {error}") from None
    if not isinstance(value, dict):
        raise RowError(f"expected one JSON object a line, found {quoted(value)}")
    return value


def _explain(error: json.JSONDecodeError, line: str) -> str:
    if "\r" in line.rstrip("\r\n"):
        return "expected lines that end in LF or CRLF, found a bare CR (0x0d); convert the line ends"
    if not line.endswith("\n"):
        return f"expected a whole JSON object, but the last line is cut or wrong at character {error.pos + 1}"
    return f"expected one JSON object a line, but at character {error.pos + 1}: {error.msg}"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _RefusedError(f"expected each name once in an object, found {quoted(twice)} twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _RefusedError(f"expected JSON, found {name}, which JSON does not have")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
