"""Everything that is committed to disk: how it is written, what stood before, and how it is read."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kept import entries_of, keep, kept_texts, text_of
from predicted import Stopped, predict_lines
from tiny import model_config, random_ids, train_config

from pipelines.caching.cache import Cache, Entry
from pipelines.caching.file_memo import FileMemo
from pipelines.caching.keys import key_of
from pipelines.running.records import last_key, read_run, remember_results, write_run
from pipelines.runs.choice import promote_by_hand
from pipelines.runs.publication import publish, publish_file
from pipelines.runs.removal import collect_runs, remove_runs
from pipelines.runs.run import Run, list_kept
from pipelines.stages import find_stage
from textrnn.errors import DamagedFilesError, ModelError
from textrnn.evaluation.report import Report
from textrnn.model.files import CONFIG, DECISION, METRICS, NGRAMS, PROVENANCE, TOKENIZER, WEIGHTS
from textrnn.model.folder import ModelFolder
from textrnn.storage.files import find_damage, read_manifest, replace_folder
from textrnn.storage.ownership import PAGE_MARK
from textrnn.training.checkpoint import save_checkpoint
from textrnn.training.loop import run_steps
from textrnn.training.schedule import make_schedule
from textrnn.training.train_rank import new_state
from textrnn.training.training_rows import TrainingRows
from textrnn.training.training_state import TrainingState

REPORT = find_stage("evaluate")
MODEL = (CONFIG, TOKENIZER, WEIGHTS, NGRAMS, DECISION, METRICS, PROVENANCE)
NOTHING = "nothing"


@dataclass(frozen=True)
class Commit:
    """One thing that is written below a folder: `before` makes what stood there, `act` replaces it, `read` reads."""

    name: str
    before: Callable[[Path], object]
    act: Callable[[Path], object]
    read: Callable[[Path], str]
    hint: bool = False  # losing it costs only time: it may fail unseen


def _preimage() -> dict[str, Any]:
    parts = {"format": 1, "params": {}, "inputs": {}, "code": {}, "libraries": {}, "python": "3"}
    return {"stage": REPORT.name, **parts}


def _put(root: Path, text: str) -> Entry:
    noun, preimage = Report({"text": text * 50}, text * 3000), _preimage()
    cache = Cache(root / "cache")
    with cache.locked(REPORT.name, key_of(preimage), timeout=1, log=print):
        return cache.commit(REPORT, key_of(preimage), noun, preimage, {})


def _read_entry(root: Path) -> str:
    cache, key = Cache(root / "cache"), key_of(_preimage())
    assert cache.verify() == {}
    with cache.locked(REPORT.name, key, timeout=1, log=print):
        entry = cache.find(REPORT.name, key)
        return NOTHING if entry is None else str(cache.read(entry, REPORT).html[:3])


def _collect(root: Path) -> None:
    Cache(root / "cache").collect(set, dry_run=False)


def _damage(root: Path) -> None:
    entry = _put(root, "old")
    page = entry.folder / "data" / "report.html"
    page.write_bytes(b"x" * page.stat().st_size)


def _discard(root: Path) -> None:
    cache = Cache(root / "cache")
    for entry in cache.entries():
        cache.discard(entry)


def _read_damaged(root: Path) -> str:
    damaged = Cache(root / "cache").verify()
    return "damaged" if any("differ" in words for words in damaged.values()) else str(damaged or NOTHING)


@functools.cache
def _state(steps: int) -> TrainingState:
    ids = random_ids(40, 8)
    schedule = make_schedule(train_config(), 40)
    state = new_state(model_config(), schedule, ids.vocabulary_size, 2)
    feed = TrainingRows(ids.splits["train"], ids.labels["train"], schedule.config)
    for _ in run_steps(state, feed, schedule, lambda _: {"loss": 0.25, "accuracy": 0.5}):
        if state.step == steps:
            break
    return state


def _save_state(root: Path, steps: int) -> None:
    save_checkpoint(root / "work", _state(steps), {"here": 1})


def _read_state(root: Path) -> str:
    """The step of the newest checkpoint that is whole, as its manifest and its counters say it."""
    for found in sorted((root / "work").glob("step-*"), reverse=True):
        try:
            manifest = read_manifest(found)
        except DamagedFilesError:
            continue
        if find_damage(found, manifest["files"]) is None:
            return str(json.loads((found / "state.json").read_text("utf-8"))["counters"]["step"])
    return NOTHING


def _model(text: str) -> ModelFolder:
    return ModelFolder({name: f"{text} {name}".encode() * 40 for name in (*MODEL, "README.md")})


def _publish(root: Path, text: str) -> None:
    cache = Cache(root / "cache")
    preimage = {**_preimage(), "stage": "bundle", "text": text}
    entry = cache.find("bundle", key_of(preimage))
    assert entry is not None
    publish(entry, root / "models" / "a")


def _make_models(root: Path) -> None:
    for text in ("old", "new"):
        preimage = {**_preimage(), "stage": "bundle", "text": text}
        Cache(root / "cache").commit(find_stage("bundle"), key_of(preimage), _model(text), preimage, {})


def _read_model(root: Path) -> str:
    try:
        files = ModelFolder.load(root / "models" / "a").files
    except ModelError as error:
        return NOTHING if "expected a model folder, found none" in str(error) else str(error)
    for text in ("old", "new"):
        if dict(files) == dict(_model(text).files):
            return text
    return "mixed"


def _keep_two(root: Path) -> None:
    keep(root, "old", promoted=True)
    keep(root, "new")


def _kept(root: Path, text: str) -> Run:
    return next(run for run in list_kept(root, "a") if text_of(run.model) == text)


def _promote(root: Path, text: str) -> None:
    promote_by_hand(_kept(root, text), log=print)


def _remove_new(root: Path) -> None:
    remove_runs([run for run in list_kept(root, "a") if text_of(run.model) == "new"])


def _read_kept_runs(root: Path) -> str:
    return "+".join(kept_texts(root)) or NOTHING


def _save_model(root: Path, text: str) -> None:
    shutil.rmtree(root / "models" / ".a.new", ignore_errors=True)  # as TextClassifier.save does
    _model(text).save(root / "models" / ".a.new")
    replace_folder(root / "models" / ".a.new", root / "models" / "a")


def _memo(root: Path, text: str) -> None:
    memo = FileMemo(root / "memo.json")
    memo._known["a"] = [[1], text * 2000]
    memo._changed = True
    memo.save()


def _read_memo(root: Path) -> str:
    return str(FileMemo(root / "memo.json")._known.get("a", [0, NOTHING])[1])[:3].replace(NOTHING[:3], NOTHING)


def _read_record(root: Path) -> str:
    return str((read_run(root, "a") or {"error": NOTHING})["error"])[:3].replace(NOTHING[:3], NOTHING)


def _read_page(root: Path) -> str:
    path = root / "runs" / "a" / "report.html"
    data = path.read_bytes() if path.exists() else b""
    data = data.removesuffix(PAGE_MARK.encode())
    known = {hashlib.sha256((text * 3000).encode()).hexdigest(): text for text in ("old", "new")}
    return known.get(hashlib.sha256(data).hexdigest(), "mixed" if data else NOTHING)


def _publish_page(root: Path, text: str) -> None:
    publish_file(_put(root, text), "report.html", root / "runs" / "a" / "report.html")


def _begin_predictions(root: Path) -> None:
    (root / "in.txt").write_text("".join(f"line {i} {'x' * (i * 7 % 13)}\n" for i in range(12)))
    with contextlib.suppress(Stopped):
        predict_lines(root / "in.txt", root / "out.jsonl", stop_after=2)


def _read_predictions(root: Path) -> str:
    """The digest of the output, where it is there whole, and none of its parts next to it."""
    output = root / "out.jsonl"
    return hashlib.sha256(output.read_bytes()).hexdigest() if output.exists() else NOTHING


COMMITS = (
    Commit("a first result", lambda root: None, lambda root: _put(root, "new"), _read_entry),
    Commit("a result again", lambda root: _put(root, "old"), lambda root: _put(root, "new"), _read_entry),
    Commit("results collected", lambda root: _put(root, "old"), _collect, _read_entry),
    Commit("a damaged result discarded", _damage, _discard, _read_damaged),
    Commit("a first checkpoint", lambda root: None, lambda root: _save_state(root, 1), _read_state),
    Commit("the next checkpoint", lambda root: _save_state(root, 1), lambda root: _save_state(root, 2), _read_state),
    Commit("a checkpoint again", lambda root: _save_state(root, 2), lambda root: _save_state(root, 2), _read_state),
    Commit("a first model", _make_models, lambda root: _publish(root, "new"), _read_model),
    Commit(
        "another model",
        lambda root: (_make_models(root), _publish(root, "old")),
        lambda root: _publish(root, "new"),
        _read_model,
    ),
    Commit(
        "a model saved over one", lambda root: _save_model(root, "old"), lambda r: _save_model(r, "new"), _read_model
    ),
    Commit(
        "a run's record",
        lambda root: write_run(root, "a", {"error": "old" * 2000}),
        lambda root: write_run(root, "a", {"error": "new" * 2000}),
        _read_record,
    ),
    Commit(
        "the history",
        lambda root: remember_results(Cache(root / "cache"), root, "a", {"load": "old"}),
        lambda root: remember_results(Cache(root / "cache"), root, "a", {"load": "new"}),
        lambda root: last_key(Cache(root / "cache"), root, "a", "load") or NOTHING,
    ),
    Commit(
        "a run kept",
        lambda root: (entries_of(root, "new"), keep(root, "old")),
        lambda r: keep(r, "new"),
        _read_kept_runs,
    ),
    Commit(
        "a run promoted", _keep_two, lambda root: _promote(root, "new"), lambda root: text_of(root / "models" / "a")
    ),
    Commit("a run removed", _keep_two, _remove_new, _read_kept_runs),
    Commit(
        "runs collected",
        lambda root: (_keep_two(root), _promote(root, "new")),
        lambda root: collect_runs(root, None, 0),
        _read_kept_runs,
    ),
    Commit("a report", lambda root: _publish_page(root, "old"), lambda r: _publish_page(r, "new"), _read_page),
    Commit(
        "predictions in parts",
        _begin_predictions,
        lambda root: predict_lines(root / "in.txt", root / "out.jsonl"),
        _read_predictions,
    ),
    Commit(
        "predictions begun anew",
        _begin_predictions,
        lambda root: predict_lines(root / "in.txt", root / "out.jsonl", restart=True),
        _read_predictions,
    ),
    Commit("a memo", lambda root: _memo(root, "old"), lambda root: _memo(root, "new"), _read_memo, hint=True),
)
