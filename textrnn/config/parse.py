"""A config section from plain values: each of the right type, none turned into another."""

from __future__ import annotations

import functools
import operator
import os
import reprlib
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Len, Lt, MinLen

from textrnn.errors import ConfigError, ConfigTypeError

Section = TypeVar("Section")
_NAMES = {bool: "true or false", int: "an integer", float: "a number", str: "a string", NoneType: "nothing"}
_SIGNS = {Gt: ("more than {}", operator.attrgetter("gt")), Ge: ("at least {}", operator.attrgetter("ge"))}
_SIGNS |= {Lt: ("less than {}", operator.attrgetter("lt")), Le: ("at most {}", operator.attrgetter("le"))}


def read_section(kind: type[Section], values: Mapping[str, Any], names: Mapping[str, str] | None = None) -> Section:
    """The config section `kind` with these `values` of its fields; `names` says how a field is called in errors.

    A value is taken as it is: a flag is no number, "16" is no integer, 16 is no string. A list is a tuple, an integer
    is a number, and numpy's scalars are Python's. Raises ConfigTypeError for a value of another type than its field,
    ConfigError for one that the field does not allow.
    """
    plain = {name: as_plain(value) for name, value in values.items()}
    if not plain:
        return kind()
    from pydantic import ValidationError  # 80 ms that `--help` does without

    for name, value in plain.items():
        try:
            found = _adapter(kind, name).validate_python(_as_unicode(value), strict=True)  # type: ignore[arg-type]
            plain[name] = found if _as_unicode(value) == value else value
        except ValidationError:
            hint = get_type_hints(kind, include_extras=True)[name]
            called = (names or {}).get(name, name)
            message = f"{called}: expected {describe(hint)}, found {_show(values[name])}"
            raise (ConfigError if _is_of(value, hint) else ConfigTypeError)(message) from None
    return kind(**plain)


@functools.cache
def _adapter(kind: type, name: str) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(get_type_hints(kind, include_extras=True)[name])


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


def _as_unicode(value: Any) -> Any:
    """`value` without lone surrogates, which names of files may hold and the library refuses."""
    if isinstance(value, tuple):
        return tuple(map(_as_unicode, value))
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def describe(hint: Any) -> str:
    """The values that a field annotated with `hint` takes, in words.

    >>> describe(Annotated[int, Ge(1), Lt(2**63), "texts a step"] | Literal["auto"])
    "an integer, at least 1, or 'auto'"
    """
    marks: list[Any] = []
    while get_origin(hint) is Annotated:
        marks = [*hint.__metadata__, *marks]
        hint = get_args(hint)[0]
    parts = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return _either([describe(part) for part in parts])
    if get_origin(hint) is Literal:
        return _either([repr(part) for part in parts])
    if get_origin(hint) is tuple:
        some = " of one or more" if any(isinstance(mark, MinLen) for mark in marks) else ""
        said, marks = f"a list{some}, each {describe(parts[0])}", []
    elif get_origin(hint) is not None and issubclass(get_origin(hint), Mapping):
        said = f"a table, each value {describe(parts[1])}"
    else:
        said = _NAMES.get(hint, str(hint))
    for mark in marks:
        if type(mark) in _SIGNS:
            words, limit = _SIGNS[type(mark)]
            if abs(limit(mark)) < 2**31 - 1:  # larger bounds are the computer's
                shown = f"{limit(mark):,}" if isinstance(limit(mark), int) else f"{limit(mark):g}"
                said += ", " + words.format(shown)
        elif isinstance(mark, Len):
            said += f", {mark.min_length} long"
        elif isinstance(mark, MinLen):
            said += ", not empty"
    return said


def _either(said: list[str]) -> str:
    comma = "," if any("," in part for part in said[:-1]) else ""
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])}{comma} or {said[-1]}"


def _is_of(value: object, hint: Any) -> bool:
    """Whether `value` is of a type that a field annotated with `hint` takes, in its parts too."""
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
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


def _show(value: object) -> str:
    shown = reprlib.repr(value) if len(repr(value)) > 80 else repr(value)
    return " ".join(shown.split("\n"))
