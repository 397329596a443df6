from __future__ import annotations

import dataclasses
import errno
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from pipelines.caching.cache import DATA_FOLDER, RESUMABLE_SECONDS, STALE_SECONDS, Cache, Entry
from pipelines.caching.changes import explain_change
from pipelines.caching.keys import key_of
from pipelines.stages import find_stage
from pipelines.stages.stage import Stage
from textrnn.errors import DamagedFilesError, LockTimeoutError
from textrnn.evaluation.report import Report
from textrnn.storage.files import MANIFEST, canonical_json

STAGE = find_stage("evaluate")
MADE = {"at": "then", "seconds": 1.0, "host": "here", "reasons": ["never run"]}


def preimage(number: int, stage: Stage = STAGE) -> dict[str, Any]:
    parts = {"format": 1, "params": {}, "inputs": {}, "code": {}, "libraries": {}, "python": "3"}
    return {"stage": stage.name, "number": number, **parts}


def keyed(number: int, stage: Stage = STAGE) -> str:
    return key_of(preimage(number, stage))


def put(cache: Cache, number: int, report: Report | None = None, stage: Stage = STAGE) -> Entry:
    noun = report or Report({"number": number}, "page")
    return cache.commit(stage, keyed(number, stage), noun, preimage(number, stage), MADE)


def names(cache: Cache) -> set[str]:
    """All that stands in the cache but its locks."""
    files = {path.relative_to(cache.root).as_posix() for path in cache.root.rglob("*") if path.is_file()}
    return {name for name in files if not name.startswith("locks/")}


def quiet(line: str) -> None:
    raise AssertionError(line)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def test_what_is_committed_is_found_and_read(cache: Cache) -> None:
    assert cache.find("evaluate", keyed(1)) is None
    entry = put(cache, 1, Report({"a": [1]}, "näh"))
    found = cache.find("evaluate", keyed(1))
    assert found == entry
    assert cache.read(entry, STAGE) == Report({"a": [1]}, "näh")
    assert (entry.stage, entry.key) == ("evaluate", keyed(1))
    assert entry.size == sum(path.stat().st_size for path in (entry.folder / DATA_FOLDER).iterdir())
    assert cache.entries() == [entry]
    assert cache.verify() == {}
    assert not list((cache.root / "tmp").iterdir())


def test_content_is_of_the_bytes_alone(cache: Cache, tmp_path: Path) -> None:
    one, two, three = put(cache, 1, Report({}, "a")), put(cache, 2, Report({}, "a")), put(cache, 3, Report({}, "b"))
    assert one.content == two.content != three.content
    assert put(Cache(tmp_path / "other"), 1, Report({}, "a")).content == one.content


def test_another_stage_or_key_is_another_result(cache: Cache) -> None:
    entry = put(cache, 1)
    assert cache.find("evaluate", keyed(2)) is None
    shutil.copytree(entry.folder, cache.entry_folder("bundle", keyed(1)))
    assert cache.find("bundle", keyed(1)) is None, "the manifest says whose it is"
    shutil.copytree(entry.folder, cache.entry_folder("evaluate", keyed(2)))
    assert cache.find("evaluate", keyed(2)) is None


@dataclasses.dataclass(frozen=True)
class Failing:
    """A noun whose saving breaks off."""

    error: BaseException

    def save(self, folder: Path) -> None:
        Report({}, "half").save(folder)
        raise self.error


@pytest.mark.parametrize("error", [OSError("no space"), KeyboardInterrupt(), ValueError("bad")])
def test_a_commit_that_fails_leaves_nothing(cache: Cache, error: BaseException) -> None:
    with pytest.raises(type(error)):
        put(cache, 1, Failing(error))  # type: ignore[arg-type]
    assert names(cache) == set()
    put(cache, 1)
    before = names(cache)
    with pytest.raises(type(error)):
        put(cache, 1, Failing(error))  # type: ignore[arg-type]
    assert names(cache) == before
    assert cache.find("evaluate", keyed(1)) is not None


def test_a_second_commit_takes_the_place_of_the_first(cache: Cache) -> None:
    put(cache, 1, Report({}, "old"))
    entry = put(cache, 1, Report({}, "new"))
    assert cache.read(entry, STAGE).html == "new"
    assert len(cache.entries()) == 1


# --- damage ---------------------------------------------------------------------------------------


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_flipped_byte_anywhere_in_the_data_is_seen_when_read(cache: Cache) -> None:
    entry = put(cache, 1)
    for path in (entry.folder / DATA_FOLDER).iterdir():
        for at in range(path.stat().st_size):
            flip(path, at)
            with pytest.raises(DamagedFilesError, match=path.name):
                cache.read(entry, STAGE)
            flip(path, at)
    assert cache.read(entry, STAGE) == Report({"number": 1}, "page")


def test_a_flipped_byte_anywhere_in_the_manifest_gives_no_wrong_result(cache: Cache) -> None:
    entry = put(cache, 1)
    path = entry.folder / MANIFEST
    for at in range(path.stat().st_size):
        flip(path, at)
        found = cache.find("evaluate", keyed(1))
        if found is not None:
            # only what is for people may differ: nothing else is trusted unseen
            assert {**found.manifest, "made": MADE} == {**entry.manifest, "made": MADE}, at
            assert cache.read(found, STAGE) == Report({"number": 1}, "page")
            assert explain_change(found.manifest["preimage"], preimage(1)) == []
        flip(path, at)
    assert cache.find("evaluate", keyed(1)) == entry


@pytest.mark.parametrize("name", ["report.json", "report.html"])
@pytest.mark.parametrize("damage", ["cut", "longer", "gone", "a link", "a folder"])
def test_files_that_are_not_as_listed_make_a_miss(cache: Cache, name: str, damage: str, tmp_path: Path) -> None:
    entry = put(cache, 1)
    path = entry.folder / DATA_FOLDER / name
    data = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(data[:-1])
    elif damage == "longer":
        path.write_bytes(data + b" ")
    elif damage == "a link":
        (tmp_path / "elsewhere").write_bytes(data)
        os.symlink(tmp_path / "elsewhere", path)
    elif damage == "a folder":
        path.mkdir()
    assert cache.find("evaluate", keyed(1)) is None
    with pytest.raises(DamagedFilesError, match=name):
        cache.read(entry, STAGE)
    assert list(cache.verify()) == [str(entry.folder)]


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"{}", b"\xff", b'{"files": {}}', b'{"files": {"a": 1}}'])
def test_without_a_whole_manifest_there_is_no_result(cache: Cache, content: bytes | None) -> None:
    entry = put(cache, 1)
    (entry.folder / MANIFEST).unlink()
    if content is not None:
        (entry.folder / MANIFEST).write_bytes(content)
    assert cache.find("evaluate", keyed(1)) is None
    assert cache.entries() == []
    assert list(cache.verify()) == [str(entry.folder)]
    put(cache, 1)
    assert cache.verify() == {}


def test_a_manifest_cannot_name_files_outside(cache: Cache) -> None:
    entry = put(cache, 1)
    manifest = json.loads((entry.folder / MANIFEST).read_text("utf-8"))
    manifest["files"]["../manifest.json"] = {"sha256": "0", "size": 1}
    (entry.folder / MANIFEST).write_bytes(canonical_json(manifest))
    assert cache.find("evaluate", keyed(1)) is None


def test_only_what_is_damaged_is_discarded(cache: Cache) -> None:
    entry = put(cache, 1)
    cache.discard(entry)
    assert cache.find("evaluate", keyed(1)) == entry, "another process made it again meanwhile"
    flip(entry.folder / DATA_FOLDER / "report.html", 0)
    cache.discard(entry)
    assert not entry.folder.exists()


def test_verify_names_every_damaged_one(cache: Cache) -> None:
    entries = [put(cache, number) for number in range(4)]
    flip(entries[1].folder / DATA_FOLDER / "report.html", 2)
    shutil.rmtree(entries[2].folder / DATA_FOLDER)
    assert set(cache.verify()) == {str(entries[1].folder), str(entries[2].folder)}


def test_a_file_that_a_failing_disk_did_not_let_go_is_no_entry_and_is_collected_when_it_is_old(cache: Cache) -> None:
    entry = put(cache, 1)
    left = entry.folder.with_name(".trial.0123456789ab.tmp")
    left.write_bytes(b"")
    assert (cache.entries(), cache.verify()) == ([entry], {})
    kept = {("evaluate", entry.key)}
    assert cache.collect(lambda: kept, dry_run=False) == [], "it may be in use"
    os.utime(left, (1, 1))
    assert cache.collect(lambda: kept, dry_run=False) == [(str(left), 0)]
    assert not left.exists()
    assert cache.entries() == [entry]


# --- killed half way ------------------------------------------------------------------------------


def test_what_a_killed_process_set_aside_is_put_back_under_the_lock(cache: Cache) -> None:
    entry = put(cache, 1)
    os.rename(entry.folder, entry.folder.with_name(entry.folder.name + ".aside"))
    assert cache.find("evaluate", keyed(1)) is None, "finding touches nothing: its lock may be held"
    assert cache.entries() == []
    assert cache.verify() == {}
    with cache.locked("evaluate", keyed(1), timeout=1, log=quiet):
        assert cache.find("evaluate", keyed(1)) == entry


def test_what_was_set_aside_goes_when_its_successor_stands(cache: Cache) -> None:
    entry = put(cache, 1)
    aside = entry.folder.with_name(entry.folder.name + ".aside")
    shutil.copytree(entry.folder, aside)
    assert cache.entries() == [entry]
    with cache.locked("evaluate", keyed(1), timeout=1, log=quiet):
        assert not aside.exists()
    assert cache.find("evaluate", keyed(1)) == entry


# --- garbage --------------------------------------------------------------------------------------


def test_collecting_keeps_what_is_reached_and_removes_the_rest(cache: Cache) -> None:
    entries = [put(cache, number) for number in range(3)]
    keep = {("evaluate", keyed(1))}
    would = cache.collect(lambda: keep, dry_run=True)
    assert len(cache.entries()) == 3
    assert cache.collect(lambda: keep, dry_run=False) == would
    assert sorted(path for path, _ in would) == sorted(str(entries[number].folder) for number in (0, 2))
    assert all(size > 0 for _, size in would)
    assert cache.entries() == [entries[1]]
    assert cache.verify() == {}
    assert cache.collect(lambda: keep, dry_run=False) == []


def test_a_key_is_kept_for_its_own_stage_alone(cache: Cache) -> None:
    put(cache, 1)
    cache.collect(lambda: {("bundle", keyed(1))}, dry_run=False)
    assert cache.entries() == []


def test_what_a_running_process_holds_stays(cache: Cache) -> None:
    entry = put(cache, 1)
    work = cache.work_folder("evaluate", keyed(2))
    work.mkdir(parents=True)
    os.utime(work, (0, 0))
    with (
        cache.locked("evaluate", keyed(1), timeout=1, log=quiet),
        cache.locked("evaluate", keyed(2), timeout=1, log=quiet),
    ):
        assert cache.collect(set, dry_run=False) == []
    assert cache.entries() == [entry]
    assert sorted(path for path, _ in cache.collect(set, dry_run=False)) == sorted([str(entry.folder), str(work)])


def aged(path: Path, seconds: float) -> Path:
    path.mkdir(parents=True)
    os.utime(path, (time.time() - seconds, time.time() - seconds))
    return path


def test_checkpoints_of_the_last_week_stay(cache: Cache) -> None:
    young = aged(cache.work_folder("train", "1" * 64), RESUMABLE_SECONDS - 60)
    old = aged(cache.work_folder("train", "2" * 64), RESUMABLE_SECONDS + 60)
    kept = aged(cache.work_folder("train", "3" * 64), RESUMABLE_SECONDS + 60)
    assert cache.collect(lambda: {("train", "3" * 64)}, dry_run=False) == [(str(old), 0)]
    assert (young.exists(), old.exists(), kept.exists()) == (True, False, True)


def test_temp_folders_of_killed_processes_go_when_they_are_stale(cache: Cache) -> None:
    young, old = aged(cache.root / "tmp" / "a", 60), aged(cache.root / "tmp" / "b", STALE_SECONDS + 60)
    assert cache.collect(set, dry_run=True) == cache.collect(set, dry_run=False) == [(str(old), 0)]
    assert (young.exists(), old.exists()) == (True, False)


def test_temp_files_of_killed_writers_go_when_they_are_stale(cache: Cache) -> None:
    put(cache, 1)
    (cache.root / "history").mkdir()
    left = [cache.root / ".memo.json.0a.tmp", cache.root / "history" / ".a.json.0b.tmp"]
    for path in left:
        path.write_bytes(b"half")
    keep = {("evaluate", keyed(1))}
    assert cache.collect(lambda: keep, dry_run=False) == []
    for path in left:
        os.utime(path, (0, 0))
    assert cache.collect(lambda: keep, dry_run=False) == [(str(path), 4) for path in left]
    assert not any(path.exists() for path in left)


def test_what_was_set_aside_is_collected_with_its_own(cache: Cache) -> None:
    entry = put(cache, 1)
    aside = entry.folder.with_name(entry.folder.name + ".aside")
    os.rename(entry.folder, aside)
    assert cache.collect(lambda: {("evaluate", keyed(1))}, dry_run=False) == []
    with cache.locked("evaluate", keyed(1), timeout=1, log=quiet):
        pass
    assert cache.find("evaluate", keyed(1)) == entry
    os.rename(entry.folder, aside)
    assert [path for path, _ in cache.collect(set, dry_run=False)] == [str(aside)]


def test_removal_cut_short_leaves_no_result(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = put(cache, 1)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        cache.collect(set, dry_run=False)
    monkeypatch.undo()
    assert not entry.folder.exists(), "its name goes first, whole"
    assert cache.find("evaluate", keyed(1)) is None
    assert cache.verify() == {}
    put(cache, 1)
    assert cache.verify() == {}


def test_what_cannot_be_removed_is_not_reported_as_gone(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = put(cache, 1)

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError, match="Read-only") as caught:
        cache.collect(set, dry_run=False)
    assert caught.value.filename == str(entry.folder)
    assert cache.find("evaluate", keyed(1)) == entry


def test_an_empty_cache_has_nothing(cache: Cache) -> None:
    assert (cache.entries(), cache.verify(), cache.collect(set, dry_run=False)) == ([], {}, [])


# --- locks ----------------------------------------------------------------------------------------


def test_a_held_lock_is_waited_for_and_its_holder_named(cache: Cache) -> None:
    said: list[str] = []
    with cache.locked("evaluate", "k", timeout=1, log=quiet):
        begun = time.monotonic()
        with (
            pytest.raises(LockTimeoutError, match=f"still held by process {os.getpid()} on .* after 0.3 s"),
            cache.locked("evaluate", "k", timeout=0.3, log=said.append),
        ):
            raise AssertionError
        assert 0.2 < time.monotonic() - begun < 5
        with cache.locked("evaluate", "other", timeout=0, log=quiet):
            pass
    assert [line.startswith(f"waiting for process {os.getpid()}") for line in said] == [True]
    with cache.locked("evaluate", "k", timeout=0, log=quiet):
        pass


def test_a_lock_is_let_go_when_its_block_fails(cache: Cache) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), cache.locked("evaluate", "k", timeout=0, log=quiet):
            raise KeyError
