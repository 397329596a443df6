"""Paths as Python code hands them over."""

from __future__ import annotations

import os
from pathlib import Path

from textrnn.errors import ConfigError, ConfigTypeError


def as_path(value: object, name: str) -> Path:
    """The path that is `value` as the argument `name`, a string or a path object; ~ is somebody's home.

    Raises ConfigError for an empty string, a NUL, or the home of nobody, ConfigTypeError if it is not a path.
    """
    if not isinstance(value, (str, os.PathLike)) or not isinstance(plain := os.fspath(value), str):
        raise ConfigTypeError(f"{name}: expected a path, a string or a path object, found {value!r:.80}")
    if not plain.strip():
        raise ConfigError(f"{name}: expected a path, found an empty string")
    if "\0" in plain:
        raise ConfigError(f"{name}: expected a path, found one with a NUL character: {plain!r:.80}")
    try:
        os.fsencode(plain)
    except UnicodeEncodeError:
        raise ConfigError(
            f"{name}: expected a path, found characters that a file name cannot have: {plain!r:.80}"
        ) from None
    try:
        return Path(plain).expanduser()
    except RuntimeError:
        raise ConfigError(f"{name}: expected a path, but there is no user {Path(plain).parts[0]}") from None
