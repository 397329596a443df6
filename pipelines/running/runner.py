"""The runner: brings stages up to date in order, until it is done or told to stop."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Sequence
from dataclasses import replace

from pipelines.caching.cache import Cache
from pipelines.caching.file_memo import FileMemo
from pipelines.caching.keys import source_content
from pipelines.config import RunConfig
from pipelines.running.display import Display
from pipelines.running.plan import plan_stage, resolve_sources
from pipelines.running.publish import publish_results, write_record
from pipelines.running.records import cleaning_up
from pipelines.running.run_stage import run_stage
from pipelines.running.run_state import DamagedInput, RunState, remember_reached
from pipelines.running.signals import received_signal
from pipelines.running.unfinished_training import TrainingStarts
from pipelines.runs.places import run_folder
from pipelines.stages.stage import Stage
from textrnn.errors import DamagedFilesError, Interrupted

MAX_ATTEMPTS = 5  # how often damage is met, besides once a stage, before it is given up


def run_stages(
    config: RunConfig,
    stages: Sequence[Stage],
    *,
    cache: Cache,
    memo: FileMemo,
    display: Display,
    force: frozenset[str] = frozenset(),
    lock_timeout: float = 3600.0,
    require_resume: bool = False,
    overwrite: bool = False,
) -> RunState:
    """Bring `stages` up to date in order, and write the run's record, report and model folder; returns what it reached.

    A result that is damaged on disk is a miss: it is removed, with a warning, and made again. With `require_resume` a
    training that would start at step 0 is a ConfigError. Every place that is written is tried before the first stage
    runs; a report of somebody else is replaced with `overwrite` alone.
    Raises TextrnnError; what was finished stays finished.
    """
    started = datetime.datetime.now(datetime.UTC)
    training_starts = TrainingStarts(cache, run_folder(config.root, config.name), require_resume)
    run = RunState(config, cache, memo, display, lock_timeout, training_starts, started, overwrite)
    error: BaseException | None = None
    with cleaning_up(cache, config.root, config.name):
        try:
            for _ in range(len(stages) + MAX_ATTEMPTS):
                try:
                    _pass_over(run, stages, force)
                    publish_results(run, stages)
                    break
                except DamagedInput as damage:
                    display.warn(f"{damage}; made again")
                    with cache.locked(damage.entry.stage, damage.entry.key, timeout=lock_timeout, log=display.warn):
                        cache.discard(damage.entry)
                    run = replace(run, outcomes={}, contents={})
            else:
                raise DamagedFilesError(
                    "results in the cache are damaged again right after they are made; check the disk"
                )
        except BaseException as found:
            error, number = found, received_signal()
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
                write_record(run, error)
    return run


def _pass_over(run: RunState, stages: Sequence[Stage], force: frozenset[str]) -> None:
    """Bring every stage up to date, from the first. Raises DamagedInput, TextrnnError."""
    source = source_content(resolve_sources(run.config), run.memo)
    for stage in stages:
        forced = stage.name in force and stage.name not in run.ran
        planned = plan_stage(stage, run.config, run.contents, source, run.cache, run.memo, force=forced)
        outcome = run_stage(run, stages, planned, force=forced)
        if outcome.off and (stage is stages[-1] or forced):
            run.display.off(stage.name, outcome.off)
        if outcome.ran:
            run.ran[stage.name] = outcome
        elif stage.name in run.ran and run.ran[stage.name].entry.key == outcome.entry.key:
            outcome = run.ran[stage.name]  # it ran before damage was met elsewhere
        run.outcomes[stage.name] = outcome
        run.contents[stage.makes] = outcome.entry.content
    remember_reached(run)
