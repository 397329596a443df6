from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.caching.file_memo import FileMemo
from textrnn.storage.files import digest_file

LONG_AGO = 1_500_000_000 * 10**9


def write_old(path: Path, text: str, *, when: int = LONG_AGO) -> Path:
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(when, when))
    return path


def counted(found: list[Path]) -> Callable[[Path], str]:
    def find(path: Path) -> str:
        found.append(path)
        return path.read_text(encoding="utf-8")

    return find


def test_what_was_found_is_kept_between_runs(tmp_path: Path) -> None:
    file = write_old(tmp_path / "a", "one")
    memo = FileMemo(tmp_path / "memo.json")
    seen: list[Path] = []
    assert [memo.recall("text", file, counted(seen)) for _ in range(3)] == ["one"] * 3
    memo.save()
    assert FileMemo(tmp_path / "memo.json").recall("text", file, counted(seen)) == "one"
    assert seen == [file]


def test_kinds_are_kept_apart(tmp_path: Path) -> None:
    file = write_old(tmp_path / "a", "one")
    memo = FileMemo(tmp_path / "memo.json")
    assert memo.recall("text", file, lambda _: 1) == 1
    assert memo.recall("length", file, lambda _: 2) == 2
    assert memo.digest(file) == digest_file(file)


@pytest.mark.parametrize(
    ("text", "when"),
    [("two", LONG_AGO + 1), ("longer", LONG_AGO)],
    ids=["another time", "another size"],
)
def test_a_changed_file_is_read_again(tmp_path: Path, text: str, when: int) -> None:
    file = write_old(tmp_path / "a", "one")
    memo = FileMemo(tmp_path / "memo.json")
    before = memo.digest(file)
    write_old(file, text, when=when)
    assert memo.digest(file) == digest_file(file) != before


def test_another_file_moved_in_its_place_is_read_again(tmp_path: Path) -> None:
    file, other = write_old(tmp_path / "a", "one"), write_old(tmp_path / "b", "two")
    memo = FileMemo(tmp_path / "memo.json")
    before = memo.digest(file)
    os.replace(other, file)
    assert memo.digest(file) == digest_file(file) != before


def test_a_file_just_written_is_not_trusted(tmp_path: Path) -> None:
    # a second write within the clock's tick leaves size, time and inode as they were
    now = time.time_ns()
    file = write_old(tmp_path / "a", "one", when=now)
    memo = FileMemo(tmp_path / "memo.json")
    before = memo.digest(file)
    write_old(file, "two", when=now)
    assert memo.digest(file) == digest_file(file) != before


def test_a_file_from_the_future_is_not_trusted(tmp_path: Path) -> None:
    later = time.time_ns() + 3600 * 10**9
    file = write_old(tmp_path / "a", "one", when=later)
    memo = FileMemo(tmp_path / "memo.json")
    memo.digest(file)
    write_old(file, "two", when=later)
    assert memo.digest(file) == digest_file(file)


def test_without_trust_nothing_remembered_is_used(tmp_path: Path) -> None:
    file = write_old(tmp_path / "a", "one")
    memo = FileMemo(tmp_path / "memo.json")
    memo.digest(file)
    memo.save()
    write_old(file, "two")  # as if nothing had happened
    assert FileMemo(tmp_path / "memo.json").digest(file) != digest_file(file)
    assert FileMemo(tmp_path / "memo.json", trust=False).digest(file) == digest_file(file)


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", "null", "{}", '{"digest:a": 3}', '{"known": 3, "sha256": ""}', "[" * 100_000]
)
def test_a_damaged_memo_costs_only_time(tmp_path: Path, content: str) -> None:
    file = write_old(tmp_path / "a", "one")
    (tmp_path / "memo.json").write_text(content.replace("digest:a", f"digest:{file}"), encoding="utf-8")
    assert FileMemo(tmp_path / "memo.json").digest(file) == digest_file(file)


def test_no_byte_of_a_memo_can_change_what_is_found(tmp_path: Path) -> None:
    file = write_old(tmp_path / "a", "one")
    memo, path = FileMemo(tmp_path / "memo.json"), tmp_path / "memo.json"
    outline = {"definitions": {"f": "0"}, "imports": ["m"]}
    assert memo.recall("outline", file, lambda _: outline) == outline
    memo.digest(file)
    memo.save()
    data = path.read_bytes()
    for at in range(len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        again = FileMemo(path)
        assert again.recall("outline", file, lambda _: outline) == outline, f"byte {at}"
        assert again.digest(file) == digest_file(file), f"byte {at}"
    path.write_text(data.decode().replace("definitions", "renamed"), encoding="utf-8")
    assert FileMemo(path).recall("outline", file, lambda _: outline) == outline


def test_a_memo_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    file = write_old(tmp_path / "a", "one")
    memo = FileMemo(file / "memo.json")  # below a file
    memo.digest(file)
    memo.save()
    assert not (file / "memo.json").exists()


def test_a_name_that_is_no_unicode_is_remembered_too(tmp_path: Path) -> None:
    file = write_old(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")), "one")
    memo = FileMemo(tmp_path / "memo.json")
    memo.digest(file)
    memo.save()
    seen: list[Path] = []
    again = FileMemo(tmp_path / "memo.json")
    assert again.recall("digest", file, counted(seen)) == digest_file(file)
    assert not seen
