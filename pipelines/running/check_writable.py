"""A place to write to: what stands in the way of a file or folder there."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from textrnn.storage.disk import probe_folder
from textrnn.storage.files import ASIDE_SUFFIX

if sys.platform == "linux":
    import fcntl

TEMPORARY_NAME_BYTES = (
    18  # bytes that the name of an unfinished file is longer than the file's: a dot, 12 digits, ".tmp"
)
GET_FLAGS, IMMUTABLE, APPEND_ONLY = 0x80086601, 0x10, 0x20  # FS_IOC_GETFLAGS and two of them, linux/fs.h
CAP_FOWNER = 1 << 3  # linux/capability.h
DISK_FAILS = (errno.ENOSPC, errno.EDQUOT, errno.EIO)  # no mistake of the user: another path may do no better


@dataclass(frozen=True)
class OutputPath:
    """A file or folder that a run will write; `kind` says what it belongs to: runs, models or cache.

    A folder that is `replaced` as a whole is renamed, and another is built next to it.
    """

    path: Path
    kind: str
    is_folder: bool = False
    replaced: bool = False

    @property
    def longest_name(self) -> int:
        """Bytes of the longest name that stands for it at any time."""
        return len(os.fsencode(self.path.name)) + (
            len(ASIDE_SUFFIX) if self.replaced else 0 if self.is_folder else TEMPORARY_NAME_BYTES
        )


def find_write_obstacle(path: Path, *, is_folder: bool = False) -> str:
    """Why a file, or a folder, cannot be written at `path`, in words, or ""; tried, and nothing is left behind. Raises
    OSError where the disk fails.
    """
    return describe_obstacle(OutputPath(path, "", is_folder), {})


def describe_obstacle(place: OutputPath, tried: dict[Path, str]) -> str:
    """Why `place` cannot be written, in words, or ""; `tried` are folders, and what was found wrong with them. Raises
    OSError where the disk fails.
    """
    try:
        there = _nearest(place.path)
    except OSError as error:
        if error.errno in DISK_FAILS:
            raise
        return _in_words(error, place.path)
    present = there == place.path
    if present and there.is_dir() != place.is_folder:
        return "a folder is there" if there.is_dir() else "a file is there"
    if not present and not there.is_dir():
        return f"{there} is a file"
    if present and not (place.is_folder and not place.replaced):
        there = Path(os.path.realpath(there))
        if wrong := _why_not_replaceable(there) or (_refused(there, tried) if place.is_folder else ""):
            return wrong
        there = there.parent
    return _too_long(place, there) or _refused(there, tried)


def _nearest(path: Path) -> Path:
    """`path`, or the nearest above it that is there, links followed. Raises OSError, for a link to nothing too."""
    while True:
        try:
            path.stat()
            return path
        except (FileNotFoundError, NotADirectoryError):
            if path.is_symlink():
                raise OSError(errno.ENOENT, f"it is a broken link to {os.readlink(path)}") from None
            if path == path.parent:
                raise
        path = path.parent


def _too_long(place: OutputPath, there: Path) -> str:
    """Whether a name of `place` would be too long for the folder `there`, in words, or ""."""
    if not hasattr(os, "pathconf"):
        return ""
    most, longest = os.pathconf(there, "PC_NAME_MAX"), place.longest_name
    return (
        f"its name is too long: {longest} bytes with the suffix that is added, {most} at most" if longest > most else ""
    )


def _why_not_replaceable(path: Path) -> str:
    """Why what stands at `path` cannot be replaced though its folder can be written to, in words, or ""."""
    if str(path) in _mount_points():
        return "it is a mount point, which cannot be replaced"
    owners = path.stat().st_uid, path.parent.stat().st_uid
    if path.parent.stat().st_mode & stat.S_ISVTX and hasattr(os, "geteuid") and not _may_act_as(*owners):
        return "it belongs to somebody else, in a folder where only the owner may replace it"
    return "it is marked as immutable (chattr -i)" if _is_immutable(path) else ""


def _may_act_as(*owners: int) -> bool:
    """Whether this process is one of the `owners` of a file, or has the rights of every owner, as root mostly has."""
    if os.geteuid() in owners:
        return True
    try:
        status = Path("/proc/self/status").read_text("ascii", "replace")
    except OSError:
        return os.geteuid() == 0
    return bool(int(status.partition("CapEff:")[2].split()[0], 16) & CAP_FOWNER)


def _is_immutable(path: Path) -> bool:
    """Whether a file may be neither changed nor replaced, not even by root; elsewhere than on Linux: no."""
    if sys.platform != "linux":
        return False
    flags = bytearray(8)
    with contextlib.suppress(OSError), open(path, "rb") as file:
        fcntl.ioctl(file.fileno(), GET_FLAGS, flags)
    return bool(int.from_bytes(flags[:4], sys.byteorder) & (IMMUTABLE | APPEND_ONLY))


def _refused(folder: Path, tried: dict[Path, str]) -> str:
    """Why nothing can be written in `folder`, in words, or ""; found out with an empty file, which goes at once."""
    if folder not in tried:
        tried[folder] = ""
        try:
            probe_folder(folder)
        except OSError as error:
            if error.errno in DISK_FAILS:
                raise
            tried[folder] = _in_words(error, folder)
    return tried[folder]


def _in_words(error: OSError, path: Path) -> str:
    if error.filename is None:
        return str(error.strerror)
    return f"{error.filename or path} cannot be written to ({error.strerror})"


@functools.cache
def _mount_points() -> frozenset[str]:
    """Where file systems are mounted, on Linux; elsewhere nothing is known."""
    found = set[str]()
    if sys.platform == "linux":
        with contextlib.suppress(OSError), open("/proc/self/mountinfo", "rb") as file:
            for line in file:
                place = re.sub(rb"\\([0-7]{3})", lambda code: bytes([int(code[1], 8)]), line.split(b" ")[4])
                found.add(os.fsdecode(place))
    return frozenset(found)
