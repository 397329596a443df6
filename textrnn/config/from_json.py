"""Dataclasses from JSON that somebody else wrote."""

from __future__ import annotations

import json
from dataclasses import MISSING
from typing import Any, TypeVar

from textrnn.config.convert import InvalidValue, convert
from textrnn.config.parse import describe, show
from textrnn.errors import ModelError

Kind = TypeVar("Kind")


def from_json(kind: type[Kind], data: bytes, place: str) -> Kind:
    """Return the dataclass `kind` that the JSON in `data` describes; members that it has not are left out.

    Raises ModelError, with the `place`, for anything else.
    """
    try:
        value: Any = json.loads(str(data, "utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{place}: expected JSON, but {error}") from None
    try:
        found: Kind = convert(value, kind)
    except InvalidValue as error:
        named = f": {error}" if error.path else ""
        came = "none" if error.value is MISSING else show(error.value)
        raise ModelError(f"{place}{named}: expected {describe(error.hint)}, found {came}") from None
    return found
