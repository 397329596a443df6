"""The files of a model folder: listed, then compared with their manifest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from textrnn.config.bounds import Ge, Le
from textrnn.config.field_types import Positive
from textrnn.config.from_json import from_json
from textrnn.config.model import ModelConfig
from textrnn.config.renamed import RENAMED_SETTINGS
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.train import Truncation
from textrnn.data.columns import Columns
from textrnn.data.label_format import LabelFormat
from textrnn.data.tabular import NO_TABULAR, TabularColumns
from textrnn.data.text_boundary import is_unicode
from textrnn.decision.weights_digest import weights_digest
from textrnn.errors import ConfigError, ModelError
from textrnn.storage.bounded_reading import (
    MAX_TEXT_BYTES,
    read_bounded,
    read_checked_manifest,
    read_consistently,
    require_format,
)
from textrnn.storage.files import MANIFEST, digest_bytes, find_damage, foreign_files
from textrnn.text import tokenizer_schema as schema
from textrnn.text.special_tokens import MAX_TOKENS

FORMAT, KIND, CARD = 7, "textrnn model", "README.md"
TOKENIZER, WEIGHTS, CONFIG, DECISION = "tokenizer.json", "model.safetensors", "config.json", "decision.json"
METRICS, PROVENANCE, NGRAMS = "metrics.json", "provenance.json", "wide.safetensors"
WEAK_SLICES = "weak_slices"  # in PROVENANCE: where the model is worse than elsewhere, if it is
FILES = frozenset({TOKENIZER, WEIGHTS, CONFIG, DECISION, METRICS, PROVENANCE, NGRAMS, CARD})  # beside the manifest
READABLE_FORMATS = tuple(
    range(1, FORMAT + 1)
)  # 1 has no n-gram branch, 2 no way texts are read, 3 no columns, 4 other names,
# 5 no int8, 6 no decision bound to its weights
FIRST_FORMAT_WITH_WEIGHTS_DIGEST = 7  # the first format whose decision names the weights that it was fitted for
MAX_BYTES = {TOKENIZER: schema.MAX_BYTES, WEIGHTS: 1 << 40, NGRAMS: 1 << 40}  # of any other file: MAX_TEXT_BYTES


@dataclass(frozen=True)
class FolderConfig:
    """What `config.json` holds: the network's shape, and how texts reach it."""

    model: ModelConfig
    target: dict[str, Any]
    vocabulary_size: Annotated[int, Ge(2), Le(MAX_TOKENS)]
    max_tokens: Positive
    truncation: Truncation
    text: TokenizeConfig | None = None  # before format 3: as tokenizer.json says
    libraries: dict[str, str] = field(default_factory=dict)  # what Chinese was read with in training
    columns: dict[str, Any] | None = None  # before format 4: one text
    tabular: dict[str, Any] | None = None  # before format 4: none
    labels: LabelFormat = "plain"  # how they came, where that was in Python; left out where it says nothing


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a model folder, but for its card, compared with its manifest, keys as in the newest format.

    Raises ModelError.
    """

    def read() -> dict[str, bytes]:
        number, described = _check(folder)
        files = rename_keys(read_files(folder, described), number)
        if number >= FIRST_FORMAT_WITH_WEIGHTS_DIGEST:
            _require_bound(folder, files[DECISION], described)
        elif number > 1:
            digest = weights_digest(described[WEIGHTS]["sha256"], described[NGRAMS]["sha256"])
            files[DECISION] = _in_json(files[DECISION], lambda decision: {**decision, "weights": digest})
        return files

    return read_consistently(folder, read)


def rename_keys(files: dict[str, bytes], number: int) -> dict[str, bytes]:
    """Return the `files` of a model folder of the format `number` with the keys of the newest one.

    What is not the JSON that it must be stays as it is: whoever reads it says so.
    """
    renames = {CONFIG: _rename_config, DECISION: _rename_decision, PROVENANCE: _rename_provenance} if number < 5 else {}
    return {name: _in_json(data, renames[name]) if name in renames else data for name, data in files.items()}


def _in_json(data: bytes, rename: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    try:
        found = json.loads(data)
        return json.dumps(rename(found)).encode() if isinstance(found, dict) else data
    except (ValueError, RecursionError):
        return data


def _renamed(values: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in values.items()}


def _rename_config(config: dict[str, Any]) -> dict[str, Any]:
    if isinstance(model := config.get("model"), dict):
        config = {**config, "model": _renamed(model, {"side_size": "tabular_size"})}
    return _renamed(config, {"keep": "truncation", "side": "tabular"})


def _rename_decision(decision: dict[str, Any]) -> dict[str, Any]:
    return _renamed(decision, {"wide": "ngram_branch", "least": "min_confidence"})


def _rename_provenance(provenance: dict[str, Any]) -> dict[str, Any]:
    if isinstance(train := provenance.get("train"), dict):
        provenance = {**provenance, "train": _renamed(train, {"keep": "truncation"})}
    if isinstance(settings := provenance.get("settings"), dict):
        provenance = {**provenance, "settings": _renamed(settings, RENAMED_SETTINGS)}
    return provenance


def _check(folder: Path) -> tuple[int, dict[str, Any]]:
    """The format of `folder`, and the manifest entry of each file, names as they must be. Raises ModelError."""
    manifest = read_checked_manifest(folder, "`textrnn run`")
    number, files = require_format(folder / MANIFEST, manifest, KIND, READABLE_FORMATS), manifest["files"]
    names = {CONFIG, TOKENIZER, WEIGHTS, DECISION, METRICS, PROVENANCE, *([NGRAMS] if number > 1 else [])}
    if missing := sorted(names - files.keys()):
        raise ModelError(f"{folder / MANIFEST}: expected an entry for {missing[0]}, found none")
    if strange := sorted(files.keys() - names):
        raise ModelError(f"{folder / MANIFEST}: expected the files of format {number} alone, found {strange[0][:80]!r}")
    return number, dict(files)


def _require_bound(folder: Path, decision: bytes, described: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse, by ModelError, a decision that was fitted for other weights."""
    wanted = weights_digest(described[WEIGHTS]["sha256"], described[NGRAMS]["sha256"])
    try:
        found = json.loads(decision)
    except (ValueError, RecursionError):
        return  # whoever reads it says what is wrong
    if isinstance(found, dict) and found.get("weights") != wanted:
        raise ModelError(
            f"{folder / DECISION}: expected a decision fitted for these weights, found one for others; "
            "run `textrnn decide`, or copy the model again"
        )


def read_files(folder: Path, described: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    """The bytes of the `described` files: those that are returned are those that were compared. Raises ModelError."""
    files: dict[str, bytes] = {}
    damage = find_damage(folder, described, digests=False)
    for name in () if damage else sorted(described):
        files[name] = read_bounded(folder / name, MAX_BYTES.get(name, MAX_TEXT_BYTES))
        if digest_bytes(files[name]) != described[name]["sha256"]:
            damage = f"{folder / name}: its bytes differ from the SHA-256 in {MANIFEST}"
    if damage:
        raise ModelError(f"{damage}; the model folder is damaged, copy it or train it again")
    return files


def read_config(data: bytes) -> FolderConfig:
    """What the bytes of `config.json` say. Raises ModelError."""
    return from_json(FolderConfig, data, CONFIG)


def read_weak_slices(provenance: bytes) -> list[list[Any]]:
    """The slices where a model is weak, [name, rows, score] each, by the bytes of `provenance.json`; what is no such
    thing is left out.
    """
    try:
        found = json.loads(provenance)[WEAK_SLICES]
        return [[str(name), int(rows), float(score)] for name, rows, score in found]
    except (ValueError, LookupError, TypeError, RecursionError, OverflowError):
        return []


def read_columns(config: FolderConfig) -> tuple[Columns, TabularColumns]:
    """The columns of `config.json`, which must agree with one another. Raises ModelError, DataError."""
    if config.columns is None or config.tabular is None:
        return Columns(), NO_TABULAR
    try:
        columns, tabular = Columns.from_json(config.columns), TabularColumns.from_json(config.tabular)
        names = columns.names
        valid = all(isinstance(name, str) and name and is_unicode(name) for name in names)
        valid = valid and len(columns.text) > 0 and len(set(names)) == len(names)
        valid = valid and columns.numeric == tuple(column.name for column in tabular.numeric)
        valid = valid and columns.label_separator != "" and isinstance(columns.label_separator or "", str)
        valid = valid and type(columns.max_characters) is int and columns.max_characters > 0
        valid = valid and columns.categorical == tuple(column.name for column in tabular.categorical)
    except (KeyError, TypeError, AttributeError, OverflowError):
        valid = False
    if not valid:
        raise ModelError(f"{CONFIG}: expected the names of different columns, and statistics of the tabular ones")
    return columns, tabular


def require_replaceable(folder: Path) -> None:
    """Refuse, by ConfigError, to put a model in the place of anything but a model, an empty folder or nothing."""
    known = frozenset({CARD}) if (folder / MANIFEST).is_file() else frozenset()  # a lone README.md is somebody's
    if foreign := foreign_files(folder, known=known):
        raise ConfigError(
            f"{folder}: expected a model folder or nothing there, found other files ({foreign[0]}); choose another path"
        )
