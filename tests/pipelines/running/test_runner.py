from __future__ import annotations

import io
import json
import os
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from made import make_rows, write_csv
from made_encoder import make_weights, write_encoder
from running import OFF, Call

from pipelines.caching.cache import Cache, Entry
from pipelines.caching.file_memo import FileMemo
from pipelines.config import read_config
from pipelines.running import publish, run_stage
from pipelines.running.display import LineDisplay
from pipelines.running.run_state import StageOutcome
from pipelines.running.runner import run_stages
from pipelines.running.signals import interruptible
from pipelines.runs.run import list_kept
from pipelines.stages import STAGES, find_stage, needed_for
from pipelines.stages.stage import Stage
from textrnn.errors import ConfigError, DamagedFilesError, DataError, Interrupted, ModelError, OutOfMemoryError
from textrnn.evaluation.origin import remove_origin
from textrnn.model.folder import load_predictor

NAMES = [stage.name for stage in needed_for("bundle")]


def run(until: str = "bundle", *changes: str, stream: io.StringIO | None = None, **more: Any) -> list[StageOutcome]:
    config = read_config("textrnn.toml", changes)
    cache = Cache(config.root / ".textrnn")
    memo = FileMemo(cache.root / "memo.json")
    display = LineDisplay(stream or io.StringIO())
    return list(
        run_stages(config, needed_for(until), cache=cache, memo=memo, display=display, **more).outcomes.values()
    )


def ran(outcomes: Sequence[StageOutcome]) -> list[str]:
    return [outcome.stage for outcome in outcomes if outcome.ran]


def entry_of(place: Path, stage: str) -> Path:
    """The folder of the only result of `stage`."""
    (folder,) = (place / ".textrnn" / "entries" / stage).iterdir()
    return folder


def contents(place: Path) -> dict[str, str]:
    folders = (place / ".textrnn" / "entries").glob("*/*")
    return {
        folder.parent.name: json.loads((folder / "manifest.json").read_text("utf-8"))["content"] for folder in folders
    }


def record(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "runs" / "textrnn" / "run.json").read_text("utf-8"))
    return found


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


# --- what runs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            "vocabulary.max_size=100",
            [stage.name for stage in needed_for("bundle")[2:] if stage.name not in ("baseline", *OFF)],
        ),
        ("train.epochs=2", ["train", "decide", "evaluate", "bundle"]),
        ("ngram_branch.ngrams=1", ["ngram_branch", "decide", "evaluate", "bundle"]),
        ("evaluate.errors=2", ["evaluate", "bundle"]),
        ("train.checkpoint_seconds=3", []),
    ],
)
def test_a_changed_setting_runs_its_stage_and_what_follows(place: Path, change: str, expected: list[str]) -> None:
    assert ran(run("bundle", change)) == expected
    assert ran(run("bundle", change)) == []
    assert ran(run()) == [], "what was made before is still there"


def test_a_run_starts_from_the_model_of_another(place: Path) -> None:
    wanted = ["vocabulary", "pretrain_encoder", "train", "decide", "evaluate", "bundle"]
    started = ("name=second", "train.init_from=models/textrnn")
    assert ran(run("bundle", *started)) == wanted
    shutil.copytree("models/textrnn", "elsewhere")
    for folder in ("models/textrnn", "elsewhere"):
        assert ran(run("bundle", "name=second", f"train.init_from={folder}")) == []
    run("bundle", "train.seed=5")  # another model in its place
    outcomes = run("bundle", *started)
    assert ran(outcomes) == wanted
    assert next(each.reasons for each in outcomes if each.stage == "pretrain_encoder") == (
        "the model to start from changed",
    )
    assert ran(run("bundle", "name=second", "train.init_from=elsewhere")) == []
    assert ran(run("bundle", *started, "model.dropout=0.1"))[0] == "train"
    with pytest.raises(ConfigError, match=r"--set model\.hidden_size="):
        run("bundle", *started, "model.hidden_size=3")


def test_an_encoder_and_a_teacher_are_keyed_by_their_files(place: Path) -> None:
    write_encoder(place / "encoder")
    (place / "more.jsonl").write_text('{"text": "the meal was fresh"}\n{"text": "a dull plot"}\n', encoding="utf-8")
    asked = ("embeddings.encoder=encoder", "unlabelled.source=more.jsonl", "self_training.teacher=encoder")
    first = ran(run("train", *asked))
    assert {"vocabulary", "embeddings", "self_train", "train"} <= {*first}
    shutil.copytree("encoder", "moved")
    moved = tuple(setting.replace("=encoder", "=moved") for setting in asked)
    assert ran(run("train", *moved)) == [], "where they are changes nothing"
    write_encoder(place / "encoder", weights=make_weights(1))
    reasons = {each.stage: each.reasons for each in run("train", *asked) if each.ran}
    assert reasons["embeddings"] == ("the sentence encoder changed",)
    assert "the teacher changed" in reasons["self_train"]
    assert "numericalize" not in reasons, "its words are the same"


def test_a_start_replaced_while_it_is_read_gives_no_result(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the weights of one model would be kept under the key of another."""
    shutil.copytree("models/textrnn", "one")
    run("bundle", "train.seed=5")
    shutil.copytree("models/textrnn", "two")
    shutil.copytree("one", "start")
    true = run_stage.resolve_name

    def swapping(name: str) -> Any:
        if name.endswith("run_pretrain_encoder"):
            shutil.rmtree("start")
            shutil.copytree("two", "start")
        return true(name)

    monkeypatch.setattr(run_stage, "resolve_name", swapping)
    with pytest.raises(DataError, match="start: changed while pretrain_encoder read it; run again"):
        run("bundle", "name=second", "train.init_from=start")
    monkeypatch.undo()
    os.chdir(place)
    shutil.rmtree("start")
    shutil.copytree("one", "start")
    assert "pretrain_encoder" in ran(run("bundle", "name=second", "train.init_from=start"))


def test_a_run_does_not_start_from_the_model_that_it_writes(place: Path) -> None:
    with pytest.raises(ConfigError, match="is the model that this run writes"):
        run("bundle", "train.init_from=models/textrnn")
    with pytest.raises(ModelError, match=r"train\.init_from: expected a model folder or none, found none at .*gone; "):
        run("bundle", "train.init_from=gone")


@pytest.mark.parametrize(
    ("stage", "changes", "reason"),
    [
        ("self_train", ["self_training.teachers=2"], "unlabelled.source is not set"),
        (
            "self_train",
            ["unlabelled.source=more.jsonl"],
            "self_training.teacher is self, self_training.teachers is 0",
        ),
        (
            "pretrain_encoder",
            ["model.encoder=bag", "encoder_pretraining.epochs=auto"],
            "model.encoder is bag, encoder_pretraining.epochs is auto, train.init_from is none",
        ),
        (
            "pretrain_encoder",
            ["model.encoder=convolution", "encoder_pretraining.epochs=auto"],
            "model.encoder is convolution, encoder_pretraining.epochs is auto, train.init_from is none",
        ),
    ],
)
def test_a_stage_that_is_off_makes_what_it_makes_by_default(
    place: Path, stage: str, changes: list[str], reason: str
) -> None:
    """Its settings decide nothing: so nobody need know that its function is called."""
    (place / "more.jsonl").write_text('{"text": "the soup was cold"}\n', encoding="utf-8")
    before = contents(place)[stage]
    outcome = run(stage, *changes)[-1]
    assert (outcome.off, outcome.ran) == (reason, False)
    assert outcome.entry.content == before


def test_what_is_turned_off_is_empty(place: Path) -> None:
    changes = ("embeddings.size=0", "ngram_branch.enabled=false")
    vectors, ngram_branch = (run(stage, *changes)[-1] for stage in ("embeddings", "ngram_branch"))
    assert (vectors.off, ngram_branch.off) == (
        "embeddings.vectors is none, embeddings.encoder is none, embeddings.size is 0",
        "ngram_branch.enabled is false",
    )
    cache = Cache(place / ".textrnn")
    assert cache.read(vectors.entry, find_stage("embeddings")).parts == ()
    assert cache.read(ngram_branch.entry, find_stage("ngram_branch")).ngrams.features == 0


def test_a_stage_that_is_off_is_silent_unless_it_is_requested(fresh: Path) -> None:
    stream = io.StringIO()
    outcomes = run("self_train", stream=stream)
    begun = [line.split()[0] for line in stream.getvalue().splitlines() if not line.startswith(" ")]
    assert begun == [outcome.stage for outcome in outcomes if outcome.ran] + ["self_train"]
    assert not {*begun} & {"unlabelled", "pretrain_encoder"}
    assert stream.getvalue().splitlines()[-1] == "self_train        off: unlabelled.source is not set"
    asked = io.StringIO()
    run("embeddings", stream=asked, force=frozenset({"unlabelled"}))
    assert "unlabelled        off: unlabelled.source is not set\n" in asked.getvalue()


def test_equal_bytes_stop_there(place: Path) -> None:
    # 200 rows have far fewer than 1000 different words: the vocabulary comes out the same
    outcomes = run("bundle", "vocabulary.max_size=1000")
    assert ran(outcomes) == ["vocabulary", "bundle"], "the model folder keeps the setting"
    assert outcomes[2].reasons == outcomes[-1].reasons == ("vocabulary.max_size was 30000, is 1000",)


def test_the_same_bytes_read_in_another_way_stop_there(place: Path) -> None:
    assert ran(run("bundle", "data.format=csv")) == ["load", "bundle"]


def test_what_is_forced_runs_and_equal_bytes_stop_there(place: Path) -> None:
    before = contents(place)
    outcomes = run(force=frozenset({"load", "train"}))
    assert ran(outcomes) == ["load", "train"]
    assert outcomes[0].reasons == ("forced",)
    assert contents(place) == before


def test_a_partial_run_leaves_the_record_of_what_it_did(place: Path) -> None:
    before = set((place / "models").rglob("*"))
    assert ran(run("vocabulary", "vocabulary.max_size=50")) == ["vocabulary"]
    assert [stage["stage"] for stage in record(place)["stages"]] == ["load", "tokenize", "vocabulary"]
    assert set((place / "models").rglob("*")) == before


# --- the record -----------------------------------------------------------------------------------


def test_the_record_of_a_whole_run(place: Path) -> None:
    found = record(place)
    assert (found["exit"], found["error"]) == (0, None)
    assert [stage["stage"] for stage in found["stages"]] == NAMES
    assert all(len(stage["key"]) == 64 for stage in found["stages"])
    assert {stage["stage"] for stage in found["stages"] if not stage["ran"]} == set(OFF)
    assert [
        stage["off"] for stage in found["stages"] if stage["stage"] in ("load", "unlabelled", "pretrain_encoder")
    ] == [
        None,
        "unlabelled.source is not set",
        "encoder_pretraining.epochs is 0, train.init_from is none",
    ]
    assert found["config"]["train"]["epochs"] == 1


def test_a_run_with_nothing_to_do_writes_nothing(place: Path) -> None:
    run()
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    assert ran(run()) == []
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before


@pytest.mark.parametrize(
    ("error", "code"),
    [(DataError("bad row"), 3), (RuntimeError("a mistake"), 1), (MemoryError(), 1), (Interrupted("stop", 15), 143)],
)
def test_a_run_that_fails_says_so(
    place: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail(name: str) -> Any:
        raise error

    monkeypatch.setattr(run_stage, "resolve_name", fail)
    short = isinstance(error, MemoryError)
    with pytest.raises(OutOfMemoryError if short else type(error)) as caught:
        run("bundle", "train.epochs=2")
    if short:
        assert str(caught.value).startswith("out of memory in the stage train; finished stages are kept: lower train.")
    found = record(place)
    assert (found["exit"], found["error"]) == (code, str(caught.value))
    assert [stage["stage"] for stage in found["stages"]] == [
        "load",
        "tokenize",
        "vocabulary",
        "numericalize",
        "unlabelled",
        "embeddings",
        "pretrain_encoder",
        "ngram_branch",
        "self_train",
    ]
    monkeypatch.undo()


def test_what_was_finished_before_a_failure_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true = run_stage.resolve_name

    def fail(name: str) -> Any:
        if "numericalize" in name:
            raise DataError("no")
        return true(name)

    monkeypatch.setattr(run_stage, "resolve_name", fail)
    with pytest.raises(DataError):
        run("bundle", "vocabulary.max_size=100")
    monkeypatch.setattr(run_stage, "resolve_name", true)
    assert ran(run("numericalize", "vocabulary.max_size=100")) == ["numericalize"]


# --- damage ---------------------------------------------------------------------------------------


def data_files(place: Path) -> list[Path]:
    """The largest data file of each stage."""
    return [max((entry_of(place, name) / "data").iterdir(), key=lambda p: p.stat().st_size) for name in NAMES]


def test_damage_everywhere_is_met_with_warnings_and_all_is_made_again(place: Path) -> None:
    before = contents(place)
    for path in data_files(place):
        flip(path)
    shutil.rmtree(place / "models")
    stream = io.StringIO()
    outcomes = run(stream=stream, force=frozenset({"bundle"}))
    assert contents(place) == before
    assert set(ran(outcomes)) >= {
        "load",
        "tokenize",
        "vocabulary",
        "numericalize",
        "embeddings",
        "train",
        "evaluate",
        "bundle",
    }
    warned = [line for line in stream.getvalue().splitlines() if line.startswith("warning: damaged in the cache: ")]
    assert len(warned) >= 6
    load_predictor(place / "models" / "textrnn")


@pytest.mark.parametrize("damage", ["flip", "cut", "no manifest", "gone"])
@pytest.mark.parametrize("stage", ["load", "tokenize"])
def test_a_damaged_input_is_made_again_and_equal(place: Path, stage: str, damage: str) -> None:
    before = contents(place)
    folder = entry_of(place, stage)
    victim = max((folder / "data").iterdir(), key=lambda path: path.stat().st_size)
    if damage == "flip":
        flip(victim)
    elif damage == "cut":
        victim.write_bytes(victim.read_bytes()[:-7])
    elif damage == "no manifest":
        (folder / "manifest.json").unlink()
    else:
        shutil.rmtree(folder)
    reader = find_stage("tokenize" if stage == "load" else "vocabulary").name
    stream = io.StringIO()
    outcomes = run("numericalize", stream=stream, force=frozenset({reader}))
    assert ran(outcomes) == [stage, reader]
    assert contents(place) == before
    assert ("warning: damaged in the cache" in stream.getvalue()) == (damage != "gone")
    assert ran(run()) == []


def test_damage_that_nobody_reads_runs_nothing(place: Path) -> None:
    flip(data_files(place)[0])
    assert ran(run()) == []


def test_a_forced_stage_is_forced_though_its_input_was_damaged(place: Path) -> None:
    flip(data_files(place)[NAMES.index("numericalize")])
    assert ran(run(force=frozenset({"train", "load"}))) == ["load", "numericalize", "train"]


def test_a_damaged_report_is_made_again_before_it_is_published(place: Path) -> None:
    page = place / "runs" / "textrnn" / "report.html"
    before = page.read_text(encoding="utf-8")
    flip(entry_of(place, "evaluate") / "data" / "report.html")
    stream = io.StringIO()
    assert ran(run(stream=stream)) == ["evaluate"]
    assert "warning: damaged in the cache: " in stream.getvalue()
    made = (entry_of(place, "evaluate") / "data" / "report.html").read_text(encoding="utf-8")
    assert remove_origin(page.read_text(encoding="utf-8")) == remove_origin(before) == made


def test_a_report_collected_while_it_is_published_is_made_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, true, calls = place / "runs" / "textrnn" / "report.html", publish.publish_file, list[str]()
    before = page.read_text(encoding="utf-8")

    def collected_first(entry: Entry, name: str, target: Path, *more: Any) -> None:
        if not calls:
            shutil.rmtree(entry.folder)
            calls.append(name)
            (entry.folder / "data" / name).read_bytes()
        true(entry, name, target, *more)

    monkeypatch.setattr(publish, "publish_file", collected_first)
    stream = io.StringIO()
    assert ran(run(stream=stream)) == ["evaluate"]
    assert "removed while it was read" in stream.getvalue()
    assert remove_origin(page.read_text(encoding="utf-8")) == remove_origin(before)


@pytest.mark.parametrize("also", [(), ("kept",), ("result",), ("kept", "result")], ids="+".join)
def test_a_damaged_model_is_published_again(place: Path, also: tuple[str, ...]) -> None:
    """From the run that is kept; that is made whole from the cache, and only where both are damaged it runs again."""
    (kept,) = list_kept(place, "textrnn")
    weights = place / "models" / "textrnn" / "model.safetensors"
    before = weights.read_bytes()
    flip(weights)
    if "kept" in also:
        flip(kept.model / "model.safetensors")
    if "result" in also:
        flip(entry_of(place, "bundle") / "data" / "model.safetensors")
    assert ran(run()) == (["bundle"] if len(also) == 2 else [])
    for folder in (weights.parent, kept.model):
        assert (folder / "model.safetensors").read_bytes() == before
        load_predictor(folder)
    assert list_kept(place, "textrnn") == [kept]


def test_a_disk_that_damages_everything_is_given_up(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*_: object) -> Any:
        raise DamagedFilesError("bytes differ")

    monkeypatch.setattr(Cache, "read", damaged)
    with pytest.raises(DamagedFilesError, match="right after they are made"):
        run("tokenize", force=frozenset({"tokenize"}))
    assert record(place)["exit"] == 1


# --- several at once ------------------------------------------------------------------------------


def test_two_runners_publish_one_model(place: Path) -> None:
    target = place / "models" / "textrnn"
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    failed: list[BaseException] = []

    def work() -> None:
        try:
            run()
        except BaseException as error:
            failed.append(error)

    for _ in range(3):
        shutil.rmtree(target)
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    assert [path.name for path in target.parent.iterdir()] == ["textrnn"]


def test_two_processes_on_one_cache_run_each_stage_once(fresh: Path, start: Any) -> None:
    write_csv(fresh / "data.csv", make_rows(4000))
    command = ("run", "--until", "numericalize", "--json")
    ends = [running.communicate(timeout=120) for running in [start(*command, cwd=fresh) for _ in range(2)]]
    stages = [{stage["stage"]: stage for stage in json.loads(out)["stages"]} for out, _ in ends]
    for name in NAMES[:4]:
        assert sorted(found[name]["ran"] for found in stages) == [False, True], ends
        assert stages[0][name]["key"] == stages[1][name]["key"]
    assert Cache(fresh / ".textrnn").verify() == {}


def test_a_lock_that_is_held_too_long(place: Path, textrnn: Call) -> None:
    planned = textrnn("plan", "-s", "vocabulary.max_size=9", "--json").json
    row = next(row for row in planned if row["status"] == "runs")
    assert row["stage"] == "vocabulary"
    with Cache(place / ".textrnn").locked("vocabulary", row["key"], timeout=1, log=print):
        ended = textrnn("vocabulary", "-s", "vocabulary.max_size=9", "--lock-timeout", "0.5")
    assert ended.code == 75
    assert "still held by process" in ended.error
    assert "warning: waiting for process" in ended.err
    assert textrnn("vocabulary", "-s", "vocabulary.max_size=9", "--lock-timeout", "0.5").code == 0


# --- interrupted ----------------------------------------------------------------------------------


class Closing(LineDisplay):
    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_the_display_is_closed_whatever_happens(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = read_config("textrnn.toml")
    cache = Cache(config.root / ".textrnn")
    for fails in (False, True):
        display = Closing(io.StringIO())
        force = frozenset({"load"} if fails else set())
        monkeypatch.setattr(run_stage, "resolve_name", lambda name: (_ for _ in ()).throw(Interrupted("stop")))
        try:
            run_stages(
                config, needed_for("bundle"), cache=cache, memo=FileMemo(cache.root / "m"), display=display, force=force
            )
            assert not fails
        except Interrupted:
            assert fails
        assert display.closed == 1


def test_a_stage_that_swallows_exceptions_is_interrupted_all_the_same(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import signal

    def stubborn(**_: Any) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except Exception:  # as libraries do while they are imported
            return

    monkeypatch.setattr(run_stage, "resolve_name", lambda name: stubborn)
    with pytest.raises(Interrupted) as caught, interruptible():
        run(force=frozenset({"load"}))
    assert caught.value.exit_code == 143
    assert record(place)["exit"] == 143


def test_the_stages_are_a_parameter(place: Path) -> None:
    stages: Sequence[Stage] = STAGES[:2]
    config = read_config("textrnn.toml")
    cache = Cache(config.root / ".textrnn")
    reached = run_stages(
        config, stages, cache=cache, memo=FileMemo(cache.root / "m"), display=LineDisplay(io.StringIO())
    )
    assert list(reached.outcomes) == ["load", "tokenize"]
