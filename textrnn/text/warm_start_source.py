"""The files of the model that a run starts from, checked for its shape; without torch."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

from textrnn.config.field_types import select_fields
from textrnn.config.model import EncoderShape, shape_fields
from textrnn.data.readers.source import Source
from textrnn.errors import ConfigError, ModelError
from textrnn.storage.bounded_reading import as_one_line, read_bounded, read_checked_manifest
from textrnn.storage.files import MANIFEST, find_damage, restore_aside

MODEL_FILES = CONFIG, WEIGHTS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"


def resolve_warm_start(named: str, expected: EncoderShape) -> Source:
    """The files that a network of the shape `expected` can start from, in the model folder `named`.

    Nothing is read but the manifest and `config.json`. Raises ModelError if the model folder is incomplete, ConfigError
    for one of another shape.
    """
    folder = find_model(named)
    try:
        described = read_checked_manifest(folder, "`textrnn run`")["files"]
        if missing := next((name for name in MODEL_FILES if name not in described), None):
            raise ModelError(f"{folder / MANIFEST}: expected an entry for {missing}, found none")
        if damage := find_damage(folder, {name: described[name] for name in MODEL_FILES}, digests=False):
            raise ModelError(f"{damage}; the model folder is damaged, copy it or train it again")
        for name in MODEL_FILES:
            if not os.access(folder / name, os.R_OK):
                raise ModelError(f"{folder / name}: cannot be read; check its permissions")
        found = json.loads(read_bounded(folder / CONFIG))["model"]
        shape = select_fields(EncoderShape, SimpleNamespace(**found))
    except ModelError as error:
        raise ModelError(f"train.init_from: {as_one_line(str(error))}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ModelError(f"train.init_from: {as_one_line(named)}: {CONFIG}: expected the settings of a model") from None
    require_shape(named, shape, expected)
    return Source(named, "model", tuple(folder / name for name in MODEL_FILES))


def find_model(named: str) -> Path:
    """The folder of the model `named`, absolute. Raises ModelError where no folder is."""
    try:
        folder = Path(os.path.abspath(Path(named).expanduser()))
        restore_aside(folder)
        there = folder.is_dir()
    except (OSError, ValueError, RuntimeError):  # too long a name, a NUL in it, the home of nobody
        there = False
    if not there:
        raise ModelError(
            "train.init_from: expected a model folder or none, found none at "
            f"{as_one_line(named)}; `textrnn run` makes one"
        )
    return folder


def require_shape(named: str, found: EncoderShape, expected: EncoderShape) -> None:
    """Raise ConfigError, which says what to set, unless a network `expected` can take weights of the shape `found`."""
    theirs, ours = asdict(found), asdict(expected)
    if not (differing := [name for name in shape_fields(found.encoder) if theirs[name] != ours[name]]):
        return
    first = differing[0]
    settings = " ".join(f"--set model.{name}={str(theirs[name]).lower()[:40]}" for name in differing)
    raise ConfigError(
        as_one_line(
            f"train.init_from: expected a model of the shape that [model] says, found {first} {theirs[first]} in "
            f"{as_one_line(named)} and {ours[first]} in [model]; {settings}"
        )
    )
