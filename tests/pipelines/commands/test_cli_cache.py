from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from running import Call

from pipelines.caching.cache import Cache
from pipelines.stages import needed_for

NAMES = [stage.name for stage in needed_for("bundle")]


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def stages(place: Path) -> dict[str, int]:
    """How many results each stage has."""
    folders = list((place / ".textrnn" / "entries").glob("*/*"))
    return {name: sum(path.parent.name == name for path in folders) for name in NAMES}


def test_list_shows_every_result(place: Path, textrnn: Call) -> None:
    rows = textrnn("cache", "list", "--json").json
    assert sorted(row["stage"] for row in rows) == sorted(NAMES)
    assert all(row["bytes"] > 0 and len(row["key"]) == len(row["content"]) == 64 for row in rows)
    lines = textrnn("cache", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(NAMES)
    assert lines[0].split()[1] == rows[0]["key"][:12]


@pytest.mark.parametrize("name", NAMES)
def test_verify_finds_a_flipped_byte_in_any_stage(name: str, place: Path, textrnn: Call) -> None:
    assert textrnn("cache", "verify").out == "14 entries, 0 damaged\n"
    (folder,) = (place / ".textrnn" / "entries" / name).iterdir()
    victim = sorted((folder / "data").iterdir())[0]
    flip(victim)
    ended = textrnn("cache", "verify", "--json")
    assert ended.code == 1
    assert list(ended.json) == [str(folder)]
    assert victim.name in ended.error


def test_collecting_keeps_what_the_last_runs_reach(place: Path, textrnn: Call) -> None:
    for size in (50, 60):
        assert textrnn("vocabulary", "-s", f"vocabulary.max_size={size}").code == 0
    assert stages(place)["vocabulary"] == 3
    would = textrnn("cache", "gc", "--keep", "2", "--dry-run", "--json").json
    assert stages(place) == {**dict.fromkeys(NAMES, 1), "vocabulary": 3}
    # the two last runs went to the vocabulary only: the whole run before them is out of reach
    assert sorted(Path(row["path"]).parent.name for row in would) == sorted(["vocabulary", *NAMES[3:]])
    assert textrnn("cache", "gc", "--keep", "3", "--json").json == []
    # the whole run again: now it is the last
    assert textrnn("run", "--json").ran() == []
    shown = textrnn("cache", "gc", "--keep", "1")
    assert shown.out.splitlines()[-1].endswith("MB removed")
    assert stages(place) == dict.fromkeys(NAMES, 1)
    assert textrnn("cache", "verify").code == 0
    assert textrnn("run", "--json").ran() == []


def test_collecting_all(place: Path, textrnn: Call) -> None:
    gone = textrnn("cache", "gc", "--keep", "0", "--json").json
    assert len(gone) == 14
    assert stages(place) == dict.fromkeys(NAMES, 0)
    assert textrnn("predict", "a fine soup").code == 0, "models are no part of the cache"
    assert textrnn("vocabulary", "--json").ran() == NAMES[:3]


def test_collecting_leaves_what_is_held(place: Path, textrnn: Call) -> None:
    key = textrnn("plan", "--json").json[2]["key"]
    with Cache(place / ".textrnn").locked("vocabulary", key, timeout=1, log=print):
        textrnn("cache", "gc", "--keep", "0")
    assert stages(place) == {**dict.fromkeys(NAMES, 0), "vocabulary": 1}


def test_collecting_removes_what_killed_processes_left(place: Path, textrnn: Call) -> None:
    left = place / ".textrnn" / "tmp" / "0"
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"x" * 1000)
    os.utime(left, (time.time() - 7200, time.time() - 7200))
    assert textrnn("cache", "gc", "--json").json == [{"path": str(left), "bytes": 1000}]
    assert not left.exists()


def test_two_names_on_one_cache_keep_each_others_results(place: Path, textrnn: Call) -> None:
    shutil.copy(place / "textrnn.toml", place / "other.toml")
    assert textrnn("vocabulary", "-c", "other.toml", "-s", "vocabulary.max_size=50").code == 0
    assert textrnn("cache", "gc", "--keep", "1", "--json").json == []
    assert stages(place)["vocabulary"] == 2
