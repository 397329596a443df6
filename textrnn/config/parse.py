"""A config section from plain values: each of the right type, none turned into another."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from textrnn.config.bounds import Bound, Len
from textrnn.config.convert import InvalidValue, convert, hints_of, strip_annotations, with_bounds
from textrnn.errors import ConfigError, ConfigTypeError

Section = TypeVar("Section")
_NAMES = {
    Any: "anything",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "a string",
    NoneType: "nothing",
}


def read_section(kind: type[Section], values: Mapping[str, Any], names: Mapping[str, str] | None = None) -> Section:
    """The config section `kind` with these `values` of its fields; `names` says how a field is called in errors.

    A value is taken as it is: a flag is no number, "16" is no integer, 16 is no string. A list is a tuple, an integer
    is a number, and numpy's scalars are Python's. Raises ConfigTypeError for a value of another type than its field,
    ConfigError for one that the field does not allow.
    """
    plain = {name: as_plain(value) for name, value in values.items()}
    if not plain:
        return kind()
    for name, value in plain.items():
        hint = hints_of(kind)[name]  # type: ignore[arg-type]
        try:
            plain[name] = convert(value, hint)
        except InvalidValue:
            called = (names or {}).get(name, name)
            message = f"{called}: expected {describe(hint)}, found {show(values[name])}"
            raise (ConfigError if _is_of(value, hint) else ConfigTypeError)(message) from None
    return kind(**plain)


def as_plain(value: Any) -> Any:
    """`value` as plain Python has it: numpy's scalars and arrays, lists and paths too."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    elif type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return tuple(map(as_plain, value))
    if isinstance(value, Mapping):
        return {str(as_plain(key)): as_plain(item) for key, item in value.items()}
    return str.__str__(value) if isinstance(value, str) else value  # of an enumeration the string that it is


def describe(hint: Any) -> str:
    """The values that a field annotated with `hint` takes, in words.

    >>> from typing import Annotated; from textrnn.config.bounds import Ge, Lt
    >>> describe(Annotated[int, Ge(1), Lt(2**63), "texts a step"] | Literal["auto"])
    "an integer, at least 1, or 'auto'"
    """
    hint, marks = strip_annotations(hint)
    parts = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return _either([describe(part) for part in with_bounds(parts, marks)])
    if get_origin(hint) is Literal:
        return _either([repr(part) for part in parts])
    if get_origin(hint) is tuple:
        some = " of one or more" if any(isinstance(mark, Len) for mark in marks) else ""
        said, marks = f"a list{some}, each {describe(parts[0])}", []
    elif is_dataclass(hint):
        said = "a table"
    elif get_origin(hint) is not None and issubclass(get_origin(hint), Mapping):
        said = f"a table, each value {describe(parts[1])}"
    else:
        said = _NAMES.get(hint, str(hint))
    for mark in marks:
        if isinstance(mark, Bound) and abs(mark.limit) < 2**31 - 1:  # larger bounds are the computer's
            shown = f"{mark.limit:,}" if isinstance(mark.limit, int) else f"{mark.limit:g}"
            said += f", {mark.words} {shown}"
        elif isinstance(mark, Len):
            said += ", not empty" if mark.high is None else f", {mark.low} long"
    return said


def _either(said: list[str]) -> str:
    comma = "," if any("," in part for part in said[:-1]) else ""
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])}{comma} or {said[-1]}"


def _is_of(value: object, hint: Any) -> bool:
    """Whether `value` is of a type that a field annotated with `hint` takes, in its parts too."""
    hint, _ = strip_annotations(hint)
    parts = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return any(_is_of(value, part) for part in parts)
    if get_origin(hint) is Literal:
        return any(type(value) is type(part) for part in parts)
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(_is_of(item, parts[0]) for item in value)
    if get_origin(hint) is not None:
        return isinstance(value, Mapping) and all(_is_of(item, parts[1]) for item in value.values())
    if hint in (int, float):
        return type(value) in (int, hint)
    return isinstance(value, hint)


def show(value: object) -> str:
    """Return `value` as messages show it: one line, shortened."""
    shown = reprlib.repr(value) if len(repr(value)) > 80 else repr(value)
    return " ".join(shown.split("\n"))
