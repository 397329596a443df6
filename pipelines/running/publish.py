"""What a run leaves for people: its report, its model folder, its record."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from pathlib import Path

from pipelines.running.model_summary import summarize_model
from pipelines.running.records import (
    RECORD,
    REPORTS,
    is_file_published,
    is_published,
    is_same_record,
    model_folder,
    publish,
    publish_file,
    run_folder,
    write_run,
)
from pipelines.running.run_state import RunState, check_output_paths, damage_of_input
from pipelines.stages.stage import Stage
from textrnn.evaluation.origin import Origin, duration_words, source_name, time_words
from textrnn.storage.files import digest_bytes, resolve_link
from textrnn.storage.ownership import is_written_by_textrnn


def publish_results(run: RunState, stages: Sequence[Stage]) -> None:
    """Put the report and the model folder where people look for them."""
    root, name = run.config.root, run.config.name
    if "evaluate" in run.outcomes:
        entry, folder = run.outcomes["evaluate"].entry, run_folder(root, name)
        if not all(is_file_published(entry, file, folder / file) for file in REPORTS):
            check_output_paths(run, stages)
        with damage_of_input(entry):
            publish_file(entry, "report.json", folder / "report.json")
            publish_file(entry, "report.html", folder / "report.html", _origin(run))
    if "bundle" in run.outcomes:
        entry, target = run.outcomes["bundle"].entry, resolve_link(model_folder(root, name))
        if not is_published(entry, target):
            check_output_paths(run, stages)
            place = digest_bytes(os.fsencode(target))
            with run.cache.locked("publish", place, timeout=run.timeout, log=run.display.warn), damage_of_input(entry):
                _tell_replaced(run, target)
                publish(entry, target)


def _tell_replaced(run: RunState, target: Path) -> None:
    """Say which model `target` held until now; as a warning where no stage ran, and so none was expected."""
    try:
        before = summarize_model(target)
    except OSError:
        return  # no model, or none that is whole
    told = f"{target} held another model ({before}), which is replaced"
    (run.display.log if run.ran else run.display.warn)(told)


def _origin(run: RunState) -> Origin:
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


def write_record(run: RunState, started: datetime.datetime, error: BaseException | None) -> None:
    """Write run.json, unless nothing ran and the record there says the same, or somebody else's file stands there."""
    path = run_folder(run.config.root, run.config.name) / RECORD
    if path.exists() and not is_written_by_textrnn(path) and not run.overwrite:
        return
    stages = [outcome.to_json() for outcome in run.outcomes.values()]
    idle = error is None and not any(stage["ran"] for stage in stages)
    if idle and is_same_record(run.config.root, run.config.name, stages, run.config.to_json()):
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
