"""The files of a sentence encoder, read as plain data: from a folder, or from the archive of a package."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from textrnn.data.readers.source import Source
from textrnn.errors import ModelError
from textrnn.storage.bounded_reading import as_one_line
from textrnn.text.encoder_source import OPTIONAL, REQUIRED, WEIGHTS

MAX_WEIGHTS = 1 << 32  # bytes: a billion numbers
MAX_JSON = 1 << 26  # a tokenizer of 250,000 tokens has 17 MB


def read_encoder_files(source: Source, *, weights: bool = True) -> Mapping[str, bytes]:
    """The bytes of each file of the encoder `source`, by name; those that it need not have may be missing, as are the
    `weights` where they are not asked for.

    No file is extracted and no code imported. Raises ModelError for files that are too large or damaged.
    """
    if source.kind == "package":
        return _read_archive(source.files[0], weights)
    root = source.root or source.files[0].parent
    wanted = [path for path in source.files if weights or path.name != WEIGHTS]
    return {path.relative_to(root).as_posix(): _read_file(path, _limit_of(path.name)) for path in wanted}


def _limit_of(name: str) -> int:
    return MAX_WEIGHTS if name == WEIGHTS else MAX_JSON


def _read_file(path: Path, limit: int) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise ModelError(
            f"{as_one_line(str(path))}: cannot be read ({error.strerror}); check its permissions"
        ) from None
    if len(data) > limit:
        raise ModelError(
            f"{as_one_line(str(path))}: expected at most {limit} bytes, found more; is it the file of an encoder?"
        )
    return data


def _read_archive(path: Path, weights: bool) -> Mapping[str, bytes]:
    found = {}
    wanted = [name for name in (*REQUIRED, *OPTIONAL) if weights or name != WEIGHTS]
    try:
        with zipfile.ZipFile(path) as archive:
            for name in wanted:
                if name in archive.NameToInfo:
                    with archive.open(name) as file:
                        found[name] = file.read(_limit_of(name) + 1)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"{path}: expected an archive, but {error}; reinstall the package") from None
    for name, data in found.items():
        if len(data) > _limit_of(name):
            raise ModelError(f"{path}: {name}: expected at most {_limit_of(name)} bytes, found more")
    if missing := [name for name in REQUIRED if name in wanted and name not in found]:
        raise ModelError(f"{path}: expected the file {missing[0]}, found none; reinstall the package")
    return found
