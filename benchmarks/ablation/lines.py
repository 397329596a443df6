"""ABLATION.jsonl: a result a line, and which of them still hold."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.caching.code import read_code
from pipelines.caching.file_memo import FileMemo
from pipelines.caching.keys import cache_key_params, library_versions
from pipelines.config import read_config
from pipelines.stages import needed_for
from textrnn.storage.files import digest_json

LAST_STAGE = "decide"
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Identity:
    """What a line is a result of: it holds as long as all of these are the same."""

    changes: tuple[str, ...]
    seed: int
    subset: str
    settings: str
    code: str


def settings_of(changes: Sequence[str], seed: int) -> list[str]:
    """All that a run of an arm is told by `--set`."""
    return [*changes, f"train.seed={seed}"]


def digest_settings(config: Path, changes: Sequence[str]) -> str:
    """A digest of every setting that the result can depend on, defaults too. Raises ConfigError."""
    read = read_config(str(config), changes)
    sections = sorted({name for stage in needed_for(LAST_STAGE) for name in stage.params})
    return digest_json({name: cache_key_params(read.section(name)) for name in sections})


def digest_code(memo: FileMemo) -> str:
    """A digest of the code that the stages reach, as the cache sees it (no comments), and of their libraries."""
    reached = {stage.name: read_code(stage.module, memo) for stage in needed_for(LAST_STAGE)}
    libraries = sorted({name for _, names in reached.values() for name in names})
    return digest_json([{name: code for name, (code, _) in reached.items()}, library_versions(libraries)])


def identity_of(line: Line) -> Identity:
    """The identity that stands in a line."""
    return Identity(tuple(line["changes"]), line["seed"], line["subset"], line["settings"], line["code"])


def write_identity(identity: Identity) -> dict[str, Any]:
    """The identity as a part of a line."""
    return {**asdict(identity), "changes": list(identity.changes)}


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The results in `path`, oldest first; a line that was not written to its end is none."""
    if not path.exists():
        return []
    return [read for line in path.read_bytes().split(b"\n") if (read := _parsed(line)) is not None]


def append_line(path: Path, line: Line) -> None:
    """Add one result: in one write, and on the disk when this returns. Raises OSError."""
    data = json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    before = path.read_bytes() if path.exists() else b""
    torn = before and not before.endswith(b"\n")
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, b"\n" + data if torn else data)
        os.fsync(file)
    finally:
        os.close(file)


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        read = json.loads(line)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None
