"""Making one stage's result: its inputs read, its function called, its noun put in the cache."""

from __future__ import annotations

import contextlib
import datetime
import platform
import shutil
import time
from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.caching.cache import Entry
from pipelines.caching.keys import source_content
from pipelines.running.display import Display, SilentDisplay
from pipelines.running.plan import PlannedStage, resolve_sources
from pipelines.running.run_state import RunState, StageOutcome, check_output_paths, damage_of_input, remember_reached
from pipelines.stages.stage import Stage, StageContext, function_arguments, plain_name, resolve_name
from textrnn.errors import DataError, OutOfMemoryError
from textrnn.machine.hardware import processor_name, thread_count
from textrnn.machine.memory import is_out_of_memory, require_address_space

MEMORY_ADVICE = {
    "load": "take fewer or shorter texts",
    "train": "lower train.batch_size, train.max_tokens or model.hidden_size",
    "ngram_branch": "lower ngram_branch.ngrams, or set ngram_branch.enabled = false",
}


def run_stage(run: RunState, stages: Sequence[Stage], planned: PlannedStage, *, force: bool) -> StageOutcome:
    """The result of a stage of `stages`, made where it is not in the cache; one that is off is made unseen.

    Raises DamagedInput where an input is damaged, TextrnnError.
    """
    stage, off = planned.stage, planned.reasons[0] if planned.status == "off" else ""
    display = SilentDisplay(run.display) if off else run.display
    if planned.has_result and planned.entry is not None and not force:
        display.cached(stage.name)
        return StageOutcome(stage.name, planned.entry, ran=False, off=off)
    assert planned.key is not None
    check_output_paths(run, stages)
    with run.cache.locked(stage.name, planned.key, timeout=run.timeout, log=run.display.warn):
        made_meanwhile = None if force else run.cache.find(stage.name, planned.key)
        if made_meanwhile is not None:
            display.cached(stage.name)
            return StageOutcome(stage.name, made_meanwhile, ran=False, off=off)
        with _naming_memory(stage.name):
            entry, seconds = _make(run, stages, planned, display)
    if off:
        return StageOutcome(stage.name, entry, ran=False, off=off)
    return StageOutcome(stage.name, entry, True, seconds, planned.reasons)


@contextlib.contextmanager
def _naming_memory(stage: str) -> Iterator[None]:
    """A failed allocation as one error that names the stage; it must not be taken for damage, or for bad data."""
    require_address_space()
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        advice = MEMORY_ADVICE.get(plain_name(stage), MEMORY_ADVICE["load"])
        raise OutOfMemoryError(
            f"out of memory in the stage {stage}; finished stages are kept: {advice}, or use a larger machine"
        ) from error


def _make(run: RunState, stages: Sequence[Stage], planned: PlannedStage, display: Display) -> tuple[Entry, float]:
    """Call the stage's function and put what it makes in the cache; returns the entry, and the seconds it took."""
    stage, key = planned.stage, str(planned.key)
    folder, work = run.cache.entry_folder(stage.name, key), run.cache.work_folder(stage.name, key)
    if planned.entry is None and folder.exists():
        display.warn(f"damaged in the cache: {folder}: incomplete; made again")
    remember_reached(run)  # what this stage reads must stay while it runs
    display.started(stage.name, planned.reasons)
    begun = time.monotonic()
    inputs = {noun: _read(run, stages, noun) for noun in stage.reads}
    handed = function_arguments(stage, inputs, run.config.sections(stage.params))

    def show(progress: Any) -> None:
        begins = hasattr(progress, "steps_done")
        if begins and (warning := run.training_starts.check(stage.name, work, planned.preimage, progress)):
            display.warn(warning)
        display.show(progress)

    context = StageContext(work, display.log, display.count, show)
    noun = resolve_name(stage.function)(**handed, context=context)
    _require_unchanged(run, planned)
    seconds = time.monotonic() - begun
    entry = run.cache.commit(stage, key, noun, planned.preimage, _about(planned, seconds))
    remember_reached(run, {stage.name: key})  # its lock is held still: nobody may collect it in between
    shutil.rmtree(work, ignore_errors=True)
    display.finished(stage.name, seconds)
    return entry, seconds


def _about(planned: PlannedStage, seconds: float) -> dict[str, Any]:
    """What the cache keeps of how a result was made; no key depends on it."""
    from textrnn.kernels.library import is_on, libraries  # loads C libraries, which a run with nothing to do does not

    names = [library.name for library in libraries()] if is_on() else []
    return {
        "processor": processor_name(),
        "kernels": ", ".join(names) or "none: torch's and numpy's functions",
        "threads": thread_count(),
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "host": platform.node(),
        "reasons": list(planned.reasons),
        "off": planned.status == "off",
    }


def _require_unchanged(run: RunState, planned: PlannedStage) -> None:
    """Raise DataError where the files that a stage was to read are others now: its key would lie about its result."""
    keyed = planned.preimage.get("source", {})
    if keyed:
        sources = {name: source for name, source in resolve_sources(run.config).items() if name in keyed}
        if source_content(sources, run.memo) != keyed:
            names = ", ".join(source.name for source in sources.values())
            raise DataError(f"{names}: changed while {planned.stage.name} read it; run again")


def _read(run: RunState, stages: Sequence[Stage], noun: str) -> Any:
    maker = next(stage for stage in stages if stage.makes == noun)
    entry = run.outcomes[maker.name].entry
    with damage_of_input(entry):
        return run.cache.read(entry, maker)
