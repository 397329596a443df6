"""Config sections, and what a stage is handed of them, that note which of their fields are read."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any

from pipelines.caching.keys import section_parts
from pipelines.stages.stage import Stage, settings_of


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


def recording_settings(stage: Stage, sections: Mapping[str, Any], read: dict[str, set[str]]) -> dict[str, Any]:
    """What `stage` is handed of `sections`, recording: `read[section]` are the fields that were asked for."""
    settings = settings_of(stage, sections)
    if stage.arguments:
        return {"arguments": _recording_parts(settings["arguments"], read)}
    return {f"{name}_config": recording(sections[name], read[name]) for name in stage.params}


def _recording_parts(arguments: Any, read: dict[str, set[str]]) -> Any:
    held = {field.name: getattr(arguments, field.name) for field in dataclasses.fields(arguments)}
    sections = {f"{name}_config": name for name, _ in section_parts(arguments)}
    return dataclasses.replace(
        arguments,
        **{
            name: recording(part, read[sections[name]]) if name in sections else part and _recording_parts(part, read)
            for name, part in held.items()
        },
    )
