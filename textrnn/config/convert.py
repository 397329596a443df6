"""Values as annotated fields hold them: their types compared, their bounds kept, none turned into another."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from textrnn.config.bounds import Bound, Len

SCALAR_TYPES = (str, bool, NoneType)


class InvalidValue(ValueError):
    """A value that a field does not take: the `hint` it has, the `value`, and the `path` of names to it."""

    def __init__(self, path: tuple[str, ...], hint: Any, value: object) -> None:
        super().__init__(".".join(path))
        self.path, self.hint, self.value = path, hint, value


def convert(value: Any, hint: Any, path: tuple[str, ...] = ()) -> Any:
    """Return `value` as a field that is annotated with `hint` holds it.

    An integer is a number too, a list a tuple, a table a dataclass whose other members are left out; all else is of
    the type of its field already. Raises InvalidValue.
    """
    bare, marks = strip_annotations(hint)
    origin, parts = get_origin(bare), get_args(bare)
    if bare is Any:
        return value
    if origin in (Union, UnionType):
        return _convert_any(value, with_bounds(parts, marks), hint, path)
    if origin is Literal:
        found = next((part for part in parts if type(part) is type(value) and part == value), MISSING)
        if found is MISSING:
            raise InvalidValue(path, hint, value)
    elif origin is tuple and isinstance(value, (list, tuple)):
        found = tuple(convert(item, parts[0], (*path, str(i))) for i, item in enumerate(value))
    elif origin is not None and issubclass(origin, Mapping) and isinstance(value, Mapping):
        found = {
            convert(key, parts[0], path): convert(item, parts[1], (*path, str(key))) for key, item in value.items()
        }
    elif is_dataclass(bare) and isinstance(value, Mapping):
        found = _convert_table(value, bare, path)
    elif origin is None and not is_dataclass(bare) and _is_of(value, bare):
        found = _as_float(value, hint, path) if bare is float else value
    else:
        raise InvalidValue(path, hint, value)
    if all(mark.holds(found) for mark in marks if isinstance(mark, (Bound, Len))):
        return found
    raise InvalidValue(path, hint, value)


def strip_annotations(hint: Any) -> tuple[Any, list[Any]]:
    """Return the annotation `hint` without what it is annotated with, and that."""
    marks: list[Any] = []
    while get_origin(hint) is Annotated:
        marks = [*hint.__metadata__, *marks]
        hint = get_args(hint)[0]
    return hint, marks


def with_bounds(parts: tuple[Any, ...], marks: list[Any]) -> tuple[Any, ...]:
    """Return the annotations of a union, each with those bounds among its `marks` that its values can have.

    A bound of numbers is none of None or of a word, a length is none of a number. Raises TypeError for a bound that no
    part can have: it would hold nothing.
    """
    bounds = [mark for mark in marks if isinstance(mark, (Bound, Len))]
    fitting = [[mark for mark in bounds if _can_have(part, mark)] for part in parts]
    for mark in bounds:
        if not any(mark in some for some in fitting):
            raise TypeError(f"expected a type with the bound {mark!r}, found {parts}")
    return tuple(Annotated[part, *some] if some else part for part, some in zip(parts, fitting, strict=True))


def _can_have(hint: Any, mark: Any) -> bool:
    bare, _ = strip_annotations(hint)
    origin = get_origin(bare)
    if origin in (Union, UnionType):
        return any(_can_have(part, mark) for part in get_args(bare))
    if isinstance(mark, Bound):
        return bare in (int, float)
    return bare is str or (origin is not None and (origin is tuple or issubclass(origin, Mapping)))


@functools.cache
def hints_of(kind: type) -> dict[str, Any]:
    """Return the annotation of each field of a dataclass, with all that it is annotated with."""
    return get_type_hints(kind, include_extras=True)


def _convert_any(value: Any, parts: tuple[Any, ...], hint: Any, path: tuple[str, ...]) -> Any:
    for part in parts:
        try:
            return convert(value, part, path)
        except InvalidValue:
            continue
    raise InvalidValue(path, hint, value)


def _convert_table(value: Mapping[str, Any], kind: Any, path: tuple[str, ...]) -> Any:
    hints, found = hints_of(kind), {}
    for field in fields(kind):
        if field.name in value:
            found[field.name] = convert(value[field.name], hints[field.name], (*path, field.name))
        elif _is_required(field):
            raise InvalidValue((*path, field.name), hints[field.name], MISSING)
    return kind(**found)


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _is_of(value: object, kind: Any) -> bool:
    if kind in SCALAR_TYPES:
        return isinstance(value, kind)
    if kind in (int, float):  # a flag is no number
        return isinstance(value, (int, kind)) and not isinstance(value, bool)
    raise TypeError(f"a field of the type {kind!r}")


def _as_float(value: float, hint: Any, path: tuple[str, ...]) -> float:
    try:
        return float(value)
    except OverflowError:
        raise InvalidValue(path, hint, value) from None
