"""A run's configuration: a TOML file (or none), changes on the command line, and the defaults."""

from __future__ import annotations

import codecs
import dataclasses
import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textrnn.config.baseline import BaselineConfig
from textrnn.config.calibrate import CalibrateConfig
from textrnn.config.data import DataConfig
from textrnn.config.evaluate import EvaluateConfig
from textrnn.config.fitting import require_fitting
from textrnn.config.language import LanguageConfig
from textrnn.config.model import ModelConfig
from textrnn.config.pretrain import PretrainConfig
from textrnn.config.reading import read_section
from textrnn.config.teach import TeachConfig
from textrnn.config.text_format import require_text_format
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.train import TrainConfig
from textrnn.config.unlabelled import UnlabelledConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.config.wide import WideConfig
from textrnn.data.readers.likely import marked_encoding
from textrnn.data.readers.wording import quoted
from textrnn.errors import ConfigError
from textrnn.names import as_name, as_texts, is_text

SECTIONS: dict[str, type] = {
    "data": DataConfig,
    "tokenize": TokenizeConfig,
    "vocabulary": VocabularyConfig,
    "unlabelled": UnlabelledConfig,
    "pretrain": PretrainConfig,
    "language": LanguageConfig,
    "wide": WideConfig,
    "model": ModelConfig,
    "teach": TeachConfig,
    "train": TrainConfig,
    "calibrate": CalibrateConfig,
    "baseline": BaselineConfig,
    "evaluate": EvaluateConfig,
}
SOURCE_FIELDS = ("source", "train", "validation", "test")
PATH_FIELDS = {"data": SOURCE_FIELDS, "unlabelled": ("source",), "pretrain": ("vectors",), "language": ("start",)}
PACKAGED = Path(__file__).resolve().parent / "configs"  # in the wheel
CHECKOUT = Path(__file__).resolve().parent.parent / "configs"  # in a checkout


@dataclass(frozen=True)
class RunConfig:
    """One run: its name, the folder that its cache, runs and models stand in, and its sections."""

    name: str
    root: Path
    data: DataConfig = field(default_factory=DataConfig)
    tokenize: TokenizeConfig = field(default_factory=TokenizeConfig)
    vocabulary: VocabularyConfig = field(default_factory=VocabularyConfig)
    unlabelled: UnlabelledConfig = field(default_factory=UnlabelledConfig)
    pretrain: PretrainConfig = field(default_factory=PretrainConfig)
    language: LanguageConfig = field(default_factory=LanguageConfig)
    wide: WideConfig = field(default_factory=WideConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    teach: TeachConfig = field(default_factory=TeachConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    calibrate: CalibrateConfig = field(default_factory=CalibrateConfig)
    baseline: BaselineConfig = field(default_factory=BaselineConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)

    def section(self, name: str) -> Any:
        """The config object of one section."""
        return getattr(self, name)

    def to_json(self) -> dict[str, Any]:
        """The resolved sections as plain JSON."""
        sections = {name: dataclasses.asdict(self.section(name)) for name in SECTIONS}
        return {"name": self.name, **sections}


def packaged_names() -> list[str]:
    """The configs that come with textrnn, by name."""
    folder = PACKAGED if PACKAGED.is_dir() else CHECKOUT
    return sorted(path.stem for path in folder.glob("*.toml"))


def find_config(wanted: str) -> tuple[Path, Path]:
    """The config file `wanted` (a path, or the name of a packaged one) and the root its run has.

    A file's run stands beside the file; a packaged config's in the folder one is in.
    Raises ConfigError.
    """
    path = Path(wanted)
    if _is_file(path):
        return path, path.resolve().parent
    folder = PACKAGED if PACKAGED.is_dir() else CHECKOUT
    if re.fullmatch(r"[\w-]+", wanted) and (folder / f"{wanted}.toml").is_file():
        return folder / f"{wanted}.toml", Path.cwd()
    nearest = difflib.get_close_matches(wanted, packaged_names(), 1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    if _is_odd(path):
        raise ConfigError(f"--config {_one_line(wanted)}: expected a TOML file, found a folder, a pipe or a device")
    raise ConfigError(
        f"--config {_one_line(wanted)}: expected a TOML file, or one of {', '.join(packaged_names())}; "
        f"found neither{hint}"
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long a name, a NUL in it
        return False


def _is_odd(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def read_config(wanted: str, changes: Sequence[str] = (), *, data: str | None = None) -> RunConfig:
    """The configuration in the file or packaged config `wanted`, with `changes` ("train.epochs=2").

    What `data` names takes the place of all data that the file names.

    Raises ConfigError.
    """
    path, root = find_config(wanted)
    try:
        tree = _parse(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:  # no UTF-8 and no TOML are ValueErrors
        raise ConfigError(f"{path}: expected TOML, but {_one_line(error)}") from None
    if data is not None and isinstance(tree.get("data", {}), dict):
        rest = {key: value for key, value in tree.get("data", {}).items() if key not in SOURCE_FIELDS}
        is_name = data.startswith(("package:", "hub:"))
        tree["data"] = {**rest, "source": data if is_name else os.path.abspath(os.path.expanduser(data))}
    return build_config(tree, changes, name=path.stem, root=root, base=path.resolve().parent)


def _parse(data: bytes) -> dict[str, Any]:
    """The TOML in `data`, UTF-8 but for the names of files, which may be any bytes. Raises ValueError."""
    if found := marked_encoding(data):
        raise ValueError(f"the file is {found.upper()}; save it as UTF-8")
    data = data.removeprefix(codecs.BOM_UTF8)
    tree = tomllib.loads(data.decode("utf-8", "surrogateescape"))
    names = {section: dict.fromkeys(keys, "") for section, keys in PATH_FIELDS.items()}
    rest: dict[str, Any] = {key: value for key, value in tree.items() if key != "name"}
    rest = {key: {**value, **names.get(key, {})} if isinstance(value, dict) else value for key, value in rest.items()}
    if not is_text(json.dumps(rest, ensure_ascii=False, default=str)):
        data.decode("utf-8")  # raises what is wrong, and where
    return tree


def build_config(tree: Mapping[str, Any], changes: Sequence[str], *, name: str, root: Path, base: Path) -> RunConfig:
    """The configuration of a parsed TOML `tree` with `changes`; paths in the tree are relative to `base`.

    Raises ConfigError for an unknown key (the nearest right one is named), a wrong type or value.
    """
    merged = {key: dict(value) if isinstance(value, dict) else value for key, value in tree.items()}
    _anchor_paths(merged, base)
    given: dict[str, Any] = {}
    for change in changes:
        _apply(given, change)
    given = as_texts(given)
    _anchor_paths(given, Path.cwd())
    for section, value in given.items():
        if isinstance(value, dict) and isinstance(merged.get(section, {}), dict):
            merged[section] = {**merged.get(section, {}), **value}
        else:
            merged[section] = value
    chosen: Any = merged.pop("name", name)
    chosen = as_name(chosen) if isinstance(chosen, str) else chosen
    if not isinstance(chosen, str) or not re.fullmatch(r"[^\s/\\.][^/\\\x00]*", chosen):
        raise ConfigError(f"name: expected a plain file name, found {quoted(chosen)}")
    for section in merged:
        if section not in SECTIONS:
            raise ConfigError(_unknown_section(section))
    found = RunConfig(name=chosen, root=root, **{s: _section(s, merged.get(s, {})) for s in SECTIONS})
    require_text_format(found.data.text_format, "data.{}".format)
    require_text_format(found.unlabelled.text_format, "unlabelled.{}".format)
    require_fitting(found.data.target, found.train, found.teach, found.calibrate)
    return found


def _section(name: str, values: object) -> Any:
    kind = SECTIONS[name]
    if not isinstance(values, dict):
        raise ConfigError(f"{name}: expected a section, [{name}], found {quoted(values)}")
    known = [field.name for field in dataclasses.fields(kind)]
    for key in values:
        if key not in known:
            raise ConfigError(_unknown_key(name, key, known))
    return read_section(kind, values, {key: f"{name}.{key}" for key in known})


def _unknown_key(section: str, key: str, known: list[str]) -> str:
    for other, kind in SECTIONS.items():
        if other != section and key in (field.name for field in dataclasses.fields(kind)):
            return f"{section}.{key}: no such key; it belongs to [{other}]: {other}.{key}"
    nearest = difflib.get_close_matches(key, known, 1, cutoff=0.5)
    if nearest:
        return f"{section}.{_one_line(key)}: no such key; did you mean {section}.{nearest[0]}?"
    return f"{section}.{_one_line(key)}: no such key; [{section}] has {', '.join(known)}"


def _unknown_section(section: str) -> str:
    for name, kind in SECTIONS.items():
        if section in (field.name for field in dataclasses.fields(kind)):
            return f"{section}: no such section; the key belongs to [{name}]: {name}.{section}"
    nearest = difflib.get_close_matches(section, ["name", *SECTIONS], 1, cutoff=0.5)
    if nearest:
        return f"{_one_line(section)}: no such section; did you mean {nearest[0]}?"
    return f"{_one_line(section)}: no such section; there are {', '.join(SECTIONS)}"


def _one_line(said: object) -> str:
    """What a person wrote, fit for an error: on one line, and no longer than a line."""
    text = str(said)
    return text if text.isprintable() and len(text) <= 200 else quoted(text)


def _apply(tree: dict[str, Any], change: str) -> None:
    """Put one "section.key=value" into `tree`; the value is TOML, or else a plain string."""
    place, equals, text = change.partition("=")
    parts = place.strip().split(".")
    if not equals or len(parts) > 2 or not all(parts):
        raise ConfigError(f"--set {_one_line(change)}: expected section.key=value, as in train.epochs=2")
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
            raise ConfigError(f"--set {_one_line(change)}: {_one_line(parts[0])} was set to a value before")
        section[parts[1]] = value


def _anchor_paths(tree: Mapping[str, Any], base: Path) -> None:
    """Make the file paths of the sections that have some absolute, in place."""
    for section, keys in PATH_FIELDS.items():
        values = tree.get(section)
        if not isinstance(values, dict):
            continue
        for key in keys:
            value = values.get(key)
            if not isinstance(value, str) or not value or value.startswith("package:"):
                continue
            if section in ("pretrain", "language") and value in ("auto", "none"):
                continue
            kind = "hub:" if value.startswith("hub:") else ""
            path = value.removeprefix(kind)
            if not kind or path.startswith((".", "~")):  # else a repository on the hub
                values[key] = kind + str(base / _from_home(Path(as_name(path)), f"{section}.{key}"))


def _from_home(path: Path, key: str) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise ConfigError(f"{key}: expected a path, but nobody here is called {path.parts[0]}") from None
