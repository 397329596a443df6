"""Commands that take the fields of a dataclass as options: what several commands share is written once."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any


def flatten_option_groups(command: Callable[..., None]) -> Callable[..., None]:
    """`command` with each parameter that is annotated with a dataclass replaced by the fields of that.

    The fields are annotated as Typer's options are; the command still gets the dataclass.

    >>> import dataclasses
    >>> @dataclasses.dataclass
    ... class Point:
    ...     x: int = 0
    ...     y: int = 0
    >>> def show(point: Point, name: str = "here") -> None:
    ...     print(name, point)
    >>> flat = flatten_option_groups(show)
    >>> list(inspect.signature(flat).parameters)
    ['x', 'y', 'name']
    >>> flat(y=3)
    here Point(x=0, y=3)
    """
    hints = typing.get_type_hints(command, include_extras=True)
    signature = inspect.signature(command)
    groups = {name: hints[name] for name in signature.parameters if is_dataclass(hints.get(name))}
    names = {name: [field.name for field in fields(group)] for name, group in groups.items()}
    flat: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        if name in groups:
            flat += _parameters_of(groups[name])
        else:
            flat.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[name]))

    @functools.wraps(command)
    def with_groups(**given: Any) -> None:
        values = {
            name: groups[name](**{field: given.pop(field) for field in names[name] if field in given})
            for name in groups
        }
        command(**values, **given)

    with_groups.__signature__ = signature.replace(parameters=flat)  # type: ignore[attr-defined]
    with_groups.__annotations__ = {parameter.name: parameter.annotation for parameter in flat}
    return with_groups


def _parameters_of(group: type) -> list[inspect.Parameter]:
    """The fields of the dataclass `group`, each with its default, as parameters."""
    hints = typing.get_type_hints(group, include_extras=True)
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(field.name, kind, default=field.default, annotation=hints[field.name])
        for field in fields(group)
    ]
