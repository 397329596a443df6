"""The runner: brings stages up to date in order, and stops cleanly when it is told to."""

from __future__ import annotations

import contextlib
import datetime
import os
import platform
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.cache import Cache, Entry
from pipelines.config import RunConfig
from pipelines.described import describe_model
from pipelines.display import Display
from pipelines.keys import source_content
from pipelines.memo import Memo
from pipelines.places import require_places
from pipelines.plan import Planned, plan_stage, resolve_sources
from pipelines.runs import (
    RECORD,
    REPORTS,
    is_file_published,
    is_published,
    model_folder,
    publish,
    publish_file,
    remember,
    run_folder,
    says_alike,
    sweeping,
    write_run,
)
from pipelines.signals import heard
from pipelines.stage import Job, Stage, resolve_name
from pipelines.unfinished import Beginnings
from textrnn.errors import DamagedError, DataError, Interrupted, OutOfMemoryError
from textrnn.evaluation.origin import Origin, duration_words, source_name, time_words
from textrnn.files import digest_bytes, end_of_link
from textrnn.memory import is_out_of_memory, require_address_space
from textrnn.ours import made_by_us

LESS = {
    "load": "take fewer or shorter texts",
    "train": "lower train.batch_size, train.max_tokens or model.hidden_size",
    "wide": "lower wide.ngrams, or set wide.enabled = false",
}
ATTEMPTS = 5  # how often damage is met, besides once a stage, before it is given up


@dataclass(frozen=True)
class Outcome:
    """What became of one stage: its result, whether it ran, how long it took, and why it ran."""

    stage: str
    entry: Entry
    ran: bool
    seconds: float = 0.0
    reasons: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A line of `run.json`."""
        return {
            "stage": self.stage,
            "key": self.entry.key,
            "content": self.entry.content,
            "ran": self.ran,
            "seconds": round(self.seconds, 3),
            "reasons": list(self.reasons),
        }


@dataclass
class _Run:
    """What stands so far: outcomes by stage and content digests by noun in this pass, what `ran` in any."""

    config: RunConfig
    cache: Cache
    memo: Memo
    display: Display
    timeout: float
    beginnings: Beginnings
    overwrite: bool = False
    tried: bool = False  # whether the places that it writes were tried
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    ran: dict[str, Outcome] = field(default_factory=dict)


def run_stages(
    config: RunConfig,
    stages: Sequence[Stage],
    *,
    cache: Cache,
    memo: Memo,
    display: Display,
    force: frozenset[str] = frozenset(),
    lock_timeout: float = 3600.0,
    require_resume: bool = False,
    overwrite: bool = False,
) -> list[Outcome]:
    """Bring `stages` up to date in order, and write the run's record, report and model folder.

    A result that is damaged on disk is a miss: it is removed, with a warning, and made again. With `require_resume` a
    training that would start at step 0 is a ConfigError. Every place that is written is tried before the first stage
    runs; a report of somebody else is replaced with `overwrite` alone.
    Raises TextrnnError; what was finished stays finished.
    """
    started = datetime.datetime.now(datetime.UTC)
    beginnings = Beginnings(cache, run_folder(config.root, config.name), require_resume)
    run = _Run(config, cache, memo, display, lock_timeout, beginnings, overwrite)
    error: BaseException | None = None
    with sweeping(cache, config.root, config.name):
        try:
            for _ in range(len(stages) + ATTEMPTS):
                try:
                    _pass_over(run, stages, force)
                    _publish(run, stages)
                    break
                except _DamagedInput as damage:
                    display.warn(f"{damage}; made again")
                    with cache.locked(damage.entry.stage, damage.entry.key, timeout=lock_timeout, say=display.warn):
                        cache.discard(damage.entry)
                    run = replace(run, outcomes={}, contents={})
            else:
                raise DamagedError("results in the cache are damaged as fast as they are made; is the disk sound?")
        except BaseException as found:
            error, number = found, heard()
            if number is None or not isinstance(found, Exception):
                raise
            # a library put an error of its own in the place of the interruption
            error = Interrupted("interrupted", number)
            raise error from found
        finally:
            display.close()
            memo.save()
            # what went wrong first is what is told, though the record cannot be written either
            with contextlib.suppress(OSError) if error else contextlib.nullcontext():
                _record(run, started, error)
    return list(run.outcomes.values())


class _DamagedInput(Exception):
    """An entry that is read, or published, is damaged."""

    def __init__(self, entry: Entry, damage: str) -> None:
        super().__init__(f"damaged in the cache: {damage}")
        self.entry = entry


def _pass_over(run: _Run, stages: Sequence[Stage], force: frozenset[str]) -> None:
    source = source_content(resolve_sources(run.config), run.memo)
    for stage in stages:
        forced = stage.name in force and stage.name not in run.ran
        planned = plan_stage(stage, run.config, run.contents, source, run.cache, run.memo, force=forced)
        outcome = _bring_up_to_date(run, stages, planned, force=forced)
        if outcome.ran:
            run.ran[stage.name] = outcome
        elif stage.name in run.ran and run.ran[stage.name].entry.key == outcome.entry.key:
            outcome = run.ran[stage.name]  # it ran before damage was met elsewhere
        run.outcomes[stage.name] = outcome
        run.contents[stage.makes] = outcome.entry.content
    _remember(run)


def _bring_up_to_date(run: _Run, stages: Sequence[Stage], planned: Planned, *, force: bool) -> Outcome:
    stage = planned.stage
    if planned.standing == "cached" and planned.entry is not None:
        run.display.cached(stage.name)
        return Outcome(stage.name, planned.entry, ran=False)
    assert planned.key is not None
    _try_places(run, stages)
    with run.cache.locked(stage.name, planned.key, timeout=run.timeout, say=run.display.warn):
        made_meanwhile = None if force else run.cache.find(stage.name, planned.key)
        if made_meanwhile is not None:
            run.display.cached(stage.name)
            return Outcome(stage.name, made_meanwhile, ran=False)
        with _naming_memory(stage.name):
            return _run_stage(run, stages, planned)


def _try_places(run: _Run, stages: Sequence[Stage]) -> None:
    """Refuse, by ConfigError and once before anything is made, what could not be written in the end."""
    if not run.tried:
        require_places(run.config.root, run.config.name, run.cache, stages, overwrite=run.overwrite)
        run.tried = True


@contextlib.contextmanager
def _naming_memory(stage: str) -> Iterator[None]:
    """A failed allocation as one error that names the stage; it must not be taken for damage, or for bad data."""
    require_address_space()
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        told = f"out of memory in the stage {stage}; finished stages are kept: {LESS.get(stage, LESS['load'])}, or "
        raise OutOfMemoryError(told + "use a larger machine") from error


def _run_stage(run: _Run, stages: Sequence[Stage], planned: Planned) -> Outcome:
    stage, key = planned.stage, str(planned.key)
    folder = run.cache.entry_folder(stage.name, key)
    if planned.entry is None and folder.exists():
        run.display.warn(f"damaged in the cache: {folder}: not whole; made again")
    _remember(run)  # what this stage reads must stay while it runs
    run.display.started(stage.name, planned.reasons)
    begun = time.monotonic()
    inputs = {noun: _read(run, stages, noun) for noun in stage.reads}
    sections = {f"{name}_config": run.config.section(name) for name in stage.params}
    work = run.cache.work_folder(stage.name, key)

    def show(progress: Any) -> None:
        begins = hasattr(progress, "steps_done")
        if begins and (warning := run.beginnings.check(stage.name, work, planned.preimage, progress)):
            run.display.warn(warning)
        run.display.show(progress)

    job = Job(work, run.display.say, run.display.count, show)
    noun = resolve_name(stage.function)(**inputs, **sections, job=job)
    _require_unchanged(run, planned)
    seconds = time.monotonic() - begun
    made = {
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "host": platform.node(),
        "reasons": list(planned.reasons),
    }
    entry = run.cache.commit(stage, key, noun, planned.preimage, made)
    _remember(run, {stage.name: key})  # its lock is held still: nobody may collect it in between
    shutil.rmtree(work, ignore_errors=True)
    run.display.finished(stage.name, seconds)
    return Outcome(stage.name, entry, True, seconds, planned.reasons)


def _require_unchanged(run: _Run, planned: Planned) -> None:
    """Raise DataError where the files that a stage was to read are others now: its key would lie about its result."""
    keyed = planned.preimage.get("source", {})
    if keyed:
        sources = {name: source for name, source in resolve_sources(run.config).items() if name in keyed}
        if source_content(sources, run.memo) != keyed:
            names = ", ".join(source.name for source in sources.values())
            raise DataError(f"{names}: changed while {planned.stage.name} read it; run again")


def _read(run: _Run, stages: Sequence[Stage], noun: str) -> Any:
    maker = next(stage for stage in stages if stage.makes == noun)
    entry = run.outcomes[maker.name].entry
    with _reading(entry):
        return run.cache.read(entry, maker)


@contextlib.contextmanager
def _reading(entry: Entry) -> Iterator[None]:
    try:
        yield
    except DamagedError as error:
        raise _DamagedInput(entry, str(error)) from error
    except FileNotFoundError as error:
        if entry.folder.exists():
            raise
        raise _DamagedInput(entry, f"{entry.folder}: removed while it was read") from error


def _remember(run: _Run, made: Mapping[str, str] | None = None) -> None:
    """Tell the cache what this run has reached so far, and has `made` (stage -> key) just now."""
    keys = {name: outcome.entry.key for name, outcome in run.outcomes.items()}
    remember(run.cache, run.config.root, run.config.name, keys | dict(made or {}))


def _publish(run: _Run, stages: Sequence[Stage]) -> None:
    """Put the report and the model folder where people look for them."""
    root, name = run.config.root, run.config.name
    if "evaluate" in run.outcomes:
        entry, folder = run.outcomes["evaluate"].entry, run_folder(root, name)
        if not all(is_file_published(entry, file, folder / file) for file in REPORTS):
            _try_places(run, stages)
        with _reading(entry):
            publish_file(entry, "report.json", folder / "report.json")
            publish_file(entry, "report.html", folder / "report.html", _origin(run))
    if "bundle" in run.outcomes:
        entry, target = run.outcomes["bundle"].entry, end_of_link(model_folder(root, name))
        if not is_published(entry, target):
            _try_places(run, stages)
            place = digest_bytes(os.fsencode(target))
            with run.cache.locked("publish", place, timeout=run.timeout, say=run.display.warn), _reading(entry):
                _tell_replaced(run, target)
                publish(entry, target)


def _tell_replaced(run: _Run, target: Path) -> None:
    """Say which model `target` held until now; as a warning where no stage ran, and so none was expected."""
    try:
        before = describe_model(target)
    except OSError:
        return  # no model, or none that is whole
    told = f"{target} held another model ({before}), which is replaced"
    (run.display.say if run.ran else run.display.warn)(told)


def _origin(run: _Run) -> Origin:
    """What the data is called, when the network was trained, and how long that took and all stages together."""
    data, entries = run.config.data, {name: outcome.entry for name, outcome in run.outcomes.items()}
    sources = [source for source in (data.source, data.train, data.validation, data.test) if source is not None]
    made = {name: entry.manifest["made"] for name, entry in entries.items()}
    took, all_took = made["train"]["seconds"], sum(float(about["seconds"]) for about in made.values())
    done = (
        f"Trained on {time_words(made['train']['at'])}; training the network took {duration_words(took)}, "
        f"all stages {duration_words(all_took)}."
    )
    return Origin(tuple(map(source_name, sources)), done)


def _record(run: _Run, started: datetime.datetime, error: BaseException | None) -> None:
    """Write run.json, unless nothing ran and the record there says the same, or somebody else's file stands there."""
    path = run_folder(run.config.root, run.config.name) / RECORD
    if path.exists() and not made_by_us(path) and not run.overwrite:
        return
    stages = [outcome.to_json() for outcome in run.outcomes.values()]
    idle = error is None and not any(stage["ran"] for stage in stages)
    if idle and says_alike(run.config.root, run.config.name, stages, run.config.to_json()):
        return
    record = {
        "config": run.config.to_json(),
        "stages": stages,
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "exit": 0 if error is None else getattr(error, "exit_code", 1),
        "error": None if error is None else str(error),
        "warnings": list(run.display.warned),
    }
    write_run(run.config.root, run.config.name, record)
