"""A copy of the working tree, for one worker: mutants are written there, and nowhere else."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".mutants"  # ignored by git
CODE = ("textrnn", "pipelines")
LEFT_OUT = (
    "tests/mutants/",
    "docs/mutants.md",
)  # the harness itself: it is not tested here, and may change between runs


def tracked_files() -> list[str]:
    """The files of the working tree that are no ignored ones, and the built libraries, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    kernels = ROOT / "textrnn" / "kernels"
    built = [path.relative_to(ROOT).as_posix() for end in ("so", "wasm") for path in sorted(kernels.glob(f"*.{end}"))]
    found = dict.fromkeys([*filter(None, listed), *built])
    return [name for name in found if (ROOT / name).is_file() and not name.startswith(LEFT_OUT)]


def digest_of(*texts: str | bytes) -> str:
    """SHA-256 of `texts`, each with its length."""
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode() if isinstance(text, str) else text
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()


def digest_tree(is_part: Callable[[str], bool]) -> str:
    """One digest of all files of the working tree that are code and part of what is asked."""
    names = [name for name in tracked_files() if name.endswith((".py", ".c", ".h")) and is_part(name)]
    return digest_of(*(part for name in sorted(names) for part in (name, (ROOT / name).read_bytes())))


def copy_tree(place: Path) -> Path:
    """Make `place` an equal copy of the working tree; what is equal already is left as it is, caches too."""
    names = tracked_files()
    for name in names:
        source, target = ROOT / name, place / name
        data = source.read_bytes()
        if not target.is_file() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            shutil.copystat(source, target)
            forget(target)
    kept = set(names)
    for folder in (*CODE, "tests", "configs", "benchmarks"):
        for path in (place / folder).rglob("*"):
            name = path.relative_to(place).as_posix()
            if path.is_file() and "__pycache__" not in name and name not in kept:
                path.unlink()
    return place


def forget(source: Path) -> None:
    """Remove what Python and pytest have compiled of `source`: they would go by its size and second."""
    for compiled in (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"):
        compiled.unlink()


@contextmanager
def mutated(place: Path, name: str, source: str) -> Iterator[None]:
    """Inside, the file `name` of the copy `place` holds `source`."""
    path = place / name
    before, stat = path.read_bytes(), path.stat()
    try:
        path.write_bytes(source.encode())
        forget(path)
        yield
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        forget(path)
