"""`textrnn plan`: what a run would do."""

from collections.abc import Sequence
from typing import Annotated

import typer

from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import CacheOption, ConfigOptions, FoldsOption, JsonOption, VerifyOption
from pipelines.commands.workspace import choose_config, open_workspace
from pipelines.running.output_paths import require_planned_paths
from pipelines.running.plan import PlannedStage, make_plan
from pipelines.running.stdout import print_json, print_line
from pipelines.stages import STAGES, needed_for
from textrnn.errors import StaleError


@flatten_option_groups
def plan(
    options: ConfigOptions,
    folds: FoldsOption = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 5 if anything would run.")] = False,
    cache_dir: CacheOption = None,
    verify: VerifyOption = False,
    json: JsonOption = False,
) -> None:
    """Show what would run and why; run nothing."""
    place = open_workspace(choose_config(options, folds=folds), cache_dir, verify=verify)
    stages = needed_for(STAGES[-1].name, place.config.data.folds)
    planned = make_plan(place.config, stages, place.cache, place.memo)
    print_plan(planned, json=json)
    require_planned_paths(planned, place.config, place.cache)
    stale = [row.stage.name for row in planned if row.status == "runs"]
    stale = stale or [row.stage.name for row in planned if row.status == "depends"]  # after a stage turned off
    if check and stale:
        raise StaleError(f"plan --check: expected everything up to date, but {', '.join(stale)} would run")


def print_plan(planned: Sequence[PlannedStage], *, json: bool) -> None:
    """The plan as a table, or as JSON."""
    if json:
        print_json(
            [
                {"stage": row.stage.name, "status": row.status, "key": row.key, "reasons": list(row.reasons)}
                for row in planned
            ]
        )
        return
    width = max(len(row.stage.name) for row in planned)
    for row in planned:
        print_line(f"{row.stage.name:<{width}}  {_standing(row)}")


def _standing(row: PlannedStage) -> str:
    """How a stage stands, in words, and why."""
    if row.status == "off":
        return f"off: {row.reasons[0]}"
    return "up to date" if row.status == "cached" else f"would run   {'; '.join(row.reasons)}"
