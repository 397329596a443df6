"""The files that --input names: one, those of a folder, or those that match a pattern."""

import difflib
import fnmatch
import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from textrnn.data.readers.compressed import read_start
from textrnn.data.readers.labelled_lines import SAMPLE_BYTES, has_labels
from textrnn.data.readers.source import SourceKind, resolve
from textrnn.errors import ConfigError, DataError

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
COMPRESSION_SUFFIXES = (".gz", ".xz")


def find_files(source: str) -> tuple[Path, ...]:
    """The files that `source` names, in the order of their names; of a folder the tables. Raises DataError."""
    path = Path(source)
    if path.is_dir():
        return _tables_in(path, source)
    if path.is_file():
        return (path,)
    if path.exists():
        raise DataError(
            f"--input {source}: expected a file, found a pipe or a device; predict reads one as --input - < {source}"
        )
    if glob.has_magic(source):
        found = sorted(Path(name) for name in glob.glob(source, recursive=True) if os.path.isfile(name))
        if not found:
            raise DataError(f"--input {source}: expected files, found none that match")
        _require_one_kind(found, source)
        return tuple(found)
    near = difflib.get_close_matches(path.name, sorted(other.name for other in path.parent.glob("*")), 1)
    hint = f"; did you mean {str(path.with_name(near[0]))!r}?" if near else ""
    raise DataError(f"--input {source}: expected a file, found none{hint}")


def kind_of(path: Path) -> SourceKind | Literal["lines"]:
    """What a file holds by its name: the kind of a table, or lines."""
    packed = path.suffix.lower() in COMPRESSION_SUFFIXES
    if (Path(path.stem) if packed else path).suffix.lower() not in TABLE_SUFFIXES:
        compression: Any = path.suffix[1:].lower() if packed else None
        if not has_labels(read_start(path, compression, SAMPLE_BYTES), str(path)):
            return "lines"
    return resolve(str(path)).kind


def require_other_output(output: Path, source: str, files: Sequence[Path]) -> None:
    """Refuse, by ConfigError, an output that the next reading of a pattern would take for input."""
    place = os.path.abspath(output)
    if len(files) == 1 and not glob.has_magic(source):
        return
    if os.path.realpath(output) in map(os.path.realpath, files) or (
        fnmatch.fnmatch(place, os.path.abspath(source))
        and ("**" in source or place.count(os.sep) == os.path.abspath(source).count(os.sep))
    ):
        raise ConfigError(f"--output {output}: expected another file than the input, found one that {source} matches")


def _tables_in(folder: Path, source: str) -> tuple[Path, ...]:
    if (folder / "manifest.json").is_file() and (folder / "config.json").is_file():
        raise DataError(f"--input {source}: expected data, found a model folder; give the model with --model")
    if any((folder / mark).is_file() for mark in ("state.json", "dataset_dict.json")):
        raise DataError(
            f"--input {source}: expected a folder of tables, found one that datasets wrote; write it as Parquet "
            "(to_parquet)"
        )
    found = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    tables = [path for path in found if kind_of(path) != "lines"]
    if not tables:
        raise DataError(
            f"--input {source}: expected files that end in {', '.join(TABLE_SUFFIXES)} (then .gz or .xz), found none"
        )
    _require_one_kind(tables, source)
    return tuple(tables)


def _require_one_kind(files: Sequence[Path], source: str) -> None:
    first = kind_of(files[0])
    for path in files[1:]:
        if (kind := kind_of(path)) != first:
            raise DataError(
                f"--input {source}: expected files of one kind, found {files[0]} ({first}) and {path} ({kind}); "
                "name one kind, as in FOLDER/*.csv"
            )
