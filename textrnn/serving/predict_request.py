"""The body of a request for predictions, compared with what the model reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textrnn.data.columns import Columns, Example
from textrnn.data.input_cells import validate_cells
from textrnn.errors import RowError
from textrnn.serving.limits import Limits
from textrnn.serving.problems import Problem, kind_of

INPUTS = ("text", "texts", "rows")
KEYS = (*INPUTS, "top", "explain")
DEFAULT_TOP = 5  # classes that an answer lists unless told
MAX_TOP = 10_000
INVALID_STATUS = 422


@dataclass(frozen=True)
class PredictRequest:
    """N `examples` as the model takes them, with `characters` in all their texts; how many classes of each are listed;
    whether they are explained.
    """

    examples: list[Example]
    characters: int
    top: int = DEFAULT_TOP
    explain: bool = False


def read_request(body: Any, columns: Columns, limits: Limits) -> PredictRequest:
    """What the JSON value `body` asks for. Raises Problem (422, 413)."""
    if not isinstance(body, dict):
        raise _invalid("", "an object with text, texts or rows", kind_of(body))
    if any(key not in KEYS for key in body):
        raise _invalid("", f"the keys {', '.join(KEYS)} alone", "another one", "leave it out")
    named = [key for key in INPUTS if key in body]
    if len(named) != 1:
        raise _invalid("", "one of text, texts and rows", "several" if named else "none", "send one")
    explain = body.get("explain", False)
    if not isinstance(explain, bool):
        raise _invalid("/explain", "true or false", kind_of(explain))
    top = body.get("top", DEFAULT_TOP)
    if isinstance(top, float) and top.is_integer():  # an integer too, to JSON Schema
        top = int(top)
    if type(top) is not int or not 0 <= top <= MAX_TOP:
        raise _invalid("/top", f"an integer from 0 to {MAX_TOP}", kind_of(top))
    examples = _examples(named[0], body[named[0]], columns, limits.texts)
    return check_limits(PredictRequest(examples, 0, top, explain), limits)


def check_limits(request: PredictRequest, limits: Limits) -> PredictRequest:
    """`request` with its characters counted. Raises Problem (413)."""
    examples = request.examples
    if len(examples) > limits.texts:
        raise _too_many(f"at most {limits.texts:,} texts", f"{len(examples):,}")
    if request.explain and len(examples) > limits.explained_texts:
        raise _too_many(f"at most {limits.explained_texts} texts to explain", f"{len(examples):,}")
    characters = sum(len(each) if isinstance(each, str) else _characters(each) for each in examples)
    if characters > limits.characters:
        raise _too_many(f"at most {limits.characters:,} characters in all texts", f"{characters:,}")
    return PredictRequest(examples, characters, request.top, request.explain)


def _examples(key: str, value: Any, columns: Columns, most: int) -> list[Example]:
    if key == "text":
        value = [value]
    if not isinstance(value, list):
        raise _invalid(f"/{key}", "a list", kind_of(value))
    if not value:
        raise _invalid(f"/{key}", "at least one", "an empty list", "send one text or more")
    if len(value) > most:
        raise _too_many(f"at most {most:,} texts", f"{len(value):,}")
    if key == "rows":
        return [_row(row, columns, f"/rows/{place}") for place, row in enumerate(value)]
    if not columns.text_only:
        names = ", ".join(columns.inputs)
        raise _invalid(f"/{key}", f"rows with the columns {names}", key, 'send {"rows": [{...}]}')
    for place, text in enumerate(value):
        if type(text) is not str:
            raise _invalid("/text" if key == "text" else f"/texts/{place}", "a string", kind_of(text))
    return value


def _row(row: Any, columns: Columns, pointer: str) -> Example:
    """The cells of an object by the names of the columns. As in Python, a tabular cell may be missing, others beside
    the columns are not read, and null is an empty text.
    """
    if not isinstance(row, Mapping):
        raise _invalid(pointer, f"an object with the columns {', '.join(columns.inputs)}", kind_of(row))
    for name in columns.text:
        if name not in row:
            raise _invalid(pointer, f"the column {name}", "none", "send its text")
        if not isinstance(row[name], str | None):
            raise _invalid(_below(pointer, name), "a string", kind_of(row[name]))
    texts = [row[name] or "" for name in columns.text]
    if columns.text_only:
        return str(texts[0])
    cells = (*texts, *(row.get(name) for name in columns.tabular))
    try:
        validate_cells(cells, columns)
    except RowError as error:  # which would repeat the cell
        numeric = error.column in columns.numeric
        wanted = "a number from -1e15 to 1e15, or null" if numeric else "a string of 1,000 characters, or an integer"
        raise _invalid(_below(pointer, error.column or ""), wanted, "another value") from None
    return cells


def _characters(cells: tuple[object, ...]) -> int:
    return sum(len(cell) for cell in cells if isinstance(cell, str))


def _below(pointer: str, name: str) -> str:
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def _invalid(pointer: str, expected: str, found: str, do: str = "") -> Problem:
    place = pointer or "body"
    advice = do or "see /openapi.json"
    return Problem(
        INVALID_STATUS,
        f"{place}: expected {expected}, found {found}; {advice}",
        pointer=pointer or None,
        reason="invalid",
    )


def _too_many(expected: str, found: str) -> Problem:
    return Problem(413, f"body: expected {expected}, found {found}; send fewer at a time", reason="too large")
