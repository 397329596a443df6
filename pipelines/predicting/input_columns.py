"""The input's own columns, as the output writes them again."""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring  # the C function that json.dumps calls
from typing import Any

from textrnn.data.readers.jsonlines import JsonRow
from textrnn.errors import DataError

_ESCAPED = re.compile(r"\\(?:u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*|.)")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class OriginalColumns:
    """How a row of the input is written again: `cells` in the order of `names`; `members` of a JSON object, as text.

    Both take the row, None where there is none. What came without columns has no names. `are_text` says that every cell
    is a string.
    """

    names: tuple[str, ...] = ()
    cells: Callable[[Any], Sequence[object]] = lambda _: ()
    members: Callable[[Any], str] = lambda _: ""
    are_text: bool = True


def original_cells(names: Sequence[str], delimiter: str = ",", *, quote: bool = True) -> OriginalColumns:
    """Of CSV: a row is its cells. Of a row with too many, the last column gets all that no column is left for, as the
    line has it: with the `delimiter` between, and quotes where cells need them, if cells may be `quote`.
    """
    width, empty = len(names), [""] * len(names)
    keys = [f"{write_json(name)}: " for name in _distinct(names)]

    def fold(row: list[str]) -> list[str]:
        *first, _ = row[:width]
        rest = row[width - 1 :]
        return [*first, _write_line(rest, delimiter) if quote else delimiter.join(rest)]

    def cells(row: list[str] | None) -> Sequence[object]:
        if row is None or len(row) < width:
            return [*(row or ()), *empty][:width]
        return row if len(row) == width else fold(row)

    def members(row: list[str] | None) -> str:
        if row is not None and len(row) > width:
            row = fold(row)
        return ", ".join([key + encode_basestring(cell) for key, cell in zip(keys, row or (), strict=False)])

    return OriginalColumns(tuple(names), cells, members)


def original_objects(names: Sequence[str]) -> OriginalColumns:
    """Of JSON: a row is a `JsonRow`, of which the line is written again as it stands, but with letters for escapes."""
    known = frozenset(names)

    def cells(row: JsonRow | None) -> Sequence[object]:
        if row is None:
            return [None] * len(names)
        if more := row.value.keys() - known:  # of standard input, where the first object says what the columns are
            raise DataError(
                f"standard input: expected the columns of the first object, found {min(more)[:40]!r} too; "
                "--format jsonl keeps each object's own"
            )
        return [row.value.get(name) for name in names]

    def members(row: JsonRow | None) -> str:
        if row is None:
            return ""
        inner = row.line.strip(" \t\r\n")[1:-1].strip(" \t\r\n")
        return _ESCAPED.sub(_as_letters, inner) if "\\u" in inner else inner

    return OriginalColumns(tuple(names), cells, members, are_text=False)


def original_values(names: Sequence[str], values: Callable[[Any], Sequence[object]]) -> OriginalColumns:
    """Of anything else: `values` makes Python values of a row."""
    keys = [f"{write_json(name)}: " for name in _distinct(names)]

    def members(row: Any) -> str:
        return ", ".join([key + write_json(value) for key, value in zip(keys, values(row), strict=True)])

    return OriginalColumns(tuple(names), values, members, are_text=False)


def write_json(value: object) -> str:
    """`value` as JSON with its letters as they are; what JSON lacks (dates, bytes, NaN) as text or null."""
    if isinstance(value, str):
        return str(encode_basestring(value))
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_as_plain)
    except ValueError:
        return json.dumps(_without_nan(value), ensure_ascii=False, default=_as_plain)


def cell_text(value: object) -> object:
    """A value as one cell of CSV: text as it is, nothing as an empty cell, all else as JSON has it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if type(value) in (int, float) and value == value:  # csv writes them as JSON does
        return value
    text = write_json(value)
    return json.loads(text) if text.startswith('"') else text


def _write_line(cells: Sequence[str], delimiter: str) -> str:
    """The cells as a line of CSV holds them, without its end."""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return line.getvalue()[:-2]


def _as_plain(value: object) -> object:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "backslashreplace")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _without_nan(value: object) -> object:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return [_without_nan(item) for item in value] if isinstance(value, (list, tuple)) else value


def _as_letters(found: re.Match[str]) -> str:
    r"""The letters that a run of \u escapes means, but for those that a string of JSON must escape."""
    run = found.group()
    if not run.startswith("\\u"):
        return run
    text: str = json.loads(f'"{run}"')
    # json.dumps escapes marks and control characters; halves of a pair stay escapes too
    return _SURROGATE.sub(lambda half: f"\\u{ord(half.group()):04x}", str(encode_basestring(text))[1:-1])


def _distinct(names: Sequence[str]) -> list[str]:
    """The names with a number behind each that stood before, as the members of an object must differ."""
    found: dict[str, None] = {}
    for name in names:
        other, number = name, 2
        while other in found:
            other, number = f"{name}_{number}", number + 1
        found[other] = None
    return list(found)
