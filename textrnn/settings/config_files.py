"""Configurations on disk: found by a path or a packaged name, then parsed."""

from __future__ import annotations

import codecs
import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textrnn.data.readers.guess_encoding import encoding_of_mark
from textrnn.errors import ConfigError
from textrnn.settings.sections import one_line
from textrnn.storage.file_names import as_name, is_text

SOURCE_FIELDS = ("source", "train", "validation", "test")
PATH_FIELDS = {
    "data": (*SOURCE_FIELDS, "fixes"),
    "unlabelled": ("source",),
    "embeddings": ("vectors", "encoder"),
    "self_training": ("teacher",),
    "train": ("init_from",),
}
# what stands in their place and is no path
WORDS = {"embeddings": ("auto", "none"), "train": ("auto", "none"), "self_training": ("self",)}
_PACKAGE = Path(__file__).resolve().parent.parent
PACKAGED = _PACKAGE / "configs"  # in the wheel
CHECKOUT = _PACKAGE.parent / "configs"  # in a checkout


def packaged_names() -> list[str]:
    """The configs that come with textrnn, by name."""
    return sorted(path.stem for path in _packaged().glob("*.toml"))


def find_file(wanted: str, what: str = "--config") -> tuple[Path, bool]:
    """The config file `wanted`, a path or the name of a packaged one, and whether it is packaged.

    `what` names the option or parameter in errors. Raises ConfigError.
    """
    path = Path(wanted)
    if _is_file(path):
        return path, False
    if re.fullmatch(r"[\w-]+", wanted) and (_packaged() / f"{wanted}.toml").is_file():
        return _packaged() / f"{wanted}.toml", True
    if _exists(path):
        raise ConfigError(f"{what} {one_line(wanted)}: expected a TOML file, found a folder, a pipe or a device")
    nearest = difflib.get_close_matches(wanted, packaged_names(), 1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    raise ConfigError(
        f"{what} {one_line(wanted)}: expected a TOML file, or one of {', '.join(packaged_names())}; found neither{hint}"
    )


def read_tree(path: Path) -> dict[str, Any]:
    """The TOML in the file `path`, as it is. Raises ConfigError."""
    try:
        return _parse(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:  # no UTF-8 and no TOML are ValueErrors
        raise ConfigError(f"{path}: expected TOML, but {one_line(error)}") from None


def anchor_paths(tree: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """`tree` with the file paths of its sections absolute, relative ones from the folder `base`. Raises ConfigError."""
    found = dict(tree)
    for section, keys in PATH_FIELDS.items():
        if isinstance(values := tree.get(section), Mapping):
            anchored = {key: _anchored(values[key], section, key, base) for key in keys if key in values}
            found[section] = {**values, **anchored}
    return found


def _anchored(value: Any, section: str, key: str, base: Path) -> Any:
    if not isinstance(value, str) or not value or value.startswith("package:"):
        return value
    if value in WORDS.get(section, ()):
        return value
    kind = "hub:" if value.startswith("hub:") else ""
    path = value.removeprefix(kind)
    if kind and not path.startswith((".", "~")):  # a repository on the hub
        return value
    return kind + str(base / _from_home(Path(as_name(path)), f"{section}.{key}"))


def _from_home(path: Path, key: str) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise ConfigError(f"{key}: expected a path, but there is no user {path.parts[0]}") from None


def _parse(data: bytes) -> dict[str, Any]:
    """The TOML in `data`, UTF-8 but for the names of files, which may be any bytes. Raises ValueError."""
    if found := encoding_of_mark(data):
        raise ValueError(f"the file is {found.upper()}; save it as UTF-8")
    data = data.removeprefix(codecs.BOM_UTF8)
    tree = tomllib.loads(data.decode("utf-8", "surrogateescape"))
    names = {section: dict.fromkeys(keys, "") for section, keys in PATH_FIELDS.items()}
    rest: dict[str, Any] = {key: value for key, value in tree.items() if key != "name"}
    rest = {key: {**value, **names.get(key, {})} if isinstance(value, dict) else value for key, value in rest.items()}
    if not is_text(json.dumps(rest, ensure_ascii=False, default=str)):
        data.decode("utf-8")  # raises what is wrong, and where
    return tree


def _packaged() -> Path:
    return PACKAGED if PACKAGED.is_dir() else CHECKOUT


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long a name, a NUL in it
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
