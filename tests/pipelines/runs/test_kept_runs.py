"""A finished run is kept whole, once; which one is promoted holds through kills, damage, other processes."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from broken_disk import count_calls, die_at
from faulting import scaled
from kept import NAME, entries_of, keep, kept_texts, model_of, text_of
from made import make_rows

from pipelines.runs.choice import last_run, promote_by_hand, promote_last, run_before
from pipelines.runs.compared_rows import count_rows
from pipelines.runs.held_out import RunRows, both_held_out, digest_texts, read_rows
from pipelines.runs.listing import list_runs
from pipelines.runs.lock import clean_up_runs, locked_runs
from pipelines.runs.places import PROMOTIONS_FILE, RECORD, model_folder, run_folder
from pipelines.runs.promotions import is_published_promotion, promote, promoted, read_promotions, run_promoted_by_hand
from pipelines.runs.references import find_run_of, resolve_model, resolve_run
from pipelines.runs.removal import collect_runs, remove_runs
from pipelines.runs.run import Run, list_kept
from pipelines.runs.run_changes import changes_between
from textrnn.errors import ConfigError, LockTimeoutError, ModelError
from textrnn.model.folder import ModelFolder
from textrnn.storage.files import write_json


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # no real disk is waited for


def told(_: object) -> None:
    """Nobody listens."""


def model_at(root: Path) -> str:
    return text_of(model_folder(root, NAME))


# --- keeping --------------------------------------------------------------------------------------


def test_equal_results_make_no_second_run_and_others_sort_behind(tmp_path: Path) -> None:
    first, second = keep(tmp_path, "old"), keep(tmp_path, "new")
    assert first.id < second.id
    assert keep(tmp_path, "old") == first
    assert [run.id for run in list_kept(tmp_path, NAME)] == [first.id, second.id]
    assert kept_texts(tmp_path) == ["old", "new"]
    assert (first.folder / "report.html").read_text("utf-8").startswith("page of old")
    assert json.loads((first.folder / "report.json").read_text("utf-8"))["text"] == "old"
    assert first.record["score"]["value"] == 0.3
    assert first.record["data"]["rows"] == {"train": 16, "validation": 4}
    assert not list(run_folder(tmp_path, NAME).glob(".*.new"))


def test_an_id_sorts_behind_one_from_the_future(tmp_path: Path) -> None:
    first = keep(tmp_path, "old")
    later = "29991231-235959-abcd"
    shutil.copytree(first.folder, first.folder.with_name(later))
    record = json.loads((first.folder / RECORD).read_text("utf-8"))
    write_json(first.folder.with_name(later) / RECORD, {**record, "run": later})
    assert keep(tmp_path, "new").id.startswith("30000101-000000-")


@pytest.mark.parametrize("damage", ["flipped", "gone"])
def test_a_damaged_model_of_a_kept_run_is_made_whole_from_the_cache(damage: str, tmp_path: Path) -> None:
    run = keep(tmp_path, "old")
    weights = run.model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?") if damage == "flipped" else weights.unlink()
    with pytest.raises(ModelError, match="the kept run is damaged: promote another"):
        promote_by_hand(run, log=told)
    assert read_promotions(tmp_path, NAME) == []
    assert keep(tmp_path, "old") == run
    assert kept_texts(tmp_path) == ["old"]


def test_what_is_no_run_of_ours_is_none(tmp_path: Path) -> None:
    run = keep(tmp_path, "old")
    for name, content in (("20200101-000000-aaaa", "{"), ("20200101-000000-bbbb", '{"run": "x"}'), ("notes", "{}")):
        (run.folder.parent / name).mkdir()
        (run.folder.parent / name / RECORD).write_text(content, encoding="utf-8")
    assert list_kept(tmp_path, NAME) == [run]


# --- promoting ------------------------------------------------------------------------------------


def test_a_run_promotes_its_own_model_unless_another_is_by_hand(tmp_path: Path) -> None:
    old, new = keep(tmp_path, "old", promoted=True), keep(tmp_path, "new", promoted=True)
    assert (model_at(tmp_path), run_promoted_by_hand(tmp_path, NAME)) == ("new", None)
    assert is_published_promotion(new)
    assert not is_published_promotion(old)
    promote_by_hand(old, log=told)
    assert model_at(tmp_path) == "old"
    assert run_promoted_by_hand(tmp_path, NAME) == old
    assert is_published_promotion(new), "who ends now leaves it"
    assert run_before(tmp_path, NAME) == new
    promote_last(last_run(tmp_path, NAME), log=told)
    assert (model_at(tmp_path), run_promoted_by_hand(tmp_path, NAME)) == ("new", None)
    assert [(one.run, one.by) for one in read_promotions(tmp_path, NAME)] == [
        (old.id, "run"), (new.id, "run"), (old.id, "hand"), (new.id, "run"),
    ]  # fmt: skip
    promote_last(new, log=told)
    assert len(read_promotions(tmp_path, NAME)) == 4, "nothing changed, nothing is noted"


def test_a_decision_made_for_the_promoted_model_stays_until_another_is(tmp_path: Path) -> None:
    old = keep(tmp_path, "old", promoted=True)
    target = model_folder(tmp_path, NAME)
    decided = {**dict(text_files(old)), "decision.json": b"decided"}
    shutil.rmtree(target)
    ModelFolder(decided).save(target)
    assert is_published_promotion(old)
    with locked_runs(tmp_path, NAME):
        promote(old, "run")
    assert (target / "decision.json").read_bytes() == b"decided"
    assert find_run_of(target) == old
    keep(tmp_path, "new", promoted=True)
    assert model_at(tmp_path) == "new"
    promote_by_hand(old, log=told)
    assert (target / "decision.json").read_bytes() == b"decided", "and comes back with its run"
    assert keep(tmp_path, "old") == old
    assert (old.model / "decision.json").read_bytes() == b"decided"


def text_files(run: Run) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.model.iterdir() if path.name != "manifest.json"}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"promotions": 3}', '{"promotions": [{"run": "x"}]}'])
def test_a_damaged_history_is_none(content: str, tmp_path: Path) -> None:
    run = keep(tmp_path, "old", promoted=True)
    (run_folder(tmp_path, NAME) / PROMOTIONS_FILE).write_text(content, encoding="utf-8")
    assert promoted(tmp_path, NAME) is None
    with locked_runs(tmp_path, NAME):
        promote(run, "run")
    assert [one.run for one in read_promotions(tmp_path, NAME)] == [run.id]


def test_a_model_that_somebody_put_there_is_not_taken_for_an_unfinished_promotion(tmp_path: Path) -> None:
    keep(tmp_path, "old", promoted=True)
    keep(tmp_path, "new", promoted=True)
    target = model_folder(tmp_path, NAME)
    shutil.rmtree(target)
    model_of("newer").save(target)
    with locked_runs(tmp_path, NAME):
        assert model_at(tmp_path) == "newer"


def test_death_at_any_call_of_a_promotion_leaves_one_whole_model_and_the_next_command_finishes_it(
    tmp_path: Path,
) -> None:
    base = tmp_path / "base"
    keep(base, "old", promoted=True)
    new = keep(base, "new").id
    counted = shutil.copytree(base, tmp_path / "counted")
    calls = count_calls(counted, lambda: promote_by_hand(resolve_run(counted, new), log=told))
    assert model_at(counted) == "new"
    for number in random.Random(0).sample(range(len(calls)), min(scaled(len(calls), least=4), len(calls))):
        place = shutil.copytree(base, tmp_path / "place")
        die_at(place, lambda place=place: promote_by_hand(resolve_run(place, new), log=told), number, "kill")
        assert model_at(place) in ("old", "new"), (number, calls[number])
        with locked_runs(place, NAME, timeout=0):
            standing = promoted(place, NAME)
            assert standing is not None
            assert model_at(place) == text_of(standing[1].model), (number, calls[number])
        shutil.rmtree(place)


# --- removing -------------------------------------------------------------------------------------


def test_a_promoted_run_is_never_removed(tmp_path: Path) -> None:
    old, new = keep(tmp_path, "old"), keep(tmp_path, "new", promoted=True)
    with pytest.raises(ConfigError, match=f"{new.id}: expected a run that is not promoted"):
        remove_runs([old, new])
    assert kept_texts(tmp_path) == ["old", "new"], "all or none"
    assert remove_runs([old], dry_run=True) == [(old.folder, old.size)]
    size = old.size
    assert remove_runs([old]) == [(old.folder, size)]
    assert remove_runs([old]) == []
    assert collect_runs(tmp_path, None, 0) == []
    assert (kept_texts(tmp_path), model_at(tmp_path)) == (["new"], "new")


def test_gc_keeps_the_last_ones_of_each_name_besides_the_promoted(tmp_path: Path) -> None:
    old = keep(tmp_path, "old", promoted=True)
    promote_by_hand(old, log=told)
    new, newer, other = keep(tmp_path, "new"), keep(tmp_path, "newer"), keep(tmp_path, "old", name="b")
    assert [path for path, _ in collect_runs(tmp_path, None, 1, dry_run=True)] == [new.folder]
    assert [path for path, _ in collect_runs(tmp_path, "b", 0)] == [other.folder]
    assert [path for path, _ in collect_runs(tmp_path, None, 1)] == [new.folder]
    assert list_kept(tmp_path, NAME) == [old, newer]
    with pytest.raises(ConfigError, match="--name c: expected a name that has runs"):
        collect_runs(tmp_path, "c", 1)


def test_who_removes_waits_for_who_promotes(tmp_path: Path) -> None:
    run = keep(tmp_path, "old")
    with (
        locked_runs(tmp_path, NAME),
        pytest.raises(LockTimeoutError, match="still held by process"),
        locked_runs(tmp_path, NAME, timeout=0),
    ):
        pass
    assert run in list_kept(tmp_path, NAME)


def _many_changes(root: Path, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(6):
        text = chance.choice(["old", "new", "newer"])
        run = keep(root, text, promoted=chance.random() < 0.5)
        act = chance.choice(["promote", "remove", "collect"])
        with contextlib.suppress(ConfigError):  # it is promoted by now, or gone
            if act == "promote":
                promote_by_hand(run, log=told)
            elif act == "remove":
                remove_runs([run])
            else:
                collect_runs(root, None, 1)
        assert model_at(root) in ("old", "new", "newer", "nothing")


def test_several_processes_keep_promote_and_remove_at_once(tmp_path: Path) -> None:
    for text in ("old", "new", "newer"):
        entries_of(tmp_path, text)
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=_many_changes, args=(tmp_path, seed)) for seed in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    standing = promoted(tmp_path, NAME)
    assert standing is not None
    assert model_at(tmp_path) == text_of(standing[1].model)
    assert "mixed" not in kept_texts(tmp_path)
    assert not [path for path in run_folder(tmp_path, NAME).glob(".*") if path.suffix in (".new", ".gone", ".tmp")]


# --- names, lists ---------------------------------------------------------------------------------


def test_a_run_is_called_by_parts_of_its_id_its_name_or_its_folder(tmp_path: Path) -> None:
    old, new = keep(tmp_path, "old", promoted=True), keep(tmp_path, "new", name="b")
    for reference in (old.id, old.id[-4:], f"{NAME}/{old.id}", f"runs/{NAME}/{old.id[-4:]}", NAME):
        assert resolve_run(tmp_path, reference) == old
    for folder in (old.folder, old.model, model_folder(tmp_path, NAME)):
        assert resolve_model(tmp_path, str(folder)).run == old
    assert resolve_model(tmp_path, new.id[-4:]).folder == new.model
    shutil.copytree(old.model, tmp_path / "elsewhere")
    assert resolve_model(tmp_path, str(tmp_path / "elsewhere")).run is None
    for reference, said in ((old.id[:3], "expected one run, found 2"), ("b", "expected a promoted run of that name"),
                            ("none", "expected the id of a kept run"), (f"b/{old.id}", "found none")):  # fmt: skip
        with pytest.raises(ConfigError, match=said):
            resolve_run(tmp_path, reference)


def test_the_list_says_what_changed(tmp_path: Path) -> None:
    keep(tmp_path, "old", promoted=True)
    keep(tmp_path, "newer", rows=30)
    first, second = list_runs(tmp_path)
    assert (first.promoted, first.changed, second.promoted) == ("run", None, None)
    assert second.changed is not None
    assert sorted(second.changed.settings) == [
        "bundle.text was 'old', is 'newer'", "evaluate.text was 'old', is 'newer'", "load.rows was 20, is 30",
    ]  # fmt: skip
    assert second.changed.data == ("the source data changed: 20 rows became 30",)
    assert second.to_json()["changed"]["code"] == []
    (first.run.folder / "made_from.json").unlink()
    assert changes_between(first.run, second.run) is None


def test_rows_that_both_held_out(tmp_path: Path) -> None:
    old, new = keep(tmp_path, "old", rows=40), keep(tmp_path, "new", rows=80)
    first, second = read_rows(old), read_rows(new)
    assert (first.number, second.number) == (40, 80)
    both = both_held_out(first, second)
    assert 0 < len(both) < len(second.tested)
    assert not {*both.tolist()} & {*first.seen.tolist(), *second.seen.tolist()}
    assert {*both.tolist()} <= {*digest_texts(text for text, _ in make_rows(80)).tolist()}


def test_a_name_counts_before_the_end_of_an_id(tmp_path: Path) -> None:
    run = keep(tmp_path, "old")
    other = keep(tmp_path, "new", name=run.id[-4:], promoted=True)
    assert resolve_run(tmp_path, run.id[-4:]) == other
    assert resolve_run(tmp_path, run.id) == run


def test_what_other_runs_of_the_name_write_meanwhile_is_left_to_them(tmp_path: Path) -> None:
    """Their report is written without the lock: its unfinished file must not go."""
    run = keep(tmp_path, "old", promoted=True)
    folder = run.folder.parent
    theirs = folder / ".report.html.0123456789ab.tmp"
    killed = [folder / ".20200101-000000-abcd.new", folder / ".20200101-000000-abcd.gone",
              tmp_path / "models" / f".{NAME}.new"]  # fmt: skip
    for path in killed:
        path.mkdir()
    theirs.touch()
    (folder / f".{PROMOTIONS_FILE}.0123456789ab.tmp").touch()
    with locked_runs(tmp_path, NAME):
        assert theirs.exists()
    assert [path for path in killed if path.exists()] == []
    assert list(folder.glob(f".{PROMOTIONS_FILE}.*")) == []
    clean_up_runs(tmp_path, NAME)  # no run is under way
    assert not theirs.exists()


def test_rows_that_one_run_trained_on_too_are_left_out() -> None:
    """Files of their own for each split may share texts."""

    def rows(test: list[int], train: list[int]) -> RunRows:
        return RunRows({"test": np.array(test, np.uint64), "train": np.array(train, np.uint64)}, "test")

    first, second = rows([1, 2, 3, 4, 5], [3, 9]), rows([1, 2, 3, 4, 4, 6], [2, 5, 8, 9])
    assert both_held_out(first, second).tolist() == [1, 4]
    counts = count_rows(first, second, 3)
    assert (counts.a_rows, counts.b_rows, counts.test_rows_a, counts.test_rows_b) == (7, 10, 5, 6)
    assert (counts.seen_by_one, counts.new, counts.gone) == (3, 2, 0)  # 2 and 5, 3; 6 and 8
    assert counts.growth == "the data grew from 7 to 10 rows (2 new)"
    assert counts.line("x", "y").startswith("on 3 test rows that both held out, of 5 of x, 6 of y; 3 that one held out")
    same = count_rows(first, first, 5)
    assert (same.growth, same.line()) == ("", "on the 5 test rows of both")
