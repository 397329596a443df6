"""A run's configuration: changes on the command line before a TOML file before the defaults."""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textrnn.config.target_checks import require_compatible
from textrnn.config.text_format import require_text_format
from textrnn.data.readers.wording import quote
from textrnn.errors import ConfigError
from textrnn.settings import config_files as files
from textrnn.settings.config_files import SOURCE_FIELDS as SOURCE_FIELDS
from textrnn.settings.config_files import anchor_paths, read_tree
from textrnn.settings.config_files import packaged_names as packaged_names
from textrnn.settings.sections import SECTIONS as SECTIONS
from textrnn.settings.sections import Sections, merge, one_line, read_sections
from textrnn.storage.file_names import as_name, as_text_tree


@dataclass(frozen=True, kw_only=True)
class RunConfig(Sections):
    """One run: its sections, its name, and the folder that its cache, runs and models stand in."""

    name: str
    root: Path

    @property
    def fixes_file(self) -> Path:
        """Where `textrnn audit --apply` writes fixes, until data.fixes names another place."""
        return self.root / f"{self.name}.fixes.csv"

    def section(self, name: str) -> Any:
        """The config object of one section."""
        return getattr(self, name)

    def setting(self, name: str) -> Any:
        """The value of one setting, "section.key"."""
        section, _, key = name.partition(".")
        return getattr(self.section(section), key)

    def sections(self, names: Iterable[str]) -> dict[str, Any]:
        """The config objects of these sections, by name."""
        return {name: self.section(name) for name in names}

    def to_json(self) -> dict[str, Any]:
        """The resolved sections as plain JSON."""
        sections = {name: dataclasses.asdict(self.section(name)) for name in SECTIONS}
        return {"name": self.name, **sections}


def find_config(name_or_path: str) -> tuple[Path, Path]:
    """The config file `name_or_path` (a path, or the name of a packaged one) and the root its run has.

    The run of a file stands next to the file; that of a packaged config in the working directory. Raises ConfigError.
    """
    path, is_packaged = files.find_file(name_or_path)
    return path, Path.cwd() if is_packaged else path.resolve().parent


def read_config(name_or_path: str, changes: Sequence[str] = (), *, data: str | None = None) -> RunConfig:
    """The configuration in the file or packaged config `name_or_path`, with `changes` ("train.epochs=2").

    What `data` names takes the place of all data that the file names.

    Raises ConfigError.
    """
    path, root = find_config(name_or_path)
    tree = read_tree(path)
    if data is not None and isinstance(tree.get("data", {}), dict):
        rest = {key: value for key, value in tree.get("data", {}).items() if key not in (*SOURCE_FIELDS, "fixes")}
        is_name = data.startswith(("package:", "hub:"))
        tree["data"] = {**rest, "source": data if is_name else os.path.abspath(os.path.expanduser(data))}
    return build_config(tree, changes, name=path.stem, root=root, base=path.resolve().parent)


def build_config(tree: Mapping[str, Any], changes: Sequence[str], *, name: str, root: Path, base: Path) -> RunConfig:
    """The configuration of a parsed TOML `tree` with `changes`; paths in the tree are relative to `base`.

    Raises ConfigError for an unknown key (the nearest right one is named), a wrong type or value.
    """
    given: dict[str, Any] = {}
    for change in changes:
        _apply(given, change)
    merged = merge(anchor_paths(tree, base), anchor_paths(as_text_tree(given), Path.cwd()))
    chosen: Any = merged.pop("name", name)
    chosen = as_name(chosen) if isinstance(chosen, str) else chosen
    if not isinstance(chosen, str) or not re.fullmatch(r"[^\s/\\.][^/\\\x00]*", chosen):
        raise ConfigError(f"name: expected a plain file name, found {quote(chosen)}")
    found = RunConfig(name=chosen, root=root, **read_sections(merged))
    require_text_format(found.data.text_format, "data.{}".format)
    require_text_format(found.unlabelled.text_format, "unlabelled.{}".format)
    if found.data.folds == 1:
        raise ConfigError("data.folds: expected at least 2, or 0 for one test split, found 1")
    require_compatible(found.data.target, found.train, found.self_training, found.decision)
    return found


def _apply(tree: dict[str, Any], change: str) -> None:
    """Put one "section.key=value" into `tree`; the value is TOML, or else a plain string."""
    place, equals, text = change.partition("=")
    parts = place.strip().split(".")
    if not equals or len(parts) > 2 or not all(parts):
        raise ConfigError(f"--set {one_line(change)}: expected section.key=value, as in train.epochs=2")
    try:
        read = tomllib.loads(f"x = {text}")
    except (ValueError, RecursionError):
        read = {}
    value = read["x"] if set(read) == {"x"} else text  # more than one line is no value
    if len(parts) == 1:
        tree[parts[0]] = value
    else:
        section = tree.setdefault(parts[0], {})
        if not isinstance(section, dict):
            raise ConfigError(f"--set {one_line(change)}: {one_line(parts[0])} was set to a value before")
        section[parts[1]] = value
