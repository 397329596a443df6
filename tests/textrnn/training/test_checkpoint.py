from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from tiny import model_config, random_ids, train_config

from textrnn.errors import DamagedFilesError
from textrnn.storage import files
from textrnn.storage.files import MANIFEST
from textrnn.training import checkpoint
from textrnn.training.checkpoint import list_checkpoints, read_fingerprint, restore_state, save_checkpoint
from textrnn.training.loop import run_steps
from textrnn.training.schedule import make_schedule
from textrnn.training.train_rank import new_state
from textrnn.training.training_rows import TrainingRows
from textrnn.training.training_state import TrainingState

IDS = random_ids(40, 8)
SCHEDULE = make_schedule(train_config(), 40)
REAL_RENAME = os.rename
HERE = {"torch": "1", "threads": 2}


def find_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint in `folder` that is whole."""
    for found in list_checkpoints(folder):
        with contextlib.suppress(DamagedFilesError):
            read_fingerprint(found)
            return found
    return None


def fresh() -> TrainingState:
    return new_state(model_config(), SCHEDULE, IDS.vocabulary_size, 2)


def trained(steps: int) -> TrainingState:
    state = fresh()
    feed = TrainingRows(IDS.splits["train"], IDS.labels["train"], SCHEDULE.config)
    for _ in run_steps(state, feed, SCHEDULE, lambda _: {"loss": 0.25, "accuracy": 0.5}):
        if state.step == steps:
            break
    return state


def assert_equal(mine: TrainingState, theirs: TrainingState) -> None:
    for name in checkpoint.COUNTERS:
        assert getattr(mine, name) == getattr(theirs, name), name
    assert mine.best_loss == theirs.best_loss
    for part in ("network", "average"):
        a, b = getattr(mine, part).state_dict(), getattr(theirs, part).state_dict()
        assert all(torch.equal(a[name], b[name]) for name in b)
    assert mine.best.keys() == theirs.best.keys()
    assert all(torch.equal(mine.best[name], theirs.best[name]) for name in theirs.best)
    a, b = mine.optimizer.state_dict()["state"], theirs.optimizer.state_dict()["state"]
    assert a.keys() == b.keys()
    for number in b:
        assert a[number].keys() == b[number].keys()
        for name, value in b[number].items():
            assert torch.equal(a[number][name], value)
            assert a[number][name].dtype == value.dtype


@pytest.mark.parametrize("steps", [0, 1, 3, 4])
def test_what_is_saved_is_what_is_restored(steps: int, tmp_path: Path) -> None:
    state = trained(steps) if steps else fresh()
    path = save_checkpoint(tmp_path, state, HERE)
    assert find_checkpoint(tmp_path) == path
    assert read_fingerprint(path) == HERE
    found = fresh()
    restore_state(path, found)
    assert_equal(found, state)


def test_restoring_needs_nothing_of_the_state_it_goes_into(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, trained(2), HERE)
    found = trained(4)
    restore_state(path, found)
    assert_equal(found, trained(2))


def test_only_the_newest_is_kept(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, trained(1), HERE)
    path = save_checkpoint(tmp_path, trained(2), HERE)
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink])
def test_a_damaged_newest_is_passed_over(
    damage: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = save_checkpoint(tmp_path, trained(1), HERE)
    monkeypatch.setattr(checkpoint.shutil, "rmtree", lambda *_, **__: None)  # as if killed before the old one went
    newest = save_checkpoint(tmp_path, trained(2), HERE)
    assert find_checkpoint(tmp_path) == newest
    for path in list(newest.iterdir()):
        before = path.read_bytes()
        damage(path)
        assert find_checkpoint(tmp_path) == older, path.name
        path.write_bytes(before)
    assert find_checkpoint(tmp_path) == newest


def test_no_byte_of_the_counters_can_change_unseen(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, trained(3), HERE)
    for file in path.iterdir():
        data = file.read_bytes()
        for place in range(0, len(data), 1 if len(data) < 2000 else 997):
            file.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            found = find_checkpoint(tmp_path)
            # in the manifest a changed fingerprint starts over; nothing else may pass
            assert found is None or read_fingerprint(found) != HERE, f"{file.name}, byte {place}"
        file.write_bytes(data)


def test_another_format_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path, trained(1), HERE)
    monkeypatch.setattr(checkpoint, "FORMAT", checkpoint.FORMAT + 1)
    assert find_checkpoint(tmp_path) is None


def test_what_does_not_read_back_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = save_checkpoint(tmp_path, trained(1), HERE)
    monkeypatch.setattr(checkpoint, "find_damage", lambda *_: "a bad disk")
    with pytest.raises(DamagedFilesError, match="cannot be read back: a bad disk"):
        save_checkpoint(tmp_path, trained(2), HERE)
    monkeypatch.undo()
    assert find_checkpoint(tmp_path) == older


def test_saving_the_same_step_twice_never_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = trained(2)
    older = save_checkpoint(tmp_path, state, HERE)

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "write_bytes", full)
        with pytest.raises(OSError, match="no space"):
            save_checkpoint(tmp_path, state, HERE)
    assert find_checkpoint(tmp_path) == older
    for kill in (1, 2):
        renames = iter(range(1, 100))

        def rename(old: Path, new: Path, *, kill: int = kill, renames: Iterator[int] = renames) -> None:
            if next(renames) >= kill:
                raise KeyboardInterrupt("killed: nothing is renamed any more")
            REAL_RENAME(old, new)

        with monkeypatch.context() as patch:
            patch.setattr(files.os, "rename", rename)
            with pytest.raises(KeyboardInterrupt):
                save_checkpoint(tmp_path, state, HERE)
        found = find_checkpoint(tmp_path)
        assert found is not None
        restored = fresh()
        restore_state(found, restored)
        assert_equal(restored, state)
    assert save_checkpoint(tmp_path, state, HERE) == older
    assert [path.name for path in tmp_path.iterdir()] == [older.name]


def test_none_is_found_where_none_is(tmp_path: Path) -> None:
    assert find_checkpoint(tmp_path) is None
    assert find_checkpoint(tmp_path / "absent") is None
    (tmp_path / f"step-000000001-0000/{MANIFEST}").mkdir(parents=True)
    assert find_checkpoint(tmp_path) is None
