from __future__ import annotations

import errno
import json
import math
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import environment

from textrnn.errors import DamagedFilesError
from textrnn.storage import disk, files
from textrnn.storage.files import (
    MANIFEST,
    canonical_json,
    commit_folder,
    content_digest,
    describe_files,
    digest_bytes,
    digest_file,
    digest_json,
    find_damage,
    list_files,
    open_atomic,
    read_json,
    read_manifest,
    replace_folder,
    restore_aside,
    write_bytes,
    write_json,
    write_manifest,
    write_text,
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def turned(value: Any) -> Any:
    """An equal value whose dicts were filled in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(item) for key, item in reversed(value.items())}
    return [turned(item) for item in value] if isinstance(value, list) else value


# --- JSON and digests -------------------------------------------------------------------------


@given(plain)
def test_canonical_json_says_the_value_and_nothing_of_its_order(value: Any) -> None:
    data = canonical_json(value)
    assert json.loads(data) == value
    assert canonical_json(turned(value)) == data
    assert canonical_json(json.loads(data)) == data
    assert data == data.strip()


@given(plain, plain)
def test_other_values_have_other_bytes(a: Any, b: Any) -> None:
    # 1, 1.0 and True are equal in Python and different here
    assert (canonical_json(a) == canonical_json(b)) == (json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True))


def test_numbers_and_truth_are_kept_apart() -> None:
    assert len({canonical_json(value) for value in (1, 1.0, True, "1", None, [1])}) == 6
    assert canonical_json((1, 2)) == canonical_json([1, 2])
    assert canonical_json("\ud800") == b'"\xed\xa0\x80"'


@pytest.mark.parametrize("value", [{1: 2}, {"a": {None: 1}}, {1, 2}, b"x", Path("x"), object(), [1, 1j]])
def test_what_is_not_plain_json_raises(value: object, tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)
    with pytest.raises(TypeError):
        write_json(tmp_path / "x", value)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("value", [math.nan, math.inf, [-math.inf]])
def test_numbers_that_json_has_not_raise(value: object) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(value)


def test_digests_are_sha256(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc" * 500_000)  # more than one piece
    assert digest_bytes(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_file(tmp_path / "x") == digest_bytes(b"abc" * 500_000)
    assert digest_json({"b": 1, "a": 2}) == digest_bytes(b'{"a":2,"b":1}')


# --- one file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("old", [b"old", None])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_what_was_there(old: bytes | None, error: BaseException, tmp_path: Path) -> None:
    path = tmp_path / "file"
    if old is not None:
        path.write_bytes(old)

    def fail() -> None:
        with open_atomic(path) as file:
            file.write(b"half of the n")
            file.flush()
            assert not path.exists() or path.read_bytes() == old
            raise error

    with pytest.raises(type(error)):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == (["file"] if old is not None else [])
    assert old is None or path.read_bytes() == old


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_what_was_there(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "bad disk")

    monkeypatch.setattr(disk.os, call, fail)
    with pytest.raises(OSError, match="bad disk") as caught:
        write_bytes(path, b"new")
    assert caught.value.filename == str(path), "the file that is meant, not the temporary one"
    assert path.read_bytes() == b"old"
    assert list_files(tmp_path) == ["file"]


def test_a_write_is_synced_before_it_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(disk.os, name, lambda *a, name=name, real=real: (calls.append(name), real(*a))[1])
    write_bytes(tmp_path / "sub" / "file", b"new")
    assert calls == ["fsync", "fsync", "replace", "fsync"]  # the name of its folder, the file, its own name
    assert (tmp_path / "sub" / "file").read_bytes() == b"new"


@pytest.mark.parametrize("limit", [0, 1, 127, 128, 129, 500, 927])
def test_an_array_that_finds_no_room_is_never_taken_for_whole(limit: int, tmp_path: Path) -> None:
    # numpy writes past Python into a file that shows a descriptor, and does not see the last bytes fail
    child = os.fork()
    if child == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            with open_atomic(tmp_path / "a.npy") as file:
                np.save(file, np.arange(100), allow_pickle=False)  # 928 bytes
        except OSError as error:
            code = 0 if error.errno == errno.EFBIG and error.filename == str(tmp_path / "a.npy") else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert list_files(tmp_path) == []


@pytest.mark.parametrize("taken", [1, 7, 1000])
def test_a_disk_that_takes_little_at_a_time_gets_all(
    taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, data = os.write, bytes(range(256)) * 40
    monkeypatch.setattr(disk.os, "write", lambda where, what: real(where, bytes(what)[:taken]))
    write_bytes(tmp_path / "file", data)
    with open_atomic(tmp_path / "a.npy") as file:
        np.save(file, np.arange(100), allow_pickle=False)
    monkeypatch.undo()
    assert (tmp_path / "file").read_bytes() == data
    assert np.array_equal(np.load(tmp_path / "a.npy"), np.arange(100))


def test_a_disk_that_takes_nothing_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk.os, "write", lambda *_: 0)
    with pytest.raises(OSError, match="no bytes were written"):
        write_bytes(tmp_path / "file", b"new")
    assert list_files(tmp_path) == []


def test_what_waits_is_not_written_once_the_block_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(disk.os, "write", full)
    with pytest.raises(KeyboardInterrupt), open_atomic(tmp_path / "file") as file:
        file.write(b"waits")
        raise KeyboardInterrupt  # a full disk does not hide who stopped it
    assert list_files(tmp_path) == []


def test_json_that_is_nested_too_deeply_is_no_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(ValueError, match="nested too deeply"):
        read_json(tmp_path / "a.json")


def test_a_file_that_cannot_be_read_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bad(path: Path) -> str:
        raise OSError(errno.EIO, "Input/output error", str(path))

    write_bytes(tmp_path / "a", b"1")
    monkeypatch.setattr(files, "digest_file", bad)
    described = {"a": {"sha256": digest_bytes(b"1"), "size": 1}}
    assert find_damage(tmp_path, described) == f"{tmp_path / 'a'}: cannot be read: Input/output error"


def test_json_and_text_are_the_same_bytes_everywhere(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": "é\n", "a": [1, 2.5, None]})
    assert (tmp_path / "a.json").read_bytes() == '{\n "a": [\n  1,\n  2.5,\n  null\n ],\n "b": "é\\n"\n}\n'.encode()
    assert read_json(tmp_path / "a.json") == {"a": [1, 2.5, None], "b": "é\n"}
    write_text(tmp_path / "a.txt", "é\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa9\n"


# --- sealed folders ---------------------------------------------------------------------------


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    write_bytes(folder / "a.bin", b"0123456789")
    write_bytes(folder / "sub" / "b.bin", b"abc")
    write_bytes(folder / "README.md", b"edit me")
    write_manifest(folder, {"format": 1}, leave_out=frozenset({"README.md"}))
    return folder


def damage_of(folder: Path) -> str | None:
    return find_damage(folder, read_manifest(folder)["files"])


def test_a_sealed_folder_is_whole(sealed: Path) -> None:
    manifest = read_manifest(sealed)
    assert manifest["format"] == 1
    assert sorted(manifest["files"]) == ["a.bin", "sub/b.bin"]
    assert manifest["files"]["sub/b.bin"] == {"sha256": digest_bytes(b"abc"), "size": 3}
    assert damage_of(sealed) is None
    (sealed / "README.md").write_bytes(b"edited")
    assert damage_of(sealed) is None


def flip(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"!")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def link(path: Path) -> None:
    elsewhere = path.parent.parent / "elsewhere"
    os.replace(path, elsewhere)
    path.symlink_to(elsewhere)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (flip, "its bytes differ"),
        (append, "bytes, found"),
        (truncate, "bytes, found"),
        (Path.unlink, "missing or not a plain file"),
        (link, "missing or not a plain file"),
        (make_folder, "missing or not a plain file"),
    ],
)
@pytest.mark.parametrize("name", ["a.bin", "sub/b.bin"])
def test_damage_is_found_and_named(name: str, damage: Callable[[Path], None], words: str, sealed: Path) -> None:
    damage(sealed / name)
    found = damage_of(sealed)
    assert found is not None
    assert words in found
    assert str(sealed / name) in found


def test_without_digests_only_presence_and_size_count(sealed: Path) -> None:
    flip(sealed / "a.bin")
    assert find_damage(sealed, read_manifest(sealed)["files"], digests=False) is None
    append(sealed / "a.bin")
    assert find_damage(sealed, read_manifest(sealed)["files"], digests=False) is not None


@pytest.mark.parametrize("name", ["../outside", "sub/../../outside", "/etc/hostname", "a\0b"])
def test_names_that_lead_out_of_the_folder_are_damage(name: str, sealed: Path) -> None:
    (sealed.parent / "outside").write_bytes(b"abc")
    entry = {"sha256": digest_bytes(b"abc"), "size": 3}
    assert "missing or not a plain file" in (find_damage(sealed, {name: entry}) or "")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'"files"',
        b"\xff\xfe",
        b"{}",
        b'{"files": []}',
        b'{"files": {"a": 1}}',
        b'{"files": {"a": {"sha256": 1, "size": 1}}}',
        b'{"files": {"a": {"sha256": "", "size": "1"}}}',
        b"[" * 100_000,
    ],
)
def test_a_manifest_that_is_none_is_damage(data: bytes, sealed: Path) -> None:
    (sealed / MANIFEST).write_bytes(data)
    with pytest.raises(DamagedFilesError, match=MANIFEST) as caught:
        read_manifest(sealed)
    assert "\n" not in str(caught.value)


def test_no_manifest_means_not_complete(sealed: Path) -> None:
    (sealed / MANIFEST).unlink()
    with pytest.raises(DamagedFilesError, match="the folder is not complete"):
        read_manifest(sealed)
    with pytest.raises(DamagedFilesError):
        read_manifest(sealed / "absent")


def test_the_content_digest_follows_names_and_bytes(sealed: Path) -> None:
    first = content_digest(describe_files(sealed))
    os.rename(sealed / "a.bin", sealed / "c.bin")
    assert content_digest(describe_files(sealed)) != first
    os.rename(sealed / "c.bin", sealed / "a.bin")
    assert content_digest(describe_files(sealed)) == first
    flip(sealed / "a.bin")
    assert content_digest(describe_files(sealed)) != first


# --- folders that take another's place --------------------------------------------------------


def make(folder: Path, data: bytes) -> Path:
    write_bytes(folder / "file", data)
    return folder


def test_a_folder_is_committed_whole(tmp_path: Path) -> None:
    commit_folder(make(tmp_path / "new", b"new"), tmp_path / "deep" / "final")
    assert (tmp_path / "deep" / "final" / "file").read_bytes() == b"new"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("there", [True, False])
def test_replacing_leaves_only_the_new(there: bool, tmp_path: Path) -> None:
    final = tmp_path / "final"
    if there:
        make(final, b"old")
        make(final / "more", b"old")
    replace_folder(make(tmp_path / "new", b"new"), final)
    assert [path.name for path in tmp_path.iterdir()] == ["final"]
    assert list_files(final) == ["file"]
    assert (final / "file").read_bytes() == b"new"


@pytest.mark.parametrize("kill", [1, 2, 3])
def test_killed_at_any_rename_one_of_the_two_is_found_whole(
    kill: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final, real = make(tmp_path / "final", b"old"), os.rename
    renames = iter(range(1, 100))

    def rename(old: Path, new: Path) -> None:
        if next(renames) >= kill:
            raise KeyboardInterrupt("killed: nothing is renamed or removed any more")
        real(old, new)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "rename", rename)
        patch.setattr(files.shutil, "rmtree", lambda *_, **__: None)
        try:
            replace_folder(make(tmp_path / "new", b"new"), final)
        except KeyboardInterrupt:
            assert kill < 3
    assert final.exists() is (kill != 2)
    restore_aside(final)
    assert (final / "file").read_bytes() == (b"new" if kill == 3 else b"old")
    assert final.with_name("final.aside").exists() is (kill == 3), "a reader removes nothing"
    restore_aside(final, remove=True)
    assert not final.with_name("final.aside").exists()
    replace_folder(make(tmp_path / "newer", b"newer"), final)  # and life goes on
    assert (final / "file").read_bytes() == b"newer"


def test_where_the_new_cannot_move_in_the_old_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    final, real = make(tmp_path / "final", b"old"), os.rename

    def rename(old: Path, new: Path) -> None:
        if old == tmp_path / "new":
            raise OSError("no")
        real(old, new)

    monkeypatch.setattr(files.os, "rename", rename)
    with pytest.raises(OSError, match="no"):
        replace_folder(make(tmp_path / "new", b"new"), final)
    assert (final / "file").read_bytes() == b"old"


def test_a_reader_between_the_two_renames_does_not_stop_the_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final, real, met = make(tmp_path / "final", b"old"), os.rename, []

    def rename(old: Path, new: Path) -> None:
        real(old, new)
        if new.name == "final.aside" and len(met) < 3:
            met.append(new)
            restore_aside(final)  # what a reader does that finds no folder

    monkeypatch.setattr(files.os, "rename", rename)
    replace_folder(make(tmp_path / "new", b"new"), final)
    assert len(met) == 3
    assert (final / "file").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


def test_readers_that_never_let_go_leave_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    final, real = make(tmp_path / "final", b"old"), os.rename

    def rename(old: Path, new: Path) -> None:
        real(old, new)
        if new.name == "final.aside":
            restore_aside(final)

    monkeypatch.setattr(files.os, "rename", rename)
    with pytest.raises(OSError, match="final"):
        replace_folder(make(tmp_path / "new", b"new"), final)
    assert (final / "file").read_bytes() == b"old"


def test_a_new_folder_that_moves_in_while_the_old_one_is_put_back_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final, real = tmp_path / "final", os.rename
    make(tmp_path / "final.aside", b"old")
    make(tmp_path / "new", b"new")

    def rename(old: Path, new: Path) -> None:
        if old.name == "final.aside":
            real(tmp_path / "new", final)
        real(old, new)

    monkeypatch.setattr(files.os, "rename", rename)
    restore_aside(final)
    assert (final / "file").read_bytes() == b"new"


def test_an_old_folder_that_cannot_be_put_back_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "final.aside", b"old")

    def rename(old: Path, new: Path) -> None:
        raise PermissionError("no")

    monkeypatch.setattr(files.os, "rename", rename)
    with pytest.raises(OSError, match="no"):
        restore_aside(tmp_path / "final")


WRITER = """
import sys
from pathlib import Path
from textrnn.storage.files import replace_folder, write_bytes
final = Path(sys.argv[1])
for number in range(int(sys.argv[2])):
    write_bytes(final.parent / "new" / "file", b"%d" % number)
    replace_folder(final.parent / "new", final)
"""


def test_readers_and_a_writer_at_the_same_time(tmp_path: Path) -> None:
    final = make(tmp_path / "final", b"0")
    command = [sys.executable, "-c", WRITER, str(final), "60"]
    looks = 0
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True) as writer:
        while writer.poll() is None:
            restore_aside(final)
            looks += 1
        assert writer.stderr is not None
        assert writer.stderr.read() == ""
    assert writer.returncode == 0
    assert looks > 0
    assert (final / "file").read_bytes() == b"59"
