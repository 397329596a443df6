"""`textrnn why`: why a stage would run, or last ran."""

from typing import Annotated, Any

import typer

from pipelines.caching.code import file_of_code
from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import CacheOption, ConfigOptions, FoldsOption, JsonOption
from pipelines.commands.stage_names import describe_unknown_stage
from pipelines.commands.workspace import choose_config, open_workspace
from pipelines.running.plan import PlannedStage, make_plan
from pipelines.running.stdout import print_json, print_line
from pipelines.stages import needed_for, stage_names
from pipelines.stages.stage import plain_name
from textrnn.errors import ConfigError


@flatten_option_groups
def why(
    stage: Annotated[str, typer.Argument(help="The stage to explain.", metavar="STAGE")],
    options: ConfigOptions,
    folds: FoldsOption = None,
    cache_dir: CacheOption = None,
    json: JsonOption = False,
) -> None:
    """Explain why a stage would run, or why it last ran.

    Of a stage that would not run: why it last ran, and what its key holds. A stage of a fold has its number: train.2.
    """
    if plain_name(stage) not in ("fold", *stage_names()):
        raise ConfigError(f"why {stage}: {describe_unknown_stage(stage)}")
    place = open_workspace(choose_config(options, folds=folds), cache_dir)
    needed = needed_for(stage, number := place.config.data.folds)
    if not needed:
        found = f"{number} folds" if number else "no folds (--folds N, or data.folds)"
        raise ConfigError(f"why {stage}: expected a stage of the run, found {found}; `textrnn plan` lists its stages")
    row = make_plan(place.config, needed, place.cache, place.memo)[-1]
    made = dict(row.entry.manifest["made"]) if row.entry else {}
    if json:
        print_json(
            {
                "stage": stage,
                "status": row.status,
                "key": row.key,
                "reasons": list(row.reasons),
                "made": made,
                "preimage": dict(row.preimage),
            }
        )
        return
    for line in _explain(row, made):
        print_line(line)


def _explain(row: PlannedStage, made: dict[str, Any]) -> list[str]:
    if row.status == "off":
        return [f"{row.stage.name} is off: {row.reasons[0]}"]
    if row.status == "depends":
        return [f"{row.stage.name} would run {row.reasons[0]}"]
    if row.status == "runs":
        return [f"{row.stage.name} would run:", *(f"  {reason}" for reason in row.reasons)]
    lines = [
        f"{row.stage.name} is up to date (key {str(row.key)[:12]}, made {made.get('at')} in {made.get('seconds')} s)"
    ]
    lines += ["it ran then because:", *(f"  {reason}" for reason in made.get("reasons", []))]
    lines.append("its key holds:")
    for section, params in row.preimage["params"].items():
        lines += [f"  {section}.{name} = {value!r}" for name, value in params.items()]
    lines += [f"  {noun} {digest[:12]}" for noun, digest in row.preimage["inputs"].items()]
    lines += [f"  {file_of_code(name)}" for name in row.preimage["code"]]
    lines += [f"  {name} {version}" for name, version in row.preimage["libraries"].items()]
    return [*lines, f"  Python {row.preimage['python']}"]
