"""A JSON body read strictly: UTF-8, finite numbers, no key twice."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from textrnn.serving.problems import Problem


def parse_json(data: bytes) -> Any:
    """The JSON value in `data`. Raises Problem (400) for anything else, which it does not repeat."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Problem(400, f"body: expected UTF-8, found another byte at {error.start}; encode it as UTF-8") from None
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Problem(400, f"body: expected JSON, found something else at {place}; send JSON") from None
    except RecursionError:
        raise Problem(400, "body: expected JSON of few levels, found hundreds; send flat lists") from None
    except ValueError:  # an integer of thousands of digits
        raise Problem(400, "body: expected numbers of few digits, found thousands; send smaller numbers") from None


def _no_constant(_: str) -> NoReturn:
    raise Problem(400, "body: expected finite numbers, found NaN or Infinity; send null for a missing number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Problem(400, "body: expected each key once in an object, found one twice; send it once")
    return found


_DECODER = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_unique)
