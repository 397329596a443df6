"""Results on standard output: plain lines, or JSON for programs."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.running.check_writable import find_write_obstacle
from textrnn.errors import ConfigError
from textrnn.storage.file_names import as_text_tree, printable

_NOT_ASCII = re.compile("[^\x00-\x7f]+")


def require_output(output: Path, source: Path | None, model: Path | None = None, *, folder: bool = False) -> None:
    """Refuse, by ConfigError and before any work, an output that cannot be written or would replace what is read.

    What is read are `source` and `model`: `output` may neither be one of them, by whatever name, nor lie in one.
    With `folder` it is a folder, otherwise a file.
    """
    place = Path(os.path.realpath(output))
    kind = "place" if folder else "file"
    try:
        output.exists(), place.exists()
    except OSError as error:  # a name too long, a folder that may not be looked into
        raise ConfigError(
            f"--output {output}: expected a writable path, but it cannot be written to ({error.strerror}); "
            "choose another path"
        ) from None
    for other in (path for path in (source, model) if path is not None):
        home = Path(os.path.realpath(other))
        if home == place or home in place.parents or (output.exists() and other.exists() and output.samefile(other)):
            read = "the input" if model is None else "the input and the model"
            raise ConfigError(f"--output {output}: expected another {kind} than {read}, found {other}, which is read")
    if place.exists() and place.is_dir() != folder:
        expected, found = ("a folder", "a file") if folder else ("a file", "a folder")
        raise ConfigError(f"--output {output}: expected {expected}, found {found}; choose another path")
    if place.exists() and not place.is_dir() and not place.is_file():  # it would be replaced by a file
        raise ConfigError(
            f"--output {output}: expected a plain file, found a device or a pipe; leave --output out, and send "
            f"standard output there: > {output}"
        )
    there = place
    while not there.exists() and there != there.parent:
        there = there.parent
    if there != place and not there.is_dir():
        raise ConfigError(
            f"--output {output}: expected a folder to write in, but {there} is a file; choose another path"
        )
    # a file is replaced by a rename, which its folder must allow
    written = there if there.is_dir() else there.parent
    if not os.access(written, os.W_OK | os.X_OK):
        raise ConfigError(f"--output {output}: expected a folder to write in, but {written} cannot be written to")
    if wrong := find_write_obstacle(place, is_folder=folder):  # rights are not all: /proc takes no file from anybody
        raise ConfigError(f"--output {output}: expected a writable path, but {wrong}; choose another path")


def print_json(value: object) -> None:
    """`value` as indented JSON, in ASCII: what is printed can be read back whatever the terminal's encoding."""
    print_line(json.dumps(as_text_tree(value), indent=2, allow_nan=False))


def print_line(line: str) -> None:
    """One line; characters that the terminal's encoding lacks are escaped."""
    write_stdout(printable(line) + "\n")


def write_stdout(text: str, *, json_text: bool = False) -> None:
    """`text` as it stands; characters that the terminal's encoding lacks are escaped, of `json_text` as JSON does."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        if json_text:
            text = _NOT_ASCII.sub(lambda found: json.dumps(found.group())[1:-1], text)
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    sys.stdout.write(text)


def short_path(path: Path) -> str:
    """`path` relative to this folder where it lies inside."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Rows as columns of equal width, two spaces apart."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    for row in rows:
        print_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def toml_value(value: object) -> str:
    """`value` as TOML writes it; None, which TOML lacks, is empty.

    >>> toml_value((1.0, 2)), toml_value(True), toml_value("a")
    ('[1.0, 2]', 'true', '"a"')
    """
    if value is None:
        return ""
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # which JSON writes as it is
    return str(value).lower() if isinstance(value, bool) else repr(value)
