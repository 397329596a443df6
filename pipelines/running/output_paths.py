"""The places that a run will write to, tried before the first stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.caching.cache import Cache
from pipelines.config import RunConfig
from pipelines.running.check_writable import OutputPath, describe_obstacle
from pipelines.running.last_run import LAST_RUN_FILE
from pipelines.running.plan import PlannedStage
from pipelines.running.publish_audit import AUDIT_FILES
from pipelines.runs.places import MODEL_FOLDER, PROMOTIONS_FILE, RECORD, REPORTS, model_folder, run_folder
from pipelines.runs.publication import is_file_published, require_model_or_absent
from pipelines.stages.stage import Stage
from textrnn.errors import ConfigError
from textrnn.storage.files import resolve_link
from textrnn.storage.ownership import require_own_files

LONG_RUN_PATH_EXAMPLE = f"{'0' * 20}/{MODEL_FOLDER}/{'x' * 20}"
LONGEST_CACHE_PATHS = (
    f"tmp/{'x' * 32}/data/{'x' * 40}",
    f"work/{'x' * 50}/teacher-10/{'x' * 40}/{'x' * 40}",
)
PATH_ADVICE = {
    "runs": "run in a folder that can be written to, or give the run another name (--set name=NAME)",
    "models": "run in a folder that can be written to, or give the run another name (--set name=NAME)",
    "cache": "choose another with --cache-dir",
}


def list_output_paths(
    root: Path, name: str, cache: Cache, stages: Sequence[Stage], also: Sequence[str] = ()
) -> list[OutputPath]:
    """Every place that the run `name` of the folder `root` writes while it brings `stages` up to date.

    `also` are files that are written to its folder next to its record and report.
    """
    made = {stage.makes for stage in stages}
    run = run_folder(root, name)
    files = [RECORD, *(REPORTS if "report" in made else ()), *(AUDIT_FILES if "audit" in made else ()), *also]
    places = [OutputPath(root / LAST_RUN_FILE, "runs"), OutputPath(run, "runs", is_folder=True)]
    places += [OutputPath(run / file, "runs") for file in files]
    if "model" in made:
        places.append(OutputPath(resolve_link(model_folder(root, name)), "models", is_folder=True, replaced=True))
        places += [OutputPath(run / PROMOTIONS_FILE, "runs"), OutputPath(run / LONG_RUN_PATH_EXAMPLE, "runs")]
    places += [OutputPath(cache.root, "cache", is_folder=True), OutputPath(cache.root / "memo.json", "cache")]
    folders = ["locks", "tmp", "work", "history", *(f"entries/{stage.name}" for stage in stages)]
    places += [OutputPath(cache.root / folder, "cache", is_folder=True) for folder in folders]
    return [*places, *(OutputPath(cache.root / deepest, "cache") for deepest in LONGEST_CACHE_PATHS)]


def require_writable_paths(
    root: Path,
    name: str,
    cache: Cache,
    stages: Sequence[Stage],
    *,
    also: Sequence[str] = (),
    overwrite: bool = False,
) -> None:
    """Refuse, by ConfigError, a run that could not write all it makes, or would replace what is not ours.

    With `overwrite` a report of somebody else in the run's folder may be replaced. Nothing is left behind.
    """
    places, tried = list_output_paths(root, name, cache, stages, also), dict[Path, str]()
    for place in places:
        if wrong := describe_obstacle(place, tried):
            raise ConfigError(f"{place.path}: expected a writable path, but {wrong}; {PATH_ADVICE[place.kind]}")
    if not overwrite:
        require_own_files(place.path for place in places if place.path.name in (RECORD, *REPORTS, *also))
    for place in places:
        if place.kind == "models":
            require_model_or_absent(place.path)


def require_planned_paths(
    planned: Sequence[PlannedStage], config: RunConfig, cache: Cache, *, overwrite: bool = False
) -> None:
    """The same for the stages of a plan, where a run of it would write anything."""
    folder, reports = (
        run_folder(config.root, config.name),
        [row.entry for row in planned if row.stage.makes == "report"],
    )
    told = all(entry and is_file_published(entry, file, folder / file) for entry in reports for file in REPORTS)
    if not told or not all(row.has_result for row in planned):
        require_writable_paths(config.root, config.name, cache, [row.stage for row in planned], overwrite=overwrite)
