"""F3: a process dies at every open, write, fsync and rename of every commit; what is read is old or new."""

from __future__ import annotations

import ast
import os
import random
import shutil
from pathlib import Path

import pytest
from broken_disk import DEATHS, count_calls, die_at
from commits import COMMITS, Commit
from faulting import record, scaled
from running import TREE


@pytest.mark.parametrize("commit", COMMITS, ids=lambda commit: commit.name)
def test_dead_at_any_call_what_is_read_is_old_or_new(
    commit: Commit, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # what a power cut takes is worked out: no real disk is waited for
    base, whole = tmp_path / "base", tmp_path / "whole"
    base.mkdir()
    commit.before(base)
    shutil.copytree(base, whole)
    old = commit.read(shutil.copytree(base, tmp_path / "old"))
    names = count_calls(whole, lambda: commit.act(whole))
    new = commit.read(whole)
    cases = [
        (number, death) for number, name in enumerate(names) for death in DEATHS if death != "half" or name == "write"
    ]
    chosen = random.Random(0).sample(cases, min(scaled(len(cases), least=1), len(cases)))
    chosen.append((len(names), "cut"))  # what was done is there to stay
    held = 0
    for number, death in chosen:
        place = tmp_path / "place"
        shutil.copytree(base, place)
        die_at(place, lambda place=place: commit.act(place), number, death)
        name = [*names, "all done"][number]
        told = f"{commit.name}: {death} at call {number} ({name}) of {len(names)}"
        found = commit.read(place)
        assert found in ((old, new) if number < len(names) else (new,)), told
        commit.act(place)
        assert commit.read(place) == new, f"{told}: and done again"
        shutil.rmtree(place)
        held += 1
    record(request, "F3", rounds=len(chosen), held=held, note=f"{commit.name}, {len(names)} calls")


ALLOWED = {
    ("textrnn/storage/disk.py", "os.open"),
    ("textrnn/storage/disk.py", "tempfile"),  # under a limit of memory: what is begun, for who outlives it
    ("textrnn/storage/disk.py", "os.write"),
    ("textrnn/storage/disk.py", "os.replace"),
    ("textrnn/storage/disk.py", "mkdir"),
    ("textrnn/storage/disk.py", "unlink"),
    ("textrnn/storage/disk.py", "rmdir"),
    ("textrnn/storage/files.py", "os.rename"),
    ("pipelines/caching/cache.py", "os.rename"),  # a result moved to where it is deleted
    ("pipelines/caching/cache.py", "unlink"),
    ("textrnn/storage/locks.py", "mkdir"),
    ("textrnn/storage/locks.py", "os.open"),  # a lock: no byte of it counts
    ("pipelines/running/records.py", "unlink"),  # what killed writers left
    ("pipelines/runs/lock.py", "unlink"),  # the same
    ("pipelines/runs/removal.py", "os.rename"),  # a run moved to where it is deleted
    ("textrnn/storage/locks.py", "write_text"),  # who holds a lock: for people to read, and nothing depends on it
    ("textrnn/storage/appending.py", "os.open"),  # a log that grows line by line: no result, and a line cut off is one
    ("textrnn/storage/appending.py", "os.write"),
    ("textrnn/encoder/encoder_files.py", "open"),  # a member of an archive, to read
    ("textrnn/serving/processes.py", "tempfile"),  # counters that processes share, gone when they end
    ("textrnn/data/readers/datasets_folder.py", "tempfile"),  # for the caches of `datasets`, gone when they are read
    ("textrnn/data/readers/datasets_folder.py", "symlink_to"),  # there too: a name that Arrow can read
    ("pipelines/running/signals.py", "os.write"),  # to standard error
    ("pipelines/app.py", "os.open"),  # the null device
    ("pipelines/running/closed_streams.py", "os.open"),  # the null device, where a standard stream was closed
    ("pipelines/running/closed_streams.py", "open"),  # standard streams by their numbers
    ("pipelines/running/closed_streams.py", "os.write"),  # no byte: whether standard error is open
    ("pipelines/early_interrupt.py", "os.write"),  # to standard error
    ("textrnn/kernels/build.py", "unlink"),  # a library half built, while installing; Python alone is there
}
WRITING = {
    "mkdir", "unlink", "touch", "rmdir", "symlink_to", "hardlink_to", "savefig", "tofile", "to_csv",
    "save_file", "makedirs", "TemporaryDirectory", "NamedTemporaryFile", "mkstemp", "mkdtemp", "copyfile", "copytree",
    "copy2", "move", "truncate", "ftruncate", "link", "symlink", "removedirs", "renames", "pwrite", "writev", "savez",
    "savetxt", "memmap",
}  # fmt: skip
OF_OS = {"open", "write", "replace", "rename", "remove"}


def writes_of(path: Path) -> set[str]:
    """The calls in a source file that write on disk by themselves, or may do so."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import) and any(alias.name == "tempfile" for alias in node.names):
            found.add("tempfile")
        if not isinstance(node, ast.Call):
            continue
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        module = owner.id if isinstance(owner, ast.Name) else ""
        if module == "tempfile":
            continue
        if name in WRITING or (owner is not None and name in ("write_text", "write_bytes")):
            found.add(name)
        if module == "os" and name in OF_OS:
            found.add(f"os.{name}")
        if name == "open" and module != "os":
            # open(path, mode), path.open(mode), gzip.open(path, mode)
            modes = [*node.args[0 if owner is not None and module not in ("gzip", "lzma", "io") else 1 :]]
            modes += [keyword.value for keyword in node.keywords if keyword.arg == "mode"]
            if any(not (isinstance(mode, ast.Constant) and str(mode.value) in ("r", "rb")) for mode in modes):
                found.add("open")
    return found


def test_every_write_goes_through_the_one_writer() -> None:
    found = {
        (path.relative_to(TREE).as_posix(), name)
        for package in ("textrnn", "pipelines")
        for path in (TREE / package).rglob("*.py")
        for name in writes_of(path)
    }
    assert found == ALLOWED


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    for line, name in (
        ('open("a", "w")', "open"),
        ('open("a", mode="ab")', "open"),
        ('Path("a").open("w")', "open"),
        ("open(a, b)", "open"),
        ("os.rename(a, b)", "os.rename"),
        ("shutil.move(a, b)", "move"),
        ("save_file(a, b)", "save_file"),
        ("np.savez(a)", "savez"),
        ("a.write_text(b)", "write_text"),
    ):
        path.write_text(line, encoding="utf-8")
        assert writes_of(path) == {name}, line
    path.write_text('open("a")\nopen("a", "rb")\nPath("a").open()\ngzip.open(p, "rb")\n', encoding="utf-8")
    assert writes_of(path) == set()
