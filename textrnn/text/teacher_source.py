"""Which files hold the teacher that a setting names: a model folder's, or a sentence encoder's."""

from __future__ import annotations

from pathlib import Path

from textrnn.data.readers.source import Source
from textrnn.storage.bounded_reading import read_checked_manifest
from textrnn.storage.files import MANIFEST
from textrnn.text.encoder_source import resolve_encoder

SETTING = "self_training.teacher"


def resolve_teacher(named: str) -> Source | None:
    """The files of the teacher `named`: of a model folder the manifest, which has the digests of the others; of an
    encoder its own; None for "self". Raises DataError, ModelError.
    """
    if named == "self":
        return None
    folder = Path(named).expanduser()
    if not named.startswith("package:") and _is_file(folder / MANIFEST):
        read_checked_manifest(folder, "`textrnn run`")
        return Source(named, "model", (folder / MANIFEST,))
    return resolve_encoder(named, SETTING)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long a name, a NUL in it
        return False
