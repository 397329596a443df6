"""Values of options that are what they must be already: taken as they are, without the library that Typer asks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

_NOT_PLAIN = object()


def skip_type_conversion(parameter: Any) -> None:
    """Let the `parameter` of a command take what needs no conversion as it is; all else Typer converts, or refuses.

    Typer asks pydantic to convert every value, those that are not given too; importing that takes longer than a
    prediction.
    """
    described = getattr(parameter, "type_descriptor", None)  # a Typer that asks nobody has none
    if described is None:
        return
    convert, kind, about = parameter.process_value, described.annotation, described.parameter_info
    several = parameter.multiple or parameter.nargs == -1
    is_list = get_origin(kind) is list
    if several != is_list or not _is_simple(about):
        return
    one = get_args(kind)[0] if is_list else kind

    def process_value(context: Any, value: Any) -> Any:
        found = _plain_list(value, one, about) if is_list else _plain(value, one, about)
        is_missing = parameter.required and (value is None or value in ((), []))
        if found is _NOT_PLAIN or is_missing:
            return convert(context, value)
        return found if parameter.callback is None else parameter.callback(context, parameter, found)

    parameter.process_value = process_value


def _is_simple(about: Any) -> bool:
    """Whether nothing is said of a value but its type and bounds."""
    plain: dict[str, Any] = {"exists": False, "file_okay": True, "dir_okay": True, "writable": False, "readable": True}
    plain |= {"resolve_path": False, "allow_dash": False, "path_type": None, "parser": None, "click_type": None}
    plain |= {"case_sensitive": True, "clamp": False}
    return all(getattr(about, name, value) == value for name, value in plain.items())


def _plain_list(value: Any, kind: Any, about: Any) -> Any:
    if value is None:
        return ()
    found = [_plain(item, kind, about) for item in value] if isinstance(value, (list, tuple)) else [_NOT_PLAIN]
    return _NOT_PLAIN if any(item is _NOT_PLAIN or item is None for item in found) else found


def _plain(value: Any, kind: Any, about: Any) -> Any:
    """`value` as a parameter of the type `kind` has it, or `_NOT_PLAIN`."""
    if value is None or (kind is bool and isinstance(value, bool)):
        return value
    if not isinstance(value, str):
        return value if kind is Path and isinstance(value, Path) and _may_read(value) else _NOT_PLAIN
    if kind is str:
        return value
    if kind is Path:
        return Path(value) if _may_read(value) else _NOT_PLAIN
    if get_origin(kind) is Literal:
        return value if value in get_args(kind) else _NOT_PLAIN
    if kind is int and value.isascii() and value.isdigit() and len(value) < 10:
        within = (about.min is None or int(value) >= about.min) and (about.max is None or int(value) <= about.max)
        return int(value) if within else _NOT_PLAIN
    return _NOT_PLAIN


def _may_read(path: str | Path) -> bool:
    return "\0" not in str(path) and (not os.path.exists(path) or os.access(path, os.R_OK))
