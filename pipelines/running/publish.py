"""What a run leaves for people: its report, its record, the run itself kept with its model."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.caching.cache import DATA_FOLDER, Entry, require_complete
from pipelines.running.compare_previous import compare_with_previous, comparison_sentence, is_compared
from pipelines.running.last_audit import read_last_audit
from pipelines.running.model_summary import summarize_model
from pipelines.running.publish_audit import publish_audit
from pipelines.running.records import is_same_record, write_run
from pipelines.running.reproduction import describe_reproduction
from pipelines.running.run_state import RunState, check_output_paths, damage_of_input
from pipelines.runs.keep import find_kept, keep_run
from pipelines.runs.lock import locked_runs
from pipelines.runs.other_seeds import scores_of_other_seeds
from pipelines.runs.places import RECORD, REPORTS, run_folder
from pipelines.runs.promotions import has_model, is_published_promotion, promote, promoted, run_promoted_by_hand
from pipelines.runs.publication import is_file_published, publish_file
from pipelines.runs.run import Run
from pipelines.stages.stage import Stage
from textrnn.errors import DamagedFilesError
from textrnn.evaluation.origin import Origin, format_duration, format_time, source_name
from textrnn.evaluation.sections.audit import show_audit
from textrnn.evaluation.sections.reproduction import show_reproduction
from textrnn.storage.files import read_json
from textrnn.storage.ownership import is_written_by_textrnn


def publish_results(run: RunState, stages: Sequence[Stage]) -> None:
    """Put the report where people look for it; keep a whole run, and promote its model."""
    root, name = run.config.root, run.config.name
    entries = {stage: outcome.entry for stage, outcome in run.outcomes.items()}
    run.kept = known = find_kept(root, name, entries) if "bundle" in entries else None
    if "evaluate" in run.outcomes:
        entry, folder = run.outcomes["evaluate"].entry, run_folder(root, name)
        if not all(is_file_published(entry, file, folder / file) for file in REPORTS):
            check_output_paths(run, stages)
        with damage_of_input(entry):
            publish_file(entry, "report.json", folder / "report.json")
            publish_file(entry, "report.html", folder / "report.html", _origin(run))
    if "audit" in run.outcomes:
        entry = run.outcomes["audit"].entry
        with damage_of_input(entry):
            publish_audit(run.config, run.cache, entry, overwrite=run.overwrite)
    if "bundle" in run.outcomes:
        if known is None or not is_published_promotion(known):
            check_output_paths(run, stages)
            with locked_runs(root, name, timeout=run.timeout, log=run.display.warn):
                before = promoted(root, name)
                _keep_and_promote(run, entries)
            if before is not None:
                _compare(run, before[1])
        assert run.kept is not None
        held = run_promoted_by_hand(root, name)
        if held is not None and held.id != run.kept.id:
            run.display.warn(
                f"models/{name} stays the model of run {held.id}, promoted by hand; to promote this one, run `textrnn "
                f"promote {run.kept.id}`; to promote each new run again, run `textrnn promote --latest {name}`"
            )


def _keep_and_promote(run: RunState, entries: Mapping[str, Entry]) -> None:
    """Keep the run, and let `models/NAME` hold its model, unless a person promoted another one."""
    root, name = run.config.root, run.config.name
    try:
        run.kept = keep_run(root, name, entries, _record_of(run), _origin(run))
    except (DamagedFilesError, FileNotFoundError):
        for stage in ("load", "evaluate", "bundle"):  # all that is read of the cache
            with damage_of_input(entries[stage]):
                require_complete(entries[stage])
        raise
    held = run_promoted_by_hand(root, name)
    before = promoted(root, name)
    promote(
        held or run.kept, "hand" if held else "run", lambda target: _tell_replaced(run, target, before and before[1])
    )


def _compare(run: RunState, previous: Run) -> None:
    """Say on the pages of a run whether it is better than the `previous` one, if it is another."""
    if run.kept is None or run.kept.id == previous.id or is_compared(run.kept, previous):
        return
    entry = run.outcomes["evaluate"].entry
    page = run_folder(run.config.root, run.config.name) / "report.html"
    with damage_of_input(entry):
        told = compare_with_previous(run, run.kept, previous, lambda told: _origin(run, told))
        publish_file(entry, "report.html", page, _origin(run, told))
    run.display.log(told)


def _tell_replaced(run: RunState, target: Path, kept: Run | None) -> None:
    """Say which model `target` held until now, and that its run is `kept`; as a warning where no stage ran, and so none
    was expected.
    """
    try:
        before = summarize_model(target)
    except OSError:
        return  # no model, or none that is whole
    told = f"{target} held another model ({before}), which is replaced"
    if kept is not None and has_model(kept.model, target):
        told += f", and kept as run {kept.id}"
    (run.display.log if run.ran else run.display.warn)(told)


def _origin(run: RunState, told: str | None = None) -> Origin:
    """What the data is called, when the network was trained, how long that took and all stages together, and how the
    model compares with the one before it, as `told` or noted.
    """
    data, entries = run.config.data, {name: outcome.entry for name, outcome in run.outcomes.items()}
    sources = [source for source in (data.source, data.train, data.validation, data.test) if source is not None]
    made = {name: entry.manifest["made"] for name, entry in entries.items()}
    took, all_took = made["train"]["seconds"], sum(float(about["seconds"]) for about in made.values())
    done = (
        f"Trained on {format_time(made['train']['at'])}; training the network took {format_duration(took)}, "
        f"all stages {format_duration(all_took)}."
    )
    compared = comparison_sentence(run.kept) if told is None else told
    return Origin(
        tuple(map(source_name, sources)),
        " ".join(filter(None, (done, compared))),
        *_show_later_checks(run, entries),
        show_reproduction(describe_reproduction(run.config, entries)),
    )


def _show_later_checks(run: RunState, entries: Mapping[str, Entry]) -> tuple[str, str]:
    """What the page shows about the last audit and runs with other seeds; the report is read if there is either."""
    audit = read_last_audit(run.config, run.cache, run.contents)
    seeds = scores_of_other_seeds(run.config.root, run.config.name, entries)
    data: dict[str, Any] = {}
    if seeds or "rows" in audit:
        with damage_of_input(entries["evaluate"]):
            data = read_json(entries["evaluate"].folder / DATA_FOLDER / "report.json")
    data |= {"audit": audit, "seeds": seeds}
    if not seeds:
        return show_audit(data), ""
    from textrnn.evaluation.sections.seeds import show_seeds  # loads all checks, which few runs need here

    return show_audit(data), show_seeds(data)


def write_record(run: RunState, error: BaseException | None) -> None:
    """Write run.json, unless nothing ran and the record there says the same, or somebody else's file stands there."""
    path = run_folder(run.config.root, run.config.name) / RECORD
    if path.exists() and not is_written_by_textrnn(path) and not run.overwrite:
        return
    stages = [outcome.to_json() for outcome in run.outcomes.values()]
    idle = error is None and not any(stage["ran"] for stage in stages)
    run_id = None if run.kept is None or error is not None else run.kept.id
    if idle and is_same_record(run.config.root, run.config.name, stages, run.config.to_json(), run_id):
        return
    record = {
        **_record_of(run),
        "run": run_id,
        "exit": 0 if error is None else getattr(error, "exit_code", 1),
        "error": None if error is None else str(error),
        "warnings": list(run.display.warned),
    }
    write_run(run.config.root, run.config.name, record)


def _record_of(run: RunState) -> dict[str, Any]:
    """What a run did until now."""
    return {
        "config": run.config.to_json(),
        "stages": [outcome.to_json() for outcome in run.outcomes.values()],
        "started": run.started.isoformat(timespec="seconds"),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
