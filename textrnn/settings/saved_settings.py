"""The settings that a model folder keeps, so that a loaded classifier can be trained again as it was."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from textrnn.config.parameter_names import parameter_name
from textrnn.config.parse import as_plain, read_section
from textrnn.config.renamed import renamed_setting
from textrnn.errors import ConfigError
from textrnn.settings.command_line_only import COMMAND_LINE_ONLY, is_name
from textrnn.settings.sections import SECTIONS, fields_of

SETTINGS_KEY = "settings"  # the member of provenance.json
_PATHS = ("embeddings.vectors", "embeddings.encoder", "self_training.teacher", "train.init_from")
_OF_THE_MACHINE = ("train.device", "train.precision", "train.processes")


def settings_to_keep(sections: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a fit that differ from their defaults, by "section.key", as plain JSON.

    Paths are left out: they are of this machine, and no path is ever read from a model folder.
    """
    found = {}
    for section, values in sections.items():
        default = SECTIONS[section]()
        for field in dataclasses.fields(values):
            setting, value = f"{section}.{field.name}", getattr(values, field.name)
            is_path = setting in _PATHS and not is_name(value)
            if value != getattr(default, field.name) and setting not in COMMAND_LINE_ONLY and not is_path:
                found[setting] = value
    plain: dict[str, Any] = json.loads(json.dumps(found))
    return plain


def settings_of_run(sections: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run of the command line that differ from their defaults, as `settings_to_keep` gives them.

    What the keys of its stages do not hold as it was written is left out: the names of files and packages, and what is
    resolved for the machine.
    """
    kept = settings_to_keep(sections)
    return {name: value for name, value in kept.items() if name not in _OF_THE_MACHINE and not _is_source(name, value)}


def _is_source(setting: str, value: object) -> bool:
    return setting in _PATHS and value not in ("auto", "none", "self")


def read_kept(provenance: bytes) -> tuple[dict[str, Any], bool]:
    """What the bytes of `provenance.json` say of the settings, and whether a fit kept them all.

    Else they are those of the training alone, as they were resolved; {} where nothing is said.
    """
    try:
        found = json.loads(provenance)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return {}, False
    if isinstance(kept := found.get(SETTINGS_KEY), dict):
        return kept, True
    train = found.get("train")
    return ({f"train.{key}": value for key, value in train.items()} if isinstance(train, dict) else {}), False


def as_parameters(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return `settings` by "section.key", by their names of now or then, as the parameters of a classifier.

    What this version cannot use is left out.
    """
    parameters: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, value in settings.items():
        setting = renamed_setting(name)
        section, _, key = setting.partition(".")
        if section not in SECTIONS or key not in fields_of(section) or setting in COMMAND_LINE_ONLY:
            continue
        if setting in _PATHS and not is_name(value):
            continue
        try:
            value = getattr(read_section(SECTIONS[section], {key: as_plain(value)}), key)
        except ConfigError:
            continue
        if value == getattr(SECTIONS[section](), key):
            continue
        if parameter := parameter_name(setting):
            parameters[parameter] = value
        else:
            others[setting] = value
    return {**parameters, "settings": others} if others else parameters
