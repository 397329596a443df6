"""Config sections that note which of their fields are read."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

from pipelines.config import SECTIONS, RunConfig


def recording(section: Any, read: set[str]) -> Any:
    """An equal of `section`, whose fields are put into `read` as they are asked for.

    `dataclasses.replace` reads all of them to make another, which records too: that alone is no use of a field.
    """
    kind = type(section)

    def asked(self: Any, name: str) -> Any:
        if name in names and not _is_replacing():
            read.add(name)
        return object.__getattribute__(self, name)

    names = {field.name for field in dataclasses.fields(kind)}
    other = type(kind.__name__, (kind,), {"__getattribute__": asked, "__module__": kind.__module__})
    found = object.__new__(other)
    for name in names:
        object.__setattr__(found, name, object.__getattribute__(section, name))
    return found


def _is_replacing() -> bool:
    """Whether `replace` asks, or what builds and compares the copies that it makes."""
    frame = sys._getframe(2)
    return frame.f_code.co_filename == dataclasses.__file__ and frame.f_code.co_name in ("replace", "_replace")


class Recorder:
    """The sections of a configuration, each recording; `read[section]` are the fields that were asked for."""

    def __init__(self, config: RunConfig) -> None:
        self.read: dict[str, set[str]] = {name: set() for name in SECTIONS}
        self._sections = {name: recording(config.section(name), self.read[name]) for name in SECTIONS}

    def section(self, name: str) -> Any:
        return self._sections[name]
