from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from running import Call

from pipelines.caching.cache import DATA_FOLDER, Cache, Entry
from pipelines.caching.keys import key_of
from pipelines.running.records import last_key, reached_results, read_run, remember_results, write_run
from pipelines.runs.publication import publish, publish_file
from pipelines.stages import find_stage
from pipelines.stages.stage import Stage
from textrnn.errors import DamagedFilesError
from textrnn.evaluation.report import Report
from textrnn.model.folder import ModelFolder
from textrnn.storage.ownership import mark_page

PAGE = mark_page("page")
FILES = {name: name.encode() for name in ("config.json", "model.safetensors", "README.md")}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def put(cache: Cache, name: str, noun: object) -> Entry:
    stage: Stage = find_stage(name)
    parts = {"stage": name, "format": 1, "params": {}, "inputs": {}, "code": {}, "libraries": {}, "python": "3"}
    return cache.commit(stage, key_of(parts), noun, parts, {})


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- history --------------------------------------------------------------------------------------


def test_the_last_runs_of_each_name_are_remembered(cache: Cache, tmp_path: Path) -> None:
    for number in range(4):
        remember_results(cache, tmp_path, "a", {"load": "l", "train": f"t{number}"})
    remember_results(cache, tmp_path, "b", {"load": "m"})
    remember_results(cache, tmp_path / "other", "a", {"load": "n"})
    assert last_key(cache, tmp_path, "a", "train") == "t3"
    assert last_key(cache, tmp_path, "a", "bundle") is None
    assert last_key(cache, tmp_path, "b", "train") is None
    others = {("load", "m"), ("load", "n")}
    assert reached_results(cache, 1) == {("load", "l"), ("train", "t3"), *others}
    assert reached_results(cache, 2) == {("load", "l"), ("train", "t3"), ("train", "t2"), *others}


def test_a_run_that_goes_on_is_one_run(cache: Cache, tmp_path: Path) -> None:
    remember_results(cache, tmp_path, "a", {"load": "old", "train": "old"})
    for keys in ({"load": "l"}, {"load": "l", "tokenize": "t"}, {"load": "l", "tokenize": "t", "train": "r"}):
        remember_results(cache, tmp_path, "a", keys)
    assert reached_results(cache, 1) == {("load", "l"), ("tokenize", "t"), ("train", "r")}
    assert reached_results(cache, 2) == {
        ("load", "l"),
        ("tokenize", "t"),
        ("train", "r"),
        ("load", "old"),
        ("train", "old"),
    }


def test_a_run_of_one_stage_forgets_none_of_the_whole(cache: Cache, tmp_path: Path) -> None:
    remember_results(cache, tmp_path, "a", {"load": "l", "train": "t"})
    remember_results(cache, tmp_path, "a", {"load": "l"})
    remember_results(cache, tmp_path, "a", {"load": "l", "train": "t"})
    assert reached_results(cache, 1) == {("load", "l"), ("train", "t")}
    assert reached_results(cache, 2) == reached_results(cache, 1), "nothing new, no new run"


def test_history_does_not_grow_for_ever(cache: Cache, tmp_path: Path) -> None:
    for number in range(50):
        remember_results(cache, tmp_path, "a", {"load": str(number)})
    assert reached_results(cache, 1000) == {("load", str(number)) for number in range(30, 50)}


@pytest.mark.parametrize("content", ["", "{", "{}", "[3]", '[{"keys": 3}]', "null"])
def test_a_damaged_history_is_none(cache: Cache, tmp_path: Path, content: str) -> None:
    remember_results(cache, tmp_path, "a", {"load": "l"})
    next((cache.root / "history").iterdir()).write_text(content, encoding="utf-8")
    assert reached_results(cache, 3) == set()
    assert last_key(cache, tmp_path, "a", "load") is None
    remember_results(cache, tmp_path, "a", {"load": "l"})
    assert reached_results(cache, 3) == {("load", "l")}


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_run(tmp_path, "a") is None
    write_run(tmp_path, "a", {"exit": 0, "name": "\udcff"})
    assert read_run(tmp_path, "a") == {"exit": 0, "name": "\udcff"}
    (tmp_path / "runs" / "a" / "run.json").write_text("[]", encoding="utf-8")
    assert read_run(tmp_path, "a") is None


# --- publishing -----------------------------------------------------------------------------------


def test_a_model_is_published_whole_and_only_where_it_differs(cache: Cache, tmp_path: Path) -> None:
    entry = put(cache, "bundle", ModelFolder(FILES))
    target = tmp_path / "models" / "a"
    assert publish(entry, target)
    assert bytes_below(target) == bytes_below(entry.folder / DATA_FOLDER)
    before = target.stat().st_ino
    assert not publish(entry, target)
    assert target.stat().st_ino == before
    assert [path.name for path in target.parent.iterdir()] == ["a"]


def test_an_edited_card_stays(cache: Cache, tmp_path: Path) -> None:
    entry = put(cache, "bundle", ModelFolder(FILES))
    publish(entry, tmp_path / "a")
    (tmp_path / "a" / "README.md").write_text("mine", encoding="utf-8")
    assert not publish(entry, tmp_path / "a")
    assert (tmp_path / "a" / "README.md").read_text("utf-8") == "mine"


@pytest.mark.parametrize("damage", ["flipped", "gone", "no manifest", "another model", "no folder", "set aside"])
def test_a_model_that_differs_is_published_again(cache: Cache, tmp_path: Path, damage: str) -> None:
    entry = put(cache, "bundle", ModelFolder(FILES))
    target = tmp_path / "a"
    publish(entry, target)
    if damage == "flipped":
        flip(target / "model.safetensors")
    elif damage == "gone":
        (target / "model.safetensors").unlink()
    elif damage == "no manifest":
        (target / "manifest.json").unlink()
    elif damage == "another model":
        shutil.rmtree(target)
        ModelFolder({**FILES, "config.json": b"other", "extra": b""}).save(target)
    elif damage == "set aside":
        os.rename(target, tmp_path / "a.aside")
    else:
        shutil.rmtree(target)
    assert publish(entry, target)
    assert bytes_below(target) == bytes_below(entry.folder / DATA_FOLDER)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "cache"]


def test_a_damaged_model_is_not_published(cache: Cache, tmp_path: Path) -> None:
    entry = put(cache, "bundle", ModelFolder(FILES))
    flip(entry.folder / DATA_FOLDER / "model.safetensors")
    with pytest.raises(DamagedFilesError, match=r"model\.safetensors"):
        publish(entry, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_a_report_is_published_where_it_differs(cache: Cache, tmp_path: Path) -> None:
    entry = put(cache, "evaluate", Report({}, "page"))
    target = tmp_path / "runs" / "report.html"
    publish_file(entry, "report.html", target)
    before = target.stat().st_ino
    publish_file(entry, "report.html", target)
    assert (target.read_text("utf-8"), target.stat().st_ino) == (PAGE, before)
    target.write_text("edited", encoding="utf-8")
    publish_file(entry, "report.html", target)
    assert target.read_text("utf-8") == PAGE


def test_a_damaged_report_does_not_take_the_place_of_a_good_one(cache: Cache, tmp_path: Path) -> None:
    entry = put(cache, "evaluate", Report({}, "page"))
    target = tmp_path / "report.html"
    publish_file(entry, "report.html", target)
    flip(entry.folder / DATA_FOLDER / "report.html")
    with pytest.raises(DamagedFilesError, match=r"report\.html"):
        publish_file(entry, "report.html", target)
    assert target.read_text("utf-8") == PAGE


def test_own_files_in_the_place_of_a_model_are_left_alone(place: Path, textrnn: Call) -> None:
    (place / "models" / "textrnn" / "notes.txt").write_text("mine", encoding="utf-8")
    ended = textrnn("run", "--set", "train.seed=5")
    assert ended.code == 2
    assert "notes.txt" in ended.error
    assert (place / "models" / "textrnn" / "notes.txt").read_text(encoding="utf-8") == "mine"
