"""Parts of an output on disk: the rows that were finished before a command was killed."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from textrnn.errors import ConfigError, DamagedFilesError
from textrnn.storage.disk import make_folder, name_path_in_errors, open_atomic, remove_file, remove_folder
from textrnn.storage.files import canonical_json
from textrnn.storage.locks import folder_lock

PARTS_SUFFIX = ".parts"  # behind the name of the output
MAX_HEADER_BYTES = 1 << 16
_CHUNK = 1 << 20
_NAME = re.compile(r"(\d{8})\.part")
_UNFINISHED = re.compile(r"\.\d{8}\.part\.[0-9a-f]{12}\.tmp")
_NOT_RESUMED = "resume with the same model, input and options, or start over with --restart"


@dataclass(frozen=True)
class PartHeader:
    """What stands before the chunk of the output that a part holds, on a line of its own.

    `run` is all that the output depends on but for the input: other values, another output. The part is the one
    `number`, from 0; its `rows` begin behind `before` others, so many of its predictions are `rejected`, and so many
    rows are `bad`. When they were read, `read` bytes of the input had been, whose SHA-256 is `input`. The chunk has
    `size` bytes; `sha256` is that of the marker without it and the chunk.
    """

    run: Mapping[str, Any]
    number: int
    before: int
    rows: int
    rejected: int
    bad: int
    read: int
    input: str
    size: int
    sha256: str = ""


def with_digest(marker: PartHeader, chunk: bytes) -> PartHeader:
    """The `marker` with its digest."""
    bare = canonical_json(asdict(replace(marker, sha256="")))
    return replace(marker, sha256=hashlib.sha256(bare + b"\n" + chunk).hexdigest())


class Parts:
    """The parts of one output, in a folder next to it; nothing is there before there are two of them.

    `done` are the markers of those that are whole, in order; `warnings` says what was found damaged.
    """

    def __init__(self, output: Path, run: Mapping[str, Any]) -> None:
        self.folder = output.with_name(output.name + PARTS_SUFFIX)
        self.run = run
        self.done: list[PartHeader] = []
        self.warnings: list[str] = []
        self._held: list[bytes] = []
        self._stack, self._is_locked = ExitStack(), False

    @property
    def rows(self) -> int:
        """How many rows are in parts on disk."""
        return 0 if self._held or not self.done else self.done[-1].before + self.done[-1].rows

    def find(self, *, restart: bool) -> None:
        """Take over what a command before left, or remove it. Raises ConfigError, LockTimeoutError, OSError."""
        if not self.folder.is_symlink() and not self.folder.exists():
            return
        if self.folder.is_symlink() or not self.folder.is_dir():
            raise ConfigError(f"{self.folder}: expected a folder of parts or nothing, found something else; move it")
        self._lock()
        found = sorted(path.name for path in self.folder.iterdir())
        for name in found:
            path = self.folder / name
            if path.is_symlink() or not path.is_file() or not (_NAME.fullmatch(name) or _UNFINISHED.fullmatch(name)):
                raise ConfigError(f"{path}: expected parts that predict wrote, found something else; move it")
        if restart:
            self.remove()
            return
        numbers = [int(name.partition(".")[0]) for name in found if _NAME.fullmatch(name)]
        for number in range(max(numbers, default=-1) + 1):
            if not self._take_over(number):
                break

    def _take_over(self, number: int) -> bool:
        """Whether the part `number` is there and whole. Raises ConfigError where it belongs to another output."""
        path = self._path(number)
        try:
            marker, _ = read_part(path)
        except FileNotFoundError:
            return False
        except DamagedFilesError as error:
            self.warnings.append(f"{error}; it is predicted again, and all parts after it")
            return False
        if changed := changes(self.run, marker.run):
            raise ConfigError(
                f"{path}: expected a part of this output, found one made with other settings ({changed}); "
                f"{_NOT_RESUMED}"
            )
        last = self.done[-1] if self.done else None
        if (marker.number, marker.before) != (number, last.before + last.rows if last else 0):
            raise ConfigError(f"{path}: expected part {number}, found another part in its place; {_NOT_RESUMED}")
        self.done.append(marker)
        return True

    def require_input(self, met: bool) -> None:
        """Refuse, by ConfigError, an input that is not the one that the parts were made of."""
        if not met:
            raise ConfigError(
                f"{self.folder}: expected parts of this input, but its first {self.rows:,} rows changed; {_NOT_RESUMED}"
            )

    def add(self, chunk: bytes, **about: Any) -> None:
        """Keep a chunk; the first in memory, until there is a second. Raises LockTimeoutError, OSError."""
        last = self.done[-1] if self.done else None
        number, before = (last.number + 1, last.before + last.rows) if last else (0, 0)
        marker = with_digest(PartHeader(self.run, number, before, size=len(chunk), **about), chunk)
        if not self.done:
            self._held.append(chunk)
        else:
            if self._held:
                make_folder(self.folder)
                self._lock()
                write_part(self._path(0), self.done[0], self._held[0])
                self._held.clear()
            write_part(self._path(marker.number), marker, chunk)
        self.done.append(marker)

    def chunks(self) -> Iterator[bytes]:
        """All chunks in order. Raises DamagedFilesError where one changed on disk meanwhile."""
        if self._held:
            yield from self._held
            return
        for marker in self.done:
            found, chunk = read_part(path := self._path(marker.number))
            if found != marker:
                raise DamagedFilesError(f"{path}: expected the part that was written, found another; run again")
            yield chunk

    def remove(self) -> None:
        """Remove the parts, and the folder, unless there is something else in it. Raises OSError."""
        self.done.clear()
        if self.folder.is_dir() and not self.folder.is_symlink():
            for path in sorted(self.folder.iterdir(), reverse=True):  # of what is left the first parts stay
                if _NAME.fullmatch(path.name) or _UNFINISHED.fullmatch(path.name):
                    remove_file(path)
            remove_folder(self.folder)
        self.close()

    def close(self) -> None:
        """Let other commands write this output."""
        self._stack.close()
        self._is_locked = False

    def _lock(self) -> None:
        if not self._is_locked:
            self._stack.enter_context(folder_lock(self.folder, wait=False))
            self._is_locked = True

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08}.part"


def write_part(path: Path, marker: PartHeader, chunk: bytes) -> None:
    """Write a part, whole or not at all. Raises OSError."""
    with open_atomic(path) as file:
        file.write(canonical_json(asdict(marker)) + b"\n")
        file.write(chunk)


def read_part(path: Path) -> tuple[PartHeader, bytes]:
    """The marker and the chunk of a part. Raises OSError, DamagedFilesError."""
    with name_path_in_errors(path), open(path, "rb") as file:
        marker = _read_header(file.readline(MAX_HEADER_BYTES), path)
        chunk = file.read(marker.size + 1)
    if len(chunk) != marker.size or with_digest(marker, chunk) != marker:
        raise DamagedFilesError(f"{path}: expected a part and the {marker.size:,} bytes of its chunk, found others")
    return marker, chunk


def _read_header(line: bytes, path: Path) -> PartHeader:
    try:
        content = json.loads(line)
        marker = PartHeader(**content)
    except (ValueError, TypeError, RecursionError):
        raise DamagedFilesError(f"{path}: expected a part with its marker, found something else") from None
    kinds = {"run": dict, "input": str, "sha256": str}
    sound = all(type(content[field.name]) is kinds.get(field.name, int) for field in fields(PartHeader))
    counts = (marker.number, marker.before, marker.rejected, marker.bad, marker.read, marker.size)
    if not sound or min(counts) < 0 or marker.rows < 1:
        raise DamagedFilesError(f"{path}: expected a part with its marker, found something else")
    return marker


def changes(run: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """What differs between two runs, in words; "" where nothing does.

    >>> changes({"model": "a", "top": 3}, {"model": "b", "top": 3})
    'another model'
    """
    names: Sequence[str] = [name for name in {**run, **other} if run.get(name) != other.get(name)]
    return ", ".join(f"another {name}" for name in names[:3])
