"""Which files are ours: reports, records carry a mark; a file without one belongs to somebody else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from textrnn.errors import ConfigError

GENERATOR = "generator"  # the member of a JSON file of ours
GENERATOR_NAME = "textrnn"
PAGE_MARK = "<!-- generator: textrnn -->\n"  # the last line of a page of ours
MAX_BYTES = 1 << 28  # of a file that is looked into
# how a page of ours began, and what a report and a record held, before there were marks
_OLD_PAGE = (
    b'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    b'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    b"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>"
)
_OLD_MEMBERS = (
    frozenset({"format", "split", "examples", "metrics", "settings"}),
    frozenset({"config", "stages", "started", "finished", "exit", "error"}),
)
_ROW = frozenset({"name", "score", "weights", "texts_a_second"})  # of a comparison of models, which is a list


def mark_json(data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` as a file of ours holds it: with the mark."""
    return {**data, GENERATOR: GENERATOR_NAME}


def mark_page(page: str) -> str:
    """`page` as a file of ours holds it: with the mark as its last line."""
    return page + PAGE_MARK


def is_written_by_textrnn(path: Path) -> bool:
    """Whether the file at `path` is a report, a record or a comparison that textrnn wrote, by its mark, or is empty.

    Those of releases that wrote no mark are known by their form. A link is followed; a folder, a pipe and a file that
    cannot be read are not ours.
    """
    try:
        if not path.is_file() or (size := path.stat().st_size) > MAX_BYTES:
            return False
        data = path.read_bytes() if size else b""
    except OSError:
        return False
    if not data.strip():
        return True
    if data.endswith(PAGE_MARK.encode()) or data.startswith(_OLD_PAGE):
        return True
    try:
        members = json.loads(data)
    except (ValueError, RecursionError):
        return False
    if isinstance(members, list):
        return bool(members) and all(isinstance(row, dict) and row.keys() >= _ROW for row in members)
    if not isinstance(members, dict):
        return False
    return members.get(GENERATOR) == GENERATOR_NAME or any(old <= members.keys() for old in _OLD_MEMBERS)


def require_own_files(paths: Iterable[Path], found_by: str = "") -> None:
    """Refuse, by ConfigError, to replace any of `paths` that textrnn did not write; what is not there, at the end of a
    link too, may be written.

    `found_by` begins the message: the option that named the place, and a colon.
    """
    for path in paths:
        if path.exists() and not is_written_by_textrnn(path):
            what = "a folder" if path.is_dir() else "a file that textrnn did not write"
            do = "choose another path" if path.is_dir() else "move it, or replace it with --overwrite"
            begin = f"{found_by} " if found_by else ""
            raise ConfigError(f"{begin}{path}: expected a report of textrnn or nothing there, found {what}; {do}")
